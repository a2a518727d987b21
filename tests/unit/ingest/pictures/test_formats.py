from __future__ import annotations

import struct

import pytest

from matinee.ingest.pictures.formats import LARGEST, Format, Header, checked, header
from matinee.runtime.errors import Invalid


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0"


def jpeg(width: int, height: int, *, marker: int = 0xC0, before: int = 0) -> bytes:
    profile = b"\xff\xe2" + struct.pack(">H", before + 2) + b"\xff" * before if before else b""
    return b"\xff\xd8\xff\xe0\0\x04ab" + profile + bytes([0xFF, marker, 0, 17, 8]) + struct.pack(">HH", height, width)


def webp(kind: bytes, data: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + data.ljust(10, b"\0")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (png(1000, 1500), Header(Format.PNG, 1000, 1500)),
        (jpeg(1920, 1080), Header(Format.JPEG, 1920, 1080)),
        (jpeg(1920, 1080, marker=0xC2), Header(Format.JPEG, 1920, 1080)),
        (jpeg(640, 480, before=60_000), Header(Format.JPEG, 640, 480)),
        (webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 800, 600)), Header(Format.WEBP, 800, 600)),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", 799 | 599 << 14)), Header(Format.WEBP, 800, 600)),
        (webp(b"VP8X", b"\x10\0\0\0" + b"\x1f\x03\0" + b"\x57\x02\0"), Header(Format.WEBP, 800, 600)),
    ],
)
def test_the_header_tells_format_and_size(data: bytes, found: Header) -> None:
    assert header(data + bytes(50)) == found
    assert checked(data + bytes(50), 1000) == found


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no JPEG, PNG or WebP"),
        (b"GIF89a" + bytes(100), "no JPEG, PNG or WebP"),
        (b"\xff\xd8\xff" + b"\xff" * 4000, "no JPEG, PNG or WebP"),
        (jpeg(0, 0), "no JPEG, PNG or WebP"),
        (png(0, 10), "no JPEG, PNG or WebP"),
        (webp(b"VP8?", b""), "no JPEG, PNG or WebP"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b'\xef\xbb\xbf \n<?xml version="1.0"?><svg/>', "SVG"),
        (webp(b"VP8X", b"\x02\0\0\0" + b"\x1f\x03\0" + b"\x57\x02\0"), "Moving pictures"),
        (png(10_000, 10_000), "at most 50 million"),
        (png(2**31 - 1, 2**31 - 1), "at most 50 million"),
        (png(100, 100), "too small"),
        (png(4000, 500), "too narrow"),
        (png(500, 4000), "too narrow"),
    ],
)
def test_what_is_not_accepted_is_refused_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        checked(data, len(data))


def test_too_many_bytes_are_refused_whatever_they_are() -> None:
    with pytest.raises(Invalid, match="larger than 64 MB"):
        checked(png(1000, 1000), LARGEST + 1)


def test_a_header_cut_short_at_any_byte_is_refused_and_nothing_else() -> None:
    for whole in (png(1000, 1000), jpeg(1000, 1000, before=40), webp(b"VP8L", b"\x2f" + bytes(9))):
        for length in range(len(whole)):
            try:
                header(whole[:length])
            except Invalid:
                continue
