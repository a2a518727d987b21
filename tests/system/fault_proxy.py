"""A TCP proxy before one API that does to its answers what a test says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from enum import StrEnum

GARBAGE = b"\x16\x03\x01 this is no answer \xff\x00"
ABRUPT = struct.pack("ii", 1, 0)
IN_HEAD, IN_CONTENT = 40, 600
"""Bytes of an answer after which it is reset: in the midst of its head, and behind it."""


class Mode(StrEnum):
    PASS = "pass"
    SLOW = "slow to 5 s"
    REFUSE = "refuses"
    RESET_HEAD = "resets in the head"
    RESET_CONTENT = "resets in the content"
    GARBAGE = "answers garbage"


class FaultProxy:
    """Stands before the server at `host` and `port`. Health checks always pass: they see nothing of what members get."""

    def __init__(self, host: str, port: int, slow_s: float = 5.0) -> None:
        self._host = host
        self._upstream = port
        self.slow_s = slow_s
        self.mode = Mode.PASS
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.spoilt = 0

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    async def turn(self, mode: Mode) -> None:
        """From now on like this."""
        self.mode = mode
        if mode is Mode.REFUSE:
            await self.close()
        elif self._server is None:
            self._server = await asyncio.start_server(self._take, self._host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError):
            onward_reader, onward = await asyncio.open_connection(self._host, self._upstream)
            self._open |= {writer, onward}
            first = await reader.read(65536)
            way = _Way(self, checks=first.startswith(b"GET /health/"))
            answering = asyncio.create_task(way.answers(onward_reader, writer))
            await way.asks(first, reader, onward, writer)
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            onward.transport.abort()
            self._open -= {writer, onward}
        writer.transport.abort()
        self._tasks.discard(task)


class _Way:
    """A connection there and back. A gateway sends a whole request, and waits for its answer before the next."""

    def __init__(self, proxy: FaultProxy, *, checks: bool) -> None:
        self._proxy = proxy
        self._checks = checks

    @property
    def _mode(self) -> Mode:
        return Mode.PASS if self._checks else self._proxy.mode

    async def asks(
        self, first: bytes, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        data = first
        while data:
            self._proxy.spoilt += self._mode is not Mode.PASS
            if self._mode is Mode.SLOW:
                await asyncio.sleep(self._proxy.slow_s)
            if self._mode is Mode.GARBAGE:
                back.write(GARBAGE)
            else:
                onward.write(data)
            data = await reader.read(65536)

    async def answers(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            most = {Mode.RESET_HEAD: IN_HEAD, Mode.RESET_CONTENT: IN_CONTENT}.get(self._mode, len(data))
            back.write(data[:most])
            if most < len(data):
                await back.drain()
                back.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
                break
        back.transport.abort()
