from __future__ import annotations

import asyncio
from typing import Protocol, cast

from matinee.gateway.errors import BadGateway, BadRequest
from matinee.gateway.wire.framing import Body, Sized, UntilClosed, body
from matinee.gateway.wire.head import ReplyHead, read_reply

LONGEST_HEAD = 64 * 1024
_BODYLESS = frozenset({204, 304})


class Carried(Protocol):
    """The exchange whose request a connection carries, as the connection sees it."""

    @property
    def is_head(self) -> bool: ...

    @property
    def unchunks(self) -> bool: ...

    @property
    def sent_whole(self) -> bool: ...

    def interim(self, head: bytes) -> None:
        """A 1xx answer, as bytes to pass on."""
        ...

    def reply(self, head: ReplyHead, content: bytes) -> None: ...

    def content(self, data: bytes) -> None: ...

    def upstream_full(self, full: bool) -> None: ...  # noqa: FBT001

    def upstream_done(self) -> None: ...

    def upstream_lost(self, *, begun: bool, why: str) -> None:
        """The answer will not be whole. `begun` says that some of it had come."""
        ...


class Pool(Protocol):
    """Where a connection waits between requests: its server's."""

    def park(self, upstream: Upstream) -> None: ...

    def forget(self, upstream: Upstream) -> None: ...


class Upstream(asyncio.Protocol):
    """One connection to a server. Carries one request at a time, finds the end of its answer, passes its bytes on unchanged."""

    __slots__ = ("_body", "_buffer", "_carried", "_held", "_reply", "_server", "_transport", "_unchunk", "parked_at")
    _transport: asyncio.Transport

    def __init__(self, server: Pool) -> None:
        self._server = server
        self._carried: Carried | None = None
        self._body: Body | None = None
        self._reply: ReplyHead | None = None
        self._buffer = b""
        self._unchunk = False
        self._held = False
        self.parked_at = 0.0

    @property
    def open(self) -> bool:
        return not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's classes

    def send(self, carried: Carried, head: bytes) -> None:
        self._carried = carried
        self._body = self._reply = None
        self._buffer = b""
        self._transport.write(head)

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Stops or resumes reading, as the client can or cannot take more."""
        if held is not self._held and not self._transport.is_closing():
            self._held = held
            (self._transport.pause_reading if held else self._transport.resume_reading)()

    def close(self) -> None:
        self._transport.close()

    def drop(self) -> None:
        """Lets go of the request and breaks the connection: what is still to come is of no use."""
        self._carried = None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        carried = self._carried
        if carried is None:  # nobody asked for these bytes: they must not be taken for the next answer
            self._server.forget(self)
            self._transport.abort()
            return
        try:
            self._head(carried, data) if self._body is None else self._content(carried, self._body, data)
        except (BadGateway, BadRequest) as bad:
            self._fail(bad.detail)

    def _head(self, carried: Carried, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        while (end := data.find(b"\r\n\r\n") + 4) > 3:
            reply = read_reply(data[:end])
            rest = data[end:]
            if reply.status >= 200:
                self._begin(carried, reply, rest)
                return
            if reply.status == 101:
                raise BadGateway("A server switched protocols unasked")
            carried.interim(data[:end])
            data = rest
        if len(data) > LONGEST_HEAD:
            raise BadGateway("A server's answer has too large a head")
        self._buffer = data

    def _begin(self, carried: Carried, reply: ReplyHead, data: bytes) -> None:
        bodyless = carried.is_head or reply.status in _BODYLESS
        cutter = self._body = Sized(0) if bodyless else body(reply.length)
        self._reply = reply
        self._unchunk = carried.unchunks and reply.length == -1
        self._buffer = b""
        if len(data) == (0 if bodyless else reply.length):  # all of it, and nothing else: most answers
            carried.reply(reply, data)
            cutter.done, data = True, b""
        else:
            content, rest = cutter.take(data)
            carried.reply(reply, content if self._unchunk else data[: len(data) - len(rest)])
            data = rest
        if cutter.done:
            self._end(carried, clean=not data)

    def _content(self, carried: Carried, cutter: Body, data: bytes) -> None:
        content, rest = cutter.take(data)
        carried.content(content if self._unchunk else data[: len(data) - len(rest)] if rest else data)
        if cutter.done:
            self._end(carried, clean=not rest)

    def _end(self, carried: Carried, *, clean: bool) -> None:
        if self._carried is not carried:  # it was dropped while its last bytes were passed on
            return
        self._carried = None
        keep = clean and self._reply is not None and self._reply.keep_alive and carried.sent_whole
        if keep and self.open:
            self.hold(False)  # noqa: FBT003
            self._server.park(self)
        else:
            self._transport.close()
        carried.upstream_done()

    def _fail(self, why: str) -> None:
        carried, begun = self._carried, self._body is not None or bool(self._buffer)
        self.drop()
        if carried is not None:
            carried.upstream_lost(begun=begun, why=why)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.forget(self)
        carried = self._carried
        if carried is None:
            return
        if exc is None and isinstance(self._body, UntilClosed):
            self._carried = None
            carried.upstream_done()
        else:
            self._fail("A server closed the connection before its answer was whole")

    def pause_writing(self) -> None:
        if self._carried is not None:
            self._carried.upstream_full(True)  # noqa: FBT003

    def resume_writing(self) -> None:
        if self._carried is not None:
            self._carried.upstream_full(False)  # noqa: FBT003
