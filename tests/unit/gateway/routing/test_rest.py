from __future__ import annotations

import pytest

from matinee.gateway.routing.rest import rest
from matinee.gateway.wire.target import path_of


@pytest.mark.parametrize(
    ("target", "prefix", "left"),
    [
        (b"/old/a/b?x=/old", "/old", b"/a/b"),
        (b"/old", "/old", b""),
        (b"/old?x", "/old/", b""),
        (b"/old/a%20b%3Bc", "/old", b"/a%20b%3Bc"),
        (b"/%6fld/a%20b", "/old", b"/a%20b"),
        (b"/a", "/", b"/a"),
        (b"/%C3%A4/x", "/ä", b"/x"),
        (b"//old/x", "/old", b"/x"),
        (b"/old//x", "/old", b"//x"),
    ],
)
def test_what_follows_a_prefix(target: bytes, prefix: str, left: bytes) -> None:
    assert rest(target, path_of(target), prefix) == left
