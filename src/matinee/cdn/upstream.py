"""A small HTTP/1.1 client for the core and the origin: a body is read as it arrives, connections are kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

from matinee.runtime.errors import Invalid, Unavailable

_MOST_IDLE = 8
_CONNECT_S = 3.0
_LONGEST_HEAD = 64 * 1024
PIECE = 1 << 18

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Response:
    """An answer whose body has not been read. `length` is None for a body in chunks."""

    def __init__(self, status: int, fields: dict[str, str], reader: asyncio.StreamReader, stall_s: float) -> None:
        self.status = status
        self.fields = fields
        self.done = False
        self._reader = reader
        self._stall_s = stall_s

    @property
    def length(self) -> int | None:
        told = self.fields.get("content-length")
        return int(told) if told is not None and told.isdecimal() else None

    async def body(self, most: int) -> bytes:
        """The whole body. Raises Unavailable where it is longer than `most`, breaks off or stalls."""
        whole = bytearray()
        async for piece in self.pieces():
            whole += piece
            if len(whole) > most:
                raise Unavailable("The answer is too long")
        return bytes(whole)

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The body as it arrives. Raises Unavailable where it breaks off or stalls."""
        try:
            if self.status in {204, 304}:
                pass
            elif self.fields.get("transfer-encoding", "").lower() == "chunked":
                async for piece in self._chunks():
                    yield piece
            else:
                async for piece in self._counted(self.length):
                    yield piece
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as broken:
            raise Unavailable("The answer broke off") from broken
        self.done = True

    async def _chunks(self) -> AsyncGenerator[bytes]:
        while size := int((await self._line()).partition(b";")[0], 16):
            async for piece in self._counted(size):
                yield piece
            await self._line()
        while await self._line():
            pass

    async def _counted(self, length: int | None) -> AsyncGenerator[bytes]:
        left = length if length is not None else 1 << 62
        while left:
            async with asyncio.timeout(self._stall_s):
                piece = await self._reader.read(min(left, PIECE))
            if not piece and length is not None:
                raise EOFError
            if not piece:
                return
            left -= len(piece)
            yield piece

    async def _line(self) -> bytes:
        async with asyncio.timeout(self._stall_s):
            return (await self._reader.readuntil(b"\r\n"))[:-2]


class Upstream:
    """One server, by its URL: `http://host:port`, or `unix:/path` for a socket of this machine."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._unix = parts.path if parts.scheme == "unix" else None
        if self._unix is None and (parts.scheme != "http" or not parts.hostname):
            raise Invalid(f"{url!r} is neither http://host:port nor unix:/path")
        self._host, self._port = parts.hostname or "localhost", parts.port or 80
        self._authority = parts.netloc or "localhost"
        self._idle: list[Pipe] = []

    @contextlib.asynccontextmanager
    async def ask(
        self,
        method: str,
        target: str,
        fields: dict[str, str],
        *,
        body: bytes = b"",
        first_s: float = 10.0,
        stall_s: float = 10.0,
    ) -> AsyncGenerator[Response]:
        """One request; its answer within `first_s`. Raises Unavailable. What was not read to its end closes the connection."""
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        length = f"content-length: {len(body)}\r\n" if body else ""
        sent = f"{method} {target} HTTP/1.1\r\nhost: {self._authority}\r\n{head}{length}\r\n".encode() + body
        try:
            async with asyncio.timeout(first_s):
                pipe, response = await self._exchange(sent, stall_s)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as broken:
            raise Unavailable(f"{self._authority} does not answer") from broken
        try:
            yield response
        finally:
            self._put_back(pipe, response)

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _exchange(self, sent: bytes, stall_s: float) -> tuple[Pipe, Response]:
        """A kept connection may have been closed meanwhile by the other side: then a new one is tried, once."""
        while self._idle:
            pipe = self._idle.pop()
            with contextlib.suppress(OSError, EOFError):
                return pipe, await self._over(pipe, sent, stall_s)
        pipe = await self._connect()
        return pipe, await self._over(pipe, sent, stall_s)

    async def _over(self, pipe: Pipe, sent: bytes, stall_s: float) -> Response:
        reader, writer = pipe
        try:
            writer.write(sent)
            await writer.drain()
            lines = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
            status = int(lines[0].split(b" ", 2)[1])
        except BaseException:
            writer.close()
            raise
        pairs = (line.decode("latin-1").partition(":") for line in lines[1:])
        return Response(status, {name.lower(): value.strip() for name, _, value in pairs}, reader, stall_s)

    async def _connect(self) -> Pipe:
        async with asyncio.timeout(_CONNECT_S):
            if self._unix is not None:
                return await asyncio.open_unix_connection(self._unix, limit=_LONGEST_HEAD)
            return await asyncio.open_connection(self._host, self._port, limit=_LONGEST_HEAD)

    def _put_back(self, pipe: Pipe, response: Response) -> None:
        closes = response.fields.get("connection", "").lower() == "close" or (
            response.length is None and "transfer-encoding" not in response.fields and response.status not in {204, 304}
        )
        if response.done and not closes and len(self._idle) < _MOST_IDLE:
            self._idle.append(pipe)
        else:
            pipe[1].close()
