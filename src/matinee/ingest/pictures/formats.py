"""What a picture that someone supplied is, told by its first bytes, before any decoder sees it."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from matinee.runtime.errors import Invalid

HEAD = 1 << 20
"""Bytes from the start that are enough to tell: a JPEG's size may stand behind embedded profiles and previews."""
MOST_PIXELS = 50_000_000
LARGEST = 64 << 20
_LEAST_SIDE = 120
_MOST_ASPECT = 4
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_SVG = re.compile(rb"<(?:\?xml|!--|!doctype\s+svg|svg)\b", re.IGNORECASE)


class Format(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"


class Header(Struct, frozen=True):
    format: Format
    width: int
    height: int


def checked(head: bytes, size: int) -> Header:
    """The header of a picture of `size` bytes that may be decoded, of which `head` are the first `HEAD`. Raises Invalid."""
    if size > LARGEST:
        raise Invalid(f"The picture is larger than {LARGEST >> 20} MB.")
    found = header(head[:HEAD])
    width, height = found.width, found.height
    if width * height > MOST_PIXELS:
        raise Invalid(
            f"The picture has {width} by {height} points; at most {MOST_PIXELS // 1_000_000} million are accepted."
        )
    if min(width, height) < _LEAST_SIDE:
        raise Invalid(f"The picture is too small: {width} by {height}; each side needs at least {_LEAST_SIDE} points.")
    if max(width, height) > _MOST_ASPECT * min(width, height):
        raise Invalid(f"The picture is too narrow to be cut to shape: {width} by {height}.")
    return found


def header(head: bytes) -> Header:
    """Raises Invalid where this is no JPEG, PNG or WebP picture."""
    if head.startswith(b"\xff\xd8\xff"):
        found = _jpeg(head)
    elif head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 24:
        found = Header(Format.PNG, int.from_bytes(head[16:20]), int.from_bytes(head[20:24]))
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:
        found = _webp(head)
    elif _SVG.match(head[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()):
        raise Invalid("Drawings (SVG) are not accepted; send the picture as JPEG, PNG or WebP.")
    else:
        found = None
    if found is None or not found.width or not found.height:
        raise Invalid("This is no JPEG, PNG or WebP picture.")
    return found


def _jpeg(head: bytes) -> Header | None:
    """Walks from marker to marker to the start of the frame (ITU T.81, annex B)."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in _START_OF_FRAME:
            return Header(Format.JPEG, int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7]))
        else:
            at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4]))
    return None


def _webp(head: bytes) -> Header | None:
    """The three kinds of first chunk (RFC 9649, section 2)."""
    kind, data = head[12:16], head[20:30]
    if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    elif kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        if data[0] & 0x02:
            raise Invalid("Moving pictures are not accepted; send a still one.")
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
    else:
        return None
    return Header(Format.WEBP, width, height)
