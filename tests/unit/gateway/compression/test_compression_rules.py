from __future__ import annotations

import pytest

from matinee.gateway.compression import rules


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.1", True),
        (b"*", True),
        (b"*;q=0.5, gzip;q=0", False),
        (b"gzip;q=0.0", False),
        (b"gzip;q=x", False),
        (b"x-gzip", True),
        (b"br", False),
        (b"identity", False),
        (b"", False),
        (b"gzipped", False),
    ],
)
def test_who_takes_gzip(accepted: bytes, takes: bool) -> None:
    assert rules.takes_gzip(accepted) is takes


def test_head_of_a_compressed_answer() -> None:
    raw = b'\r\ncontent-type: text/html\r\nETag: "a"\r\nContent-Length: 5\r\nVary: cookie\r\nAccept-Ranges: bytes\r\n'
    lines = set(rules.coded(raw, rules.told(raw)).split(b"\r\n"))
    wanted = {
        b"content-type: text/html",
        b'etag: W/"a"',
        b"vary: cookie",
        b"vary: accept-encoding",
        b"content-encoding: gzip",
    }
    assert lines == {b"", *wanted}
    weak = b'\r\ncontent-type: text/html\r\netag: W/"a"\r\nvary: *\r\n'
    assert rules.coded(weak, rules.told(weak)).count(b"W/") == 1
    assert rules.varying(weak, rules.told(weak)) == weak
