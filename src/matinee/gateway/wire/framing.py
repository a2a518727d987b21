"""Where a body ends. A cutter takes a body's bytes as they come and tells content from what stands after the end."""

from __future__ import annotations

import re
from typing import Protocol

from matinee.gateway.errors import BadRequest
from matinee.gateway.wire.head import TOKEN

LONGEST_LINE = 4096
LONGEST_TRAILER = 16 * 1024

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(TOKEN + rb"+:[\t\x20-\x7e\x80-\xff]*")


class Body(Protocol):
    done: bool

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Content, and what stands after the body's end. Raises BadRequest where the framing is broken."""
        ...


class Sized:
    """A body of a length told beforehand."""

    __slots__ = ("_left", "done")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        left = self._left
        if len(data) < left:
            self._left = left - len(data)
            return data, b""
        self._left, self.done = 0, True
        return (data, b"") if len(data) == left else (data[:left], data[left:])


class UntilClosed:
    """A body that ends with its connection."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        return data, b""


class _Part:
    SIZE = "size"
    CONTENT = "content"
    CONTENT_END = "content-end"
    TRAILER = "trailer"


class Chunked:
    """The chunked coding (RFC 9112 7.1). Extensions and trailers are read and left out of the content."""

    __slots__ = ("_left", "_line", "_part", "_trailer", "done")

    def __init__(self) -> None:
        self.done = False
        self._part = _Part.SIZE
        self._line = b""
        self._left = 0
        self._trailer = 0

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        pieces: list[bytes] = []
        at = 0
        while at < len(data) and not self.done:
            if self._part is _Part.CONTENT:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left == 0:
                    self._part = _Part.CONTENT_END
            else:
                at = self._read_line(data, at)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces), data[at:]

    def _read_line(self, data: bytes, at: int) -> int:
        """Takes up to the end of the line; remembers the part of a line whose end has not come. The new position."""
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end + 1
        self._line += data[at:stop]
        if len(self._line) > LONGEST_LINE:
            raise BadRequest("A chunk's line is too long")
        if end >= 0:
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n"):
                raise BadRequest("A chunk's line must end in CR LF")
            self._end_line(line[:-2])
        return stop

    def _end_line(self, line: bytes) -> None:
        match self._part:
            case _Part.SIZE:
                size = _SIZE.fullmatch(line)
                if size is None:
                    raise BadRequest("A chunk's size is not well-formed")
                self._left = int(size[1], 16)
                self._part = _Part.CONTENT if self._left else _Part.TRAILER
            case _Part.CONTENT_END:
                if line:
                    raise BadRequest("A chunk is longer than its size")
                self._part = _Part.SIZE
            case _:
                self._end_trailer(line)

    def _end_trailer(self, line: bytes) -> None:
        self._trailer += len(line)
        if not line:
            self.done = True
        elif self._trailer > LONGEST_TRAILER or _TRAILER.fullmatch(line) is None:
            raise BadRequest("A trailer is not well-formed")


def chunk(content: bytes) -> bytes:
    """Content as one chunk; nothing for no content, since an empty chunk would be the last."""
    return b"%x\r\n%s\r\n" % (len(content), content) if content else b""


LAST_CHUNK = b"0\r\n\r\n"


def body(length: int) -> Body:
    """The cutter for a length as the heads tell it: -1 chunked, -2 until the connection ends."""
    if length >= 0:
        return Sized(length)
    return Chunked() if length == -1 else UntilClosed()
