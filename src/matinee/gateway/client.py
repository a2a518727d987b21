from __future__ import annotations

import asyncio
import math
from typing import cast

from matinee.gateway.category import Category
from matinee.gateway.chain import Chain
from matinee.gateway.errors import BadRequest, HeadersTooLarge, RequestTimeout
from matinee.gateway.exchange import Exchange
from matinee.gateway.request import Peer, Request, unreadable
from matinee.gateway.traffic import Traffic
from matinee.gateway.wire.framing import Body, body
from matinee.gateway.wire.head import RequestHead, read_request, too_long
from matinee.runtime.errors import MatineeError


class Phase:
    """What a connection waits for; each has its own time limit. No Enum: on 3.11 reading its members is slow, and these are
    read several times for each request."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    TAKING = "taking"
    LINGER = "linger"
    CLOSING = "closing"


class Client(asyncio.Protocol):
    """One client's connection: cuts requests out of its bytes, one at a time, and writes their answers.

    A request that stands behind another (pipelining) is held back until that one's answer is out: it passes the same filters.
    """

    __slots__ = (
        "_body", "_buffer", "_chain", "_deadline", "_deaf", "_exchange", "_full", "_held", "_paused", "_peer", "_phase", "_traffic",
        "_transport", "_working",
    )  # fmt: skip
    _transport: asyncio.Transport
    _peer: Peer

    def __init__(self, chain: Chain, traffic: Traffic) -> None:
        self._chain = chain
        self._traffic = traffic
        self._buffer = b""
        self._body: Body | None = None
        self._exchange: Exchange | None = None
        self._phase = Phase.IDLE
        self._deaf = self._full = self._held = self._paused = self._working = False
        self._deadline = math.inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's classes
        self._peer = Peer(_address(transport, "peername"), _address(transport, "sockname"))
        self._traffic.clients.add(self)
        self._wait(Phase.HEAD, self._traffic.limits.header_s)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        self._traffic.clients.discard(self)
        self._deaf = True
        self._buffer = b""
        if self._exchange is not None:
            self._exchange.cancel()

    # ---- in

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        exchange = self._exchange
        if exchange is None or exchange.sent_whole:
            self._buffer = self._buffer + data if self._buffer else data
            self._work()
        else:
            self._feed(exchange, data)
        if self._buffer or self._paused:
            self._flow()

    def _work(self) -> None:
        """Starts what stands in the buffer, request by request, as long as each is answered at once."""
        if self._working:
            return
        self._working = True
        while self._buffer and self._exchange is None and not self._full and not self._deaf:
            if not self._start():
                break
        self._working = False

    def _start(self) -> bool:
        """Whether the buffer held a whole head, which is now a request on its way."""
        if self._buffer.startswith(b"\r\n"):
            self._buffer = self._buffer[2:]  # RFC 9112 2.2: an empty line before a request is let pass
            return True
        end = self._buffer.find(b"\r\n\r\n") + 4
        try:
            if end > self._traffic.limits.head_bytes or (end < 4 and self._partial()):
                raise HeadersTooLarge(f"The headers are over {self._traffic.limits.head_bytes} bytes")
            if end < 4:
                return False
            head = read_request(self._buffer[:end])
            request = Request(head, self._peer, self._traffic.tick(), self._traffic.now())
            self._begin(head, request, self._buffer[end:])
        except MatineeError as refusal:
            self._unreadable(refusal)
        return True

    def _partial(self) -> bool:
        """Whether a head that has begun is too long already. Raises BadRequest for line ends that no more bytes can mend."""
        if self._phase is Phase.IDLE:
            self._wait(Phase.HEAD, self._traffic.limits.header_s)
        return too_long(self._buffer, self._traffic.limits.head_bytes)

    def _begin(self, head: RequestHead, request: Request, rest: bytes) -> None:
        """Takes what has come of the body first, so that an answer at once need not break the connection."""
        content = b""
        cutter = None if head.length == 0 else body(head.length)
        if cutter is not None and rest:
            content, rest = cutter.take(rest)
        self._body, self._buffer = cutter, rest
        exchange = self._exchange = Exchange(self, request, self._chain, self._traffic, chunked=head.length == -1)
        if content:
            exchange.body(content)
        if cutter is not None and cutter.done:
            exchange.body_end()
        self._expect(exchange, request.started)
        exchange.run()
        if cutter is not None:
            self._flow()

    def _feed(self, exchange: Exchange, data: bytes) -> None:
        if self._body is None:
            return
        try:
            content, rest = self._body.take(data)
        except BadRequest as bad:
            exchange.refuse(bad, Category.FAILURE_CLIENT_BAD_REQUEST)
            return
        if content:
            exchange.body(content)
        if self._body.done:
            self._buffer = rest
            exchange.body_end()
        self.waiting()

    def _unreadable(self, refusal: MatineeError) -> None:
        self._buffer = b""
        request = unreadable(self._peer, self._traffic.tick(), self._traffic.now())
        self._exchange = Exchange(self, request, self._chain, self._traffic, chunked=False)
        self._exchange.refuse(refusal)

    # ---- out: called by the exchange

    def write(self, data: bytes) -> None:
        self._transport.write(data)
        if not self._full:
            self._deadline = self._traffic.tick() + self._traffic.limits.answer_s

    def waiting(self) -> None:
        """What the exchange waits for now: the rest of the request, or its answer."""
        if self._exchange is not None and not self._full:
            self._expect(self._exchange, self._traffic.tick())
            self._flow()

    def _expect(self, exchange: Exchange, now: float) -> None:
        if exchange.sent_whole or self._held or exchange.blocked:
            self._phase = Phase.ANSWER
            self._deadline = now + self._traffic.limits.answer_s
        else:
            self._phase = Phase.BODY
            self._deadline = now + self._traffic.limits.body_s

    def hold(self, *, held: bool) -> None:
        """The server can take no more of the request, or it can again."""
        self._held = held
        self.waiting()

    def over(self, *, keep: bool) -> None:
        """The exchange is over. After an early answer the rest of the request is read and thrown away for a moment: closing
        at once would reset the connection, and the client might never see the answer."""
        whole = self._exchange is None or self._exchange.sent_whole
        self._exchange, self._held = None, False
        if self._deaf:
            return
        if keep:
            self._wait(Phase.IDLE, self._traffic.limits.idle_s)
            if self._buffer or self._paused:
                self._work()
                self._flow()
        elif whole:
            self.close()
        else:
            self._linger()

    def abort(self) -> None:
        self._deaf = True
        self._transport.abort()

    def close(self) -> None:
        """Closes once everything written has been taken."""
        self._deaf = True
        self._wait(Phase.CLOSING, self._traffic.limits.write_s)
        self._transport.close()

    def _linger(self) -> None:
        self._deaf = True  # what still comes is read and thrown away
        self._wait(Phase.LINGER, self._traffic.limits.linger_s)
        self._buffer = b""
        self._flow()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    # ---- flow

    def _flow(self) -> None:
        """Reads on only while what comes has somewhere to go: this bounds memory."""
        exchange = self._exchange
        waits_behind = bool(self._buffer) and (exchange is not None or self._full)
        paused = not self._deaf and (self._held or waits_behind or (exchange is not None and exchange.blocked))
        if paused is not self._paused and not self._transport.is_closing():
            self._paused = paused
            (self._transport.pause_reading if paused else self._transport.resume_reading)()

    def pause_writing(self) -> None:
        self._full = True
        if not self._deaf:
            self._wait(Phase.TAKING, self._traffic.limits.write_s)
        if self._exchange is not None:
            self._exchange.client_full(True)  # noqa: FBT003

    def resume_writing(self) -> None:
        self._full = False
        if self._exchange is not None:
            self._exchange.client_full(False)  # noqa: FBT003
            self.waiting()
        elif not self._deaf:
            self._wait(Phase.IDLE, self._traffic.limits.idle_s)
            self._work()
            self._flow()

    # ---- time

    def _wait(self, phase: str, seconds: float) -> None:
        self._phase = phase
        self._deadline = self._traffic.tick() + seconds

    def check(self, now: float) -> None:
        """Ends what has taken longer than its phase may."""
        if now < self._deadline:
            return
        exchange = self._exchange
        match self._phase:
            case Phase.HEAD if self._buffer:
                self._unreadable(RequestTimeout("The headers did not arrive in time"))
            case Phase.BODY if exchange is not None:
                exchange.refuse(RequestTimeout("The body did not arrive in time"), Category.FAILURE_CLIENT_TIMEOUT)
            case Phase.ANSWER if exchange is not None:
                exchange.silent()
            case Phase.IDLE | Phase.HEAD | Phase.LINGER:
                self.close()
            case _:
                self._transport.abort()

    @property
    def idle(self) -> bool:
        return self._exchange is None


def _address(transport: asyncio.BaseTransport, end: str) -> str:
    found: tuple[str, int] | str | None = transport.get_extra_info(end)
    return found[0] if isinstance(found, tuple) else ""
