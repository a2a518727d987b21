from __future__ import annotations

import time

import pytest

from matinee.gateway.errors import BadRequest
from matinee.gateway.wire.target import origin_form, path_of, without_secrets


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/", b"/"),
        (b"/a/b?c=/../d", b"/a/b"),
        (b"/a//b///c", b"/a/b/c"),
        (b"//a", b"/a"),
        (b"/%61%20b", b"/a b"),
        (b"/.well-known/x", b"/.well-known/x"),
        (b"/a..b/c.", b"/a..b/c."),
        (b"/%2561", b"/%61"),
        (b"/a?x=%2f%00", b"/a"),
    ],
)
def test_the_path_a_target_means(target: bytes, path: bytes) -> None:
    assert path_of(target) == path


@pytest.mark.parametrize(
    "target",
    [
        b"/..",
        b"/.",
        b"/a/./b",
        b"/a/%2e%2e/b",
        b"/a/.%2E",
        b"/a%2fb",
        b"/a%5Cb",
        b"/a\\b",
        b"/%00",
        b"/%0d%0a",
        b"/%",
        b"/%4",
        b"/%7f",
    ],
)
def test_tricks_are_refused(target: bytes) -> None:
    with pytest.raises(BadRequest):
        path_of(target)


def test_the_absolute_form() -> None:
    assert origin_form(b"HTTP://A:1/x?y", b"a:1") == b"/x?y"
    assert origin_form(b"http://a?y", b"a") == b"/?y"
    for target in (b"http://b/x", b"ftp://a/x", b"*", b"a:80", b"x"):
        with pytest.raises(BadRequest):
            origin_form(target, b"a")


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        (b"/a?token=abc&b=1", "/a?token=...&b=1"),
        (b"/a?b=1&access_token=abc", "/a?b=1&access_token=..."),
        (b"/a?token=abc/def&b=1", "/a?token=...&b=1"),
        (b"/a?x?token=abc&user_code=WDJB&b=/c", "/a?x?token=...&user_code=...&b=/c"),
        (b"/a?t%6Fken=abc&b=%41", "/a?t%6Fken=...&b=%41"),
        (b"/URISigningPackage=abc.def/t/e", "/URISigningPackage=.../t/e"),
        (b"/URISigningPackage=abc.def/t/e?token", "/URISigningPackage=.../t/e?token"),
        (b"/a?b=1", "/a?b=1"),
    ],
)
def test_logs_show_no_tokens(target: bytes, shown: str) -> None:
    assert without_secrets(target) == shown


@pytest.mark.parametrize("piece", [b"?", b"&", b"?a%", b"?token", b"URISigningPackage="])
def test_what_is_made_to_be_slow_is_not(piece: bytes) -> None:
    target = b"/?" + piece * (16_000 // len(piece))
    began = time.process_time()
    without_secrets(target)
    assert time.process_time() - began < 0.1
