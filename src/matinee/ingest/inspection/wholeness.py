"""Whether a file ends where its outermost structure says that it does."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"}
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_RIFF_FORMS = {b"AVI ", b"AVIX"}


def is_cut(path: Path) -> bool | None:
    """Whether bytes are missing at the file's end; None where its form does not say (MPEG streams, live Matroska).

    ISO base media (ISO/IEC 14496-12, 4.2: boxes), Matroska (RFC 8794: element sizes), AVI (RIFF chunks).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(16)
        if head[4:8] in _BOXES:
            return _boxes_end(file, size) > size
        if head.startswith(_EBML):
            end = _segment_end(file)
            return None if end is None else end > size
        if head.startswith(b"RIFF") and head[8:12] in _RIFF_FORMS:
            return _riffs_end(file, size) > size
    return None


def _boxes_end(file: BinaryIO, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return at + 8
        length = int.from_bytes(head[:4])
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:])
        if length == 0:
            return size
        if length < 8:
            return at
        at += length
    return at


def _segment_end(file: BinaryIO) -> int | None:
    file.seek(4)
    header = _vint(file)
    if header is None:
        return None
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return None
    length = _vint(file)
    return None if length is None else file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """A size as EBML writes it; None when it is unknown or there is none."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> extra)]) + file.read(extra))
    return None if value == (1 << 7 * (extra + 1)) - 1 else value


def _riffs_end(file: BinaryIO, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[:4] != b"RIFF":
            return at
        length: int = struct.unpack("<I", head[4:])[0]
        if length == 0:  # a recorder that did not come back to write it
            return size
        at += 8 + length + length % 2
    return at
