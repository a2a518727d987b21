"""How a record stands in a segment: a head of lengths and a checksum, the key, the value.

length of the key: u16 | length of the value: u32 | CRC-32 of both lengths, key and value: u32 | key | value
"""

from __future__ import annotations

import struct
from zlib import crc32

from matinee.backends.log.port import Record
from matinee.runtime.errors import TooLarge

_LENGTHS = struct.Struct("<HI")
_SUM = struct.Struct("<I")
HEAD_BYTES = _LENGTHS.size + _SUM.size
MOST_BYTES = 16 << 20


def framed(record: Record) -> bytes:
    """The record as bytes of a segment. Raises TooLarge over 64 KiB of key or 16 MiB of value."""
    if len(record.key) > 0xFFFF or len(record.value) > MOST_BYTES:
        raise TooLarge("A record of the log has at most 64 KiB of key and 16 MiB of value")
    lengths = _LENGTHS.pack(len(record.key), len(record.value))
    body = record.key + record.value
    return lengths + _SUM.pack(crc32(body, crc32(lengths))) + body


def size(data: bytes, at: int) -> int:
    """The bytes that the frame at `at` takes up in all; 0 where not even its head is there."""
    if len(data) - at < HEAD_BYTES:
        return 0
    key, value = _LENGTHS.unpack_from(data, at)
    return HEAD_BYTES + key + value


def unframed(data: bytes, at: int) -> tuple[Record, int] | None:
    """The record at `at` and where the next one begins; None where none stands whole and sound."""
    length = size(data, at)
    end = at + length
    if not length or end > len(data):
        return None
    key, _ = _LENGTHS.unpack_from(data, at)
    body = data[at + HEAD_BYTES : end]
    (found,) = _SUM.unpack_from(data, at + _LENGTHS.size)
    if crc32(body, crc32(data[at : at + _LENGTHS.size])) != found:
        return None
    return Record(body[:key], body[key:]), end
