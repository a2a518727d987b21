"""Where a body ends. A cutter takes a body's bytes as they come and tells content from what stands after the end."""

from __future__ import annotations

import re
from typing import Protocol

from matinee.gateway.errors import BadRequest
from matinee.gateway.wire.head import TOKEN
from matinee.gateway.wire.trailer import allowed

LONGEST_LINE = 4096
LONGEST_TRAILER = 16 * 1024

_PLAIN_SIZE = re.compile(rb"([1-9a-fA-F][0-9a-fA-F]{0,6})\r\n")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(TOKEN + rb"+:[\t\x20-\x7e\x80-\xff]*")


class Body(Protocol):
    """`trailers` are the trailer lines that may go on, each with its line end; all of them once it is `done`."""

    done: bool

    @property
    def trailers(self) -> bytes: ...

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Content, and what stands after the body's end. Raises BadRequest where the framing is broken."""
        ...

    def carry(self, data: bytes) -> tuple[bytes, bytes]:
        """The same as `take`, but content in the framing in which it came."""
        ...


class Sized:
    """A body of a length told beforehand."""

    __slots__ = ("_left", "done")
    trailers = b""

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

    carry = take


class UntilClosed:
    """A body that ends with its connection."""

    __slots__ = ("done",)
    trailers = b""

    def __init__(self) -> None:
        self.done = False

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        return data, b""

    carry = take


class _Part:
    SIZE = "size"
    CONTENT = "content"
    CONTENT_END = "content-end"
    TRAILER = "trailer"


class Chunked:
    """The chunked coding (RFC 9112 7.1). Extensions are read and left out of the content. Of trailers those are kept that may go
    on; `carry` passes them on where `with_trailers` says so."""

    __slots__ = ("_content_end", "_left", "_line", "_part", "_read", "_with_trailers", "done", "trailers")

    def __init__(self, *, with_trailers: bool = False) -> None:
        self.done = False
        self.trailers = b""
        self._with_trailers = with_trailers
        self._part = _Part.SIZE
        self._line = b""
        self._left = 0
        self._read = 0
        self._content_end = 0

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        pieces: list[bytes] = []
        at = 0
        while at < len(data) and not self.done:
            if self._part is _Part.CONTENT:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at = self._passed(at, len(piece))
            elif self._part is _Part.SIZE and not self._line:
                at = self._whole(data, at, pieces) or self._read_line(data, at)
            else:
                at = self._read_line(data, at)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces), data[at:]

    def carry(self, data: bytes) -> tuple[bytes, bytes]:
        at = self._content_end = 0
        while at < len(data) and not self.done:
            in_content = self._part is _Part.CONTENT
            at = self._passed(at, min(self._left, len(data) - at)) if in_content else self._read_line(data, at)
        if self._part is not _Part.TRAILER:
            return data, b""
        carried = data[: self._content_end]
        if self.done:
            carried += (self.trailers if self._with_trailers else b"") + b"\r\n"
        return carried, data[at:]

    def _whole(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """Takes the chunks that stand there as a whole and without extensions, as most do: they may be many and small. The new
        position, 0 where there is none."""
        taken = 0
        while (size := _PLAIN_SIZE.match(data, at)) is not None:
            start = size.end()
            end = start + int(size[1], 16)
            if data[end : end + 2] != b"\r\n":
                break
            pieces.append(data[start:end])
            at = taken = end + 2
        return taken

    def _passed(self, at: int, count: int) -> int:
        self._left -= count
        if self._left == 0:
            self._part = _Part.CONTENT_END
        return at + count

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
            if self._part is _Part.TRAILER and not self._read:
                self._content_end, self._read = stop, 1
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
        self._read += len(line)
        if not line:
            self.done = True
        elif self._read > LONGEST_TRAILER or _TRAILER.fullmatch(line) is None:
            raise BadRequest("A trailer is not well-formed")
        elif allowed(line):
            self.trailers += line + b"\r\n"


def chunk(content: bytes) -> bytes:
    """Content as one chunk; nothing for no content, since an empty chunk would be the last."""
    return b"%x\r\n%s\r\n" % (len(content), content) if content else b""


LAST_CHUNK = b"0\r\n\r\n"


def last_chunk(trailers: bytes) -> bytes:
    """The end of a body in chunks, with trailer lines."""
    return b"0\r\n%s\r\n" % trailers if trailers else LAST_CHUNK


def body(length: int, *, with_trailers: bool = False) -> Body:
    """The cutter for a length as the heads tell it: -1 chunked, -2 until the connection ends."""
    if length >= 0:
        return Sized(length)
    return Chunked(with_trailers=with_trailers) if length == -1 else UntilClosed()
