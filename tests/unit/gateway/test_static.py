from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from matinee.gateway.answer import Answer
from matinee.gateway.request import Peer, Request
from matinee.gateway.static import Static
from matinee.gateway.wire.head import read_request

SCRIPT = b"console.log(1);" * 200


@pytest.fixture
def static(tmp_path: Path) -> Static:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>" + " " * 2000)
    (folder / "assets" / "app-Ab12Cd34.js").write_bytes(SCRIPT)
    (folder / "assets" / "style.css").write_text("a{}")
    (folder / "assets" / "pre.js").write_bytes(SCRIPT)
    (folder / "assets" / "pre.js.br").write_bytes(b"brotli")
    (folder / "logo.png").write_bytes(b"png" * 1000)
    (tmp_path / "secret").write_text("secret")
    (folder / "out").symlink_to(tmp_path / "secret")
    return Static.load(folder)


def asked(static: Static, path: str, method: str = "GET", **headers: str) -> tuple[Answer, dict[str, str]]:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    raw = f"{method} {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode()
    answer = static.answer(Request(read_request(raw), Peer("", ""), 0, 0))
    return answer, {name.decode(): value.decode() for name, value in answer.fields}


def test_a_hashed_asset_never_changes(static: Static) -> None:
    answer, headers = asked(static, "/assets/app-Ab12Cd34.js")
    assert (answer.status, answer.body) == (200, SCRIPT)
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["vary"] == "accept-encoding"


def test_other_assets_are_asked_for_again(static: Static) -> None:
    _, headers = asked(static, "/assets/style.css")
    assert headers["cache-control"] == "no-cache"
    answer, again = asked(static, "/assets/style.css", If_None_Match=f'"x", W/{headers["etag"]}')
    assert (answer.status, answer.body, again["etag"]) == (304, b"", headers["etag"])
    assert asked(static, "/assets/style.css", If_None_Match='"x"')[0].status == 200
    assert asked(static, "/assets/style.css", If_None_Match="*")[0].status == 304


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("GZIP;q=0.5, deflate", "gzip"),
        ("gzip;q=0", ""),
        ("", ""),
        ("identity", ""),
        ("*", "gzip"),
        ("*;q=0", ""),
        ("gzip;q=x", ""),
    ],
)
def test_compression_as_the_client_takes_it(static: Static, accepted: str, coding: str) -> None:
    answer, headers = asked(static, "/assets/app-Ab12Cd34.js", Accept_Encoding=accepted)
    assert headers.get("content-encoding", "") == coding
    assert (gzip.decompress(answer.body) if coding else answer.body) == SCRIPT


def test_forms_have_tags_of_their_own(static: Static) -> None:
    plain, zipped = (asked(static, "/assets/pre.js", Accept_Encoding=coding)[1]["etag"] for coding in ("", "gzip"))
    assert plain != zipped


def test_a_file_compressed_beforehand(static: Static) -> None:
    answer, headers = asked(static, "/assets/pre.js", Accept_Encoding="gzip, br")
    assert (answer.body, headers["content-encoding"]) == (b"brotli", "br")
    assert asked(static, "/assets/pre.js.br")[0].status == 404


def test_pictures_are_not_compressed(static: Static) -> None:
    _, headers = asked(static, "/logo.png", Accept_Encoding="gzip")
    assert headers["content-type"] == "image/png"
    assert "content-encoding" not in headers
    assert "vary" not in headers


@pytest.mark.parametrize("path", ["/", "/title/1", "/index.html"])
def test_pages_are_fetched_each_time(static: Static, path: str) -> None:
    answer, headers = asked(static, path, Accept="text/html", If_None_Match="*")
    assert (answer.status, headers["cache-control"]) == (200, "no-store")
    assert "etag" not in headers


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/missing.js", "*/*"),
        ("/api/missing", "text/html"),
        ("/api", "text/html"),
        ("/out", "*/*"),
        ("/assets/", "*/*"),
    ],
)
def test_what_is_not_there(static: Static, path: str, accept: str) -> None:
    assert asked(static, path, Accept=accept)[0].status == 404


def test_only_reading(static: Static) -> None:
    answer, headers = asked(static, "/logo.png", "DELETE")
    assert (answer.status, headers["allow"]) == (405, "GET, HEAD")
    assert asked(static, "/elsewhere", "POST", Accept="text/html")[0].status == 404


def test_a_client_that_was_not_built(tmp_path: Path) -> None:
    answer, _ = asked(Static.load(tmp_path / "none"), "/", Accept="text/html")
    assert answer.status == 404
    assert b"has not been built" in answer.body
