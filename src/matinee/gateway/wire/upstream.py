from __future__ import annotations

import asyncio
from typing import Protocol, cast

from matinee.gateway.errors import BadGateway, BadRequest
from matinee.gateway.wire.end import End, Line
from matinee.gateway.wire.framing import Body, Sized, UntilClosed, body
from matinee.gateway.wire.head import ReplyHead, lines_end_well, read_reply

LONGEST_HEAD = 64 * 1024
MOST_INTERIM = 16
"""Interim answers (1xx) to one request: more are no answer."""

_VERSION = b"HTTP/1."
_BODYLESS = frozenset({204, 304})


class Carried(Protocol):
    """The exchange whose request a connection carries, as the connection sees it."""

    @property
    def is_head(self) -> bool: ...

    @property
    def sent_whole(self) -> bool: ...

    @property
    def takes_trailers(self) -> bool: ...

    def plain(self, head: ReplyHead) -> bool:
        """Whether the content of this answer, which comes in chunks, is wanted without them."""
        ...

    def interim(self, head: ReplyHead) -> None:
        """A 1xx answer."""
        ...

    def switches(self, head: bytes) -> bool:
        """Whether a 101 with this head, as it came, is what was asked for."""
        ...

    def switched(self, head: ReplyHead, upstream: Upstream, data: bytes) -> None:
        """The server speaks another protocol from now on, and `data` came after its head."""
        ...

    def reply(self, head: ReplyHead, content: bytes) -> None: ...

    def content(self, data: bytes) -> None: ...

    def upstream_full(self, full: bool) -> None: ...  # noqa: FBT001

    def upstream_done(self) -> None: ...

    def upstream_lost(self, *, begun: bool, hinted: bool, why: str) -> None:
        """The answer will not be whole. `begun` says that some of it had come, `hinted` that some was passed on as interim."""
        ...


class Pool(Protocol):
    """Where a connection waits between requests: its server's."""

    def park(self, upstream: Upstream) -> None: ...

    def forget(self, upstream: Upstream) -> None: ...


class Upstream(asyncio.Protocol):
    """One connection to a server. Carries one request at a time, finds the end of its answer, passes its bytes on unchanged."""

    __slots__ = (
        "_body", "_buffer", "_carried", "_end", "_interim", "_line", "_plain", "_reply", "_server", "_transport", "parked_at",
    )  # fmt: skip
    _transport: asyncio.Transport
    _end: End

    def __init__(self, server: Pool) -> None:
        self._server = server
        self._carried: Carried | None = None
        self._body: Body | None = None
        self._reply: ReplyHead | None = None
        self._line: Line | None = None
        self._buffer = b""
        self._interim = 0
        self._plain = False
        self.parked_at = 0.0

    @property
    def open(self) -> bool:
        return not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's classes
        self._end = End(self._transport)

    def send(self, carried: Carried, head: bytes) -> None:
        self._carried = carried
        self._body = self._reply = None
        self._buffer = b""
        self._interim = 0
        self._transport.write(head)

    def write(self, data: bytes) -> None:
        self._end.write(data)

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Stops or resumes reading, as the client can or cannot take more."""
        self._end.hold(held)

    def close(self) -> None:
        self._transport.close()

    def drop(self) -> None:
        """Lets go of the request and breaks the connection: what is still to come is of no use."""
        self._carried = None
        self._transport.abort()

    def leave(self) -> End:
        """Leaves HTTP; `join` says who is told of it from now on."""
        self._carried = None
        return self._end

    def join(self, line: Line) -> None:
        self._line = line

    def data_received(self, data: bytes) -> None:
        carried = self._carried
        if carried is None:
            self._unasked(data)
            return
        try:
            self._head(carried, data) if self._body is None else self._content(carried, self._body, data)
        except (BadGateway, BadRequest) as bad:
            self._fail(bad.detail, begun=True)

    def _unasked(self, data: bytes) -> None:
        if self._line is not None:
            self._line.came(data)
        else:  # nobody asked for these bytes: they must not be taken for the next answer
            self._server.forget(self)
            self._transport.abort()

    def _head(self, carried: Carried, data: bytes) -> None:
        data = self._buffer + data if self._buffer else data
        while (end := data.find(b"\r\n\r\n") + 4) > 3:
            if end > LONGEST_HEAD:
                break
            reply = read_reply(data[:end])
            rest = data[end:]
            if reply.status >= 200:
                self._begin(carried, reply, rest)
                return
            if reply.status == 101:
                self._switch(carried, reply, data[:end], rest)
                return
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise BadGateway("A server gave no end of interim answers")
            carried.interim(reply)
            if self._carried is not carried:
                return
            data = rest
        self._buffer = _beginning(data, end)

    def _switch(self, carried: Carried, reply: ReplyHead, head: bytes, rest: bytes) -> None:
        if not carried.switches(head):
            raise BadGateway("A server switched protocols unasked")
        self._buffer = b""
        carried.switched(reply, self, rest)

    def _begin(self, carried: Carried, reply: ReplyHead, data: bytes) -> None:
        bodyless = carried.is_head or reply.status in _BODYLESS
        self._plain = reply.length == -1 and not bodyless and carried.plain(reply)
        trailers = reply.length == -1 and not self._plain and carried.takes_trailers
        cutter = self._body = Sized(0) if bodyless else body(reply.length, with_trailers=trailers)
        self._reply = reply
        self._buffer = b""
        if len(data) == (0 if bodyless else reply.length):  # all of it, and nothing else: most answers
            carried.reply(reply, data)
            cutter.done, data = True, b""
        else:
            content, data = cutter.take(data) if self._plain else cutter.carry(data)
            carried.reply(reply, content)
        if cutter.done:
            self._done(carried, clean=not data)

    def _content(self, carried: Carried, cutter: Body, data: bytes) -> None:
        content, rest = cutter.take(data) if self._plain else cutter.carry(data)
        carried.content(content)
        if cutter.done:
            self._done(carried, clean=not rest)

    def _done(self, carried: Carried, *, clean: bool) -> None:
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

    def _fail(self, why: str, *, begun: bool) -> None:
        carried = self._carried
        self.drop()
        if carried is not None:
            carried.upstream_lost(begun=begun, hinted=self._interim > 0, why=why)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.forget(self)
        carried = self._carried
        if carried is None:
            if self._line is not None:
                self._line.gone()
            return
        if exc is None and isinstance(self._body, UntilClosed):
            self._carried = None
            carried.upstream_done()
        else:
            begun = self._body is not None or bool(self._buffer) or self._interim > 0
            self._fail("A server closed the connection before its answer was whole", begun=begun)

    def eof_received(self) -> bool:
        """Whether the connection stays open for what is still to be written."""
        if self._line is None or not self._transport.can_write_eof():
            return False
        self._line.ended()
        return True

    def pause_writing(self) -> None:
        self._full(True)  # noqa: FBT003

    def resume_writing(self) -> None:
        self._full(False)  # noqa: FBT003

    def _full(self, full: bool) -> None:  # noqa: FBT001
        if self._carried is not None:
            self._carried.upstream_full(full)
        elif self._line is not None:
            self._line.full(full)


def _beginning(head: bytes, end: int) -> bytes:
    """What has come of a head that more bytes may still complete; nobody need wait for others. Raises BadGateway."""
    if not head.startswith(_VERSION[: len(head)]) or not lines_end_well(head):
        raise BadGateway("A server's answer was not HTTP")
    if max(end, len(head)) > LONGEST_HEAD:
        raise BadGateway("A server's answer has too large a head")
    return head
