"""An HTTP/1.1 client: pooled connections to one server, over TCP, TLS or a unix socket.

The last connection that became free is taken first. One that the server had closed meanwhile is replaced once, unseen, where
the request may be repeated. A caller who is cancelled takes his connection with him.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar, cast
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from matinee.runtime.errors import DeadlineExceeded, Invalid, Unavailable
from matinee.runtime.http1_exchange import Exchange, Lost, Streamed

T = TypeVar("T")
Sink = Callable[[bytes], Awaitable[None]]

_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_SPOILT_TARGET = re.compile(r"[^\x21-\x7e]")
_SPOILT_HEADER = re.compile(r"[\x00\r\n]")
_MOST_BYTES = 64 << 20


class Response(Struct, frozen=True):
    """`headers` in lower case; of a header that came twice the values are joined by a comma."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """Speaks to the server of `http://host:port`, `https://host` or `unix:/path`; an http path goes before each target.

    At most `connections` requests are under way; more wait. A connection idle for `idle_s` is not used again: that is
    less than servers keep one open. Raises Invalid where the URL is none of these.
    """

    def __init__(
        self, base_url: str, *, connections: int = 256, idle_s: float = 4.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._base_url = base_url
        self._place = _Place(base_url, tls)
        self._slots = asyncio.Semaphore(connections)
        self._idle_s = idle_s
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._closed = False

    async def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 5.0,
        *,
        idempotent: bool | None = None,
        most_bytes: int = _MOST_BYTES,
    ) -> Response:
        """The answer, whatever its status. `idempotent` says that the request may be repeated; unsaid, its method does.

        Raises Unavailable where the server cannot be reached or breaks off, DeadlineExceeded after `timeout_s`, TooLarge
        where the answer has more than `most_bytes`.
        """
        sent = self._head(method, target, headers or {}, body)
        again = method in _REPEATABLE if idempotent is None else idempotent
        try:
            async with asyncio.timeout(timeout_s), self._slots:
                exchange = await self._tried(
                    lambda connection: self._whole(connection, Exchange(method, most_bytes), sent),
                    self._connected,
                    again=again,
                )
        except TimeoutError as late:
            raise DeadlineExceeded(f"{self._base_url} did not answer within {timeout_s:.3g} s") from late
        except Lost as lost:
            raise Unavailable(f"{self._base_url} broke off its answer") from lost
        return Response(exchange.status, exchange.headers(), exchange.body())

    async def stream(
        self,
        method: str,
        target: str,
        sink: Sink,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        *,
        expect: int = 200,
        most_bytes: int = 1 << 40,
    ) -> Response:
        """Hands the body to `sink` piece by piece, no faster than `sink` returns, where the status is the expected one; the
        response then has no body. With any other status `sink` is never called and the response has its body.

        `timeout_s` bounds each silence of the server, not the whole. Raises as `request`, and what `sink` raises; the
        pieces given before an error are then only a part.
        """
        sent = self._head(method, target, headers or {}, b"")
        async with self._slots:
            try:
                connection, exchange, piece = await self._tried(
                    lambda connection: self._first(connection, Streamed(method, most_bytes, expect), sent, timeout_s),
                    lambda: self._connected_within(timeout_s),
                    again=method in _REPEATABLE,
                )
                try:
                    while piece is not None:
                        await sink(piece)
                        piece = await _piece(connection, exchange, timeout_s)
                finally:
                    self._release(connection)
            except TimeoutError as late:
                raise DeadlineExceeded(f"{self._base_url} was silent for {timeout_s:.3g} s") from late
            except Lost as lost:
                raise Unavailable(f"{self._base_url} broke off its answer") from lost
        return Response(exchange.status, exchange.headers(), exchange.body())

    async def close(self) -> None:
        """Ends every connection; requests under way raise Unavailable."""
        self._closed = True
        for connection in [*self._idle, *self._busy]:
            connection.abort()
        self._idle.clear()
        await asyncio.sleep(0)

    async def _tried(
        self, use: Callable[[Connection], Awaitable[T]], connect: Callable[[], Awaitable[Connection]], *, again: bool
    ) -> T:
        """What `use` gives on a pooled connection; on a fresh one where there is none, or where it had been closed meanwhile and
        the request may be repeated. Raises Lost."""
        pooled = self._pooled()
        if pooled is not None:
            try:
                return await use(pooled)
            except Lost as lost:
                if lost.begun or not again:
                    raise
        return await use(await connect())

    async def _first(
        self, connection: Connection, exchange: Streamed, sent: bytes, timeout_s: float
    ) -> tuple[Connection, Streamed, bytes | None]:
        try:
            connection.send(exchange, sent)
            return connection, exchange, await _piece(connection, exchange, timeout_s)
        except BaseException:
            self._release(connection)
            raise

    async def _whole(self, connection: Connection, exchange: Exchange, sent: bytes) -> Exchange:
        try:
            connection.send(exchange, sent)
            await exchange.done
        finally:
            self._release(connection)
        return exchange

    def _pooled(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - self._idle_s
        while self._idle:
            connection = self._idle.pop()
            if connection.open and connection.since > oldest:
                self._busy.add(connection)
                return connection
            connection.abort()
        return None

    async def _connected_within(self, seconds: float) -> Connection:
        async with asyncio.timeout(seconds):
            return await self._connected()

    async def _connected(self) -> Connection:
        if self._closed:
            raise Unavailable(f"the client of {self._base_url} is closed")
        try:
            connection = await self._place.connect()
        except OSError as refused:
            raise Unavailable(f"{self._base_url} cannot be reached") from refused
        self._busy.add(connection)
        return connection

    def _release(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if connection.reusable and not self._closed:
            connection.rest()
            self._idle.append(connection)
        else:
            connection.abort()

    def _head(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        target = self._place.prefix + target
        if _SPOILT_TARGET.search(target) or not target.startswith("/"):
            raise Invalid(f"{target!r} is no request target")
        lines = [f"{method} {target} HTTP/1.1", f"host: {self._place.host}"]
        for name, value in headers.items():
            if _SPOILT_HEADER.search(value) or _SPOILT_TARGET.search(name):
                raise Invalid(f"the header {name!r} holds a line break or a control character")
            lines.append(f"{name}: {value}")
        if body or method in _WITH_BODY:
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


class Connection(asyncio.Protocol):
    """One connection: carries an exchange at a time."""

    def __init__(self) -> None:
        self._exchange: Exchange | None = None
        self._transport: asyncio.Transport | None = None
        self._ended = False
        self.since = 0.0
        self.open = False

    @property
    def reusable(self) -> bool:
        """The exchange is over, and nothing of it is left on the line in either direction."""
        exchange, transport = self._exchange, self._transport
        if not self.open or exchange is None or transport is None:
            return False
        return exchange.keeps_open and exchange.whole and not transport.get_write_buffer_size()

    def send(self, exchange: Exchange, sent: bytes) -> None:
        self._exchange = exchange
        if self.open and self._transport is not None:
            self._transport.write(sent)
        else:
            exchange.lost()

    def rest(self) -> None:
        self._exchange = None
        self.since = asyncio.get_running_loop().time()
        self.resume_reading()

    def abort(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and self.open and not self._transport.is_reading():
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.open = True

    def data_received(self, data: bytes) -> None:
        if self._exchange is None or not self._exchange.feed(data):  # nobody asked, or nothing more can come of it
            self.abort()
        elif self._exchange.crowded:
            self.pause_reading()

    def eof_received(self) -> None:
        self._ended = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._exchange is not None:
            self._exchange.lost(clean=self._ended and exc is None)


async def _piece(connection: Connection, exchange: Streamed, timeout_s: float) -> bytes | None:
    async with asyncio.timeout(timeout_s):
        return await exchange.piece(connection)


class _Place:
    """Where a base URL leads."""

    def __init__(self, url: str, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        self.host, self.prefix = parts.netloc, parts.path.rstrip("/")
        self._unix, self._tls = "", tls
        match parts.scheme:
            case "http" | "https" if parts.hostname:
                self._address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
                if parts.scheme == "https":
                    self._tls = tls or ssl.create_default_context()
            case "unix" if parts.path:
                self.host, self.prefix, self._unix = "localhost", "", unquote(parts.path)
            case _:
                raise Invalid(f"{url!r} is not the URL of a server; one is http://host:port or unix:/path")

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        if self._unix:
            return (await loop.create_unix_connection(Connection, self._unix))[1]
        return (await loop.create_connection(Connection, *self._address, ssl=self._tls))[1]
