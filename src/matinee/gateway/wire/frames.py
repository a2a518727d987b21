"""WebSocket frames (RFC 6455 section 5), as a server that only tells reads and writes them: what a client may send are pings,
pongs and its farewell."""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack
from typing import NamedTuple

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_DATA = frozenset({0, 1, 2})
_CONTROL = frozenset({CLOSE, PING, PONG})

GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, POLICY = 1001, 1002, 1003, 1008
"""What connections are closed with (RFC 6455 7.4.1)."""


class Frame(NamedTuple):
    opcode: int
    payload: bytes


class BadFrame(ValueError):
    """`code` is what the connection is closed with."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """A whole frame of a server's."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return pack("!BBH", 0x80 | opcode, 126, size) + payload
    return pack("!BBQ", 0x80 | opcode, 127, size) + payload


def farewell(code: int, why: str = "") -> bytes:
    """A close frame; of `why` as much as fits."""
    return frame(CLOSE, pack("!H", code) + why.encode()[:123])


class Frames:
    """Cuts a client's bytes into its control frames. It keeps less than one of these, 131 bytes, however much comes."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises BadFrame for what no client may send here."""
        data, at = self._rest + data, 0
        while (end := _end(data, at)) is not None:
            yield _read(data, at, end)
            at = end
        self._rest = data[at:]


def _end(data: bytes, at: int) -> int | None:
    """Where the frame that begins here ends, None where it is not all there."""
    if len(data) - at >= 1:
        _check(data[at])
    if len(data) - at < 2:
        return None
    if not data[at + 1] & 0x80:
        raise BadFrame(PROTOCOL_ERROR, "a client's frames are masked")
    if data[at + 1] & 0x7F > 125:
        raise BadFrame(PROTOCOL_ERROR, "a control frame is at most 125 bytes")
    end = at + 6 + (data[at + 1] & 0x7F)
    return end if end <= len(data) else None


def _check(first: int) -> None:
    opcode = first & 0x0F
    if first & 0x70 or opcode not in _DATA | _CONTROL:
        raise BadFrame(PROTOCOL_ERROR, "no extension was agreed on")
    if opcode in _DATA:
        raise BadFrame(UNSUPPORTED, "nothing is listened to here")
    if not first & 0x80:
        raise BadFrame(PROTOCOL_ERROR, "a control frame is not cut into pieces")


def _read(data: bytes, at: int, end: int) -> Frame:
    mask, payload = data[at + 2 : at + 6], data[at + 6 : end]
    plain = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    opcode = data[at] & 0x0F
    if opcode == CLOSE and len(plain) == 1:
        raise BadFrame(PROTOCOL_ERROR, "a farewell's code is two bytes")
    return Frame(opcode, plain)
