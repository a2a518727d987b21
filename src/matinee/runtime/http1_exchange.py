"""One request's answer as it comes in: its head, its body, its end."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from matinee.runtime.errors import TooLarge

_MOST_HEAD_BYTES = 65536
_HIGH_WATER = 256 << 10
_LOW_WATER = 64 << 10


class Lost(Exception):
    """The connection ended before the answer did; `begun` once a byte of it had come."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("the connection was lost")
        self.begun = begun


class Exchange:
    """An answer kept whole. It is the callback object of its own parser."""

    crowded = False

    def __init__(self, method: str, most_bytes: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.status = 0
        self.keeps_open = False
        self.whole = False
        self._method = method
        self._left = most_bytes
        self._fields: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._parser = HttpResponseParser(self)
        self._begun = False
        self._head_bytes = 0
        self._head_complete = False
        self._framed = False

    def headers(self) -> dict[str, str]:
        joined: dict[str, str] = {}
        for name, value in self._fields:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            joined[key] = f"{joined[key]}, {text}" if key in joined else text
        return joined

    def body(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def feed(self, data: bytes) -> bool:
        """Takes bytes of the connection; False where it is of no more use."""
        if self.done.done():  # more than was asked for
            self.keeps_open = False
            return False
        self._begun = True
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.lost()
        if not self._head_complete:
            self._head_bytes += len(data)
            if self._head_bytes > _MOST_HEAD_BYTES:
                self._end(TooLarge("the answer's head is too long"))
        return not self.done.done() or self.keeps_open

    def lost(self, *, clean: bool = False) -> None:
        """The connection has ended; a body without a length ends with it where it ended cleanly."""
        whole = clean and self._head_complete and not self._framed
        self._end(None if whole else Lost(begun=self._begun))

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_complete:  # what follows a chunked body is of no use here
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        if self.done.done():
            return
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return
        self._head_complete = True
        names = {name.lower() for name, _ in self._fields}
        self._framed = b"content-length" in names or b"transfer-encoding" in names
        self.keeps_open = self._parser.should_keep_alive()
        if self._method == "HEAD":  # no body follows; the parser cannot know
            self._end(None)

    def on_body(self, piece: bytes) -> None:
        if self.done.done():
            self.keeps_open = False
            return
        self._left -= len(piece)
        if self._left < 0:
            self._end(TooLarge("the answer is larger than asked for"))
        else:
            self._take(piece)

    def on_message_complete(self) -> None:
        if self.status < 200:  # an interim answer; the real one follows
            self._fields.clear()
        else:
            self._end(None)

    def on_message_begin(self) -> None:
        if self._head_complete:  # a second answer that nobody asked for
            self.keeps_open = False

    def _take(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def _end(self, error: Exception | None) -> None:
        if error is not None:
            self.keeps_open = False
        if self.done.done():
            return
        if error is None:
            self.whole = True
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
            self.done.exception()  # seen, even where the caller is gone


class Line(Protocol):
    def resume_reading(self) -> None: ...


class Streamed(Exchange):
    """An answer whose body, where it has the expected status, is taken away piece by piece."""

    def __init__(self, method: str, most_bytes: int, expect: int) -> None:
        super().__init__(method, most_bytes)
        self._expect = expect
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._woken = asyncio.Event()
        self.done.add_done_callback(lambda _: self._woken.set())

    @property
    def crowded(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride] - only ever read
        return self._waiting_bytes > _HIGH_WATER

    async def piece(self, line: Line) -> bytes | None:
        """The next piece, None after the last. Raises what ended the answer early."""
        while not self._waiting:
            if self.done.done():
                self.done.result()
                return None
            self._woken.clear()
            await self._woken.wait()
        piece = self._waiting.popleft()
        self._waiting_bytes -= len(piece)
        if self._waiting_bytes < _LOW_WATER:
            line.resume_reading()
        return piece

    def _take(self, piece: bytes) -> None:
        if self.status != self._expect:
            super()._take(piece)
            return
        self._waiting.append(piece)
        self._waiting_bytes += len(piece)
        self._woken.set()
