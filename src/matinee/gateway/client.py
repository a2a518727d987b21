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
from matinee.gateway.wire import proxy_protocol
from matinee.gateway.wire.end import End, Line, reset
from matinee.gateway.wire.framing import Body, body
from matinee.gateway.wire.head import RequestHead, read_request, too_long, without_empty_lines
from matinee.runtime.errors import MatineeError

MOST_AT_ONCE = 4
"""Of the requests that stand behind one another on a connection so many are answered, then others have their turn: a single client
could keep everyone waiting for seconds by what comes in one go."""


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
    LEFT = "left"


class Client(asyncio.Protocol):
    """One client's connection: cuts requests out of its bytes, one at a time, and writes their answers.

    A request that stands behind another (pipelining) is held back until that one's answer is out: it passes the same filters.
    """

    __slots__ = (
        "_admitted", "_behind", "_body", "_buffer", "_chain", "_claim", "_deadline", "_deaf", "_exchange", "_full", "_held",
        "_line", "_looked", "_paused", "_peer", "_phase", "_rests", "_traffic", "_transport", "_unopened", "_working",
    )  # fmt: skip
    _transport: asyncio.Transport
    _peer: Peer

    def __init__(self, chain: Chain, traffic: Traffic) -> None:
        self._chain = chain
        self._traffic = traffic
        self._buffer = b""
        self._body: Body | None = None
        self._exchange: Exchange | None = None
        self._line: Line | None = None
        self._phase = Phase.IDLE
        self._claim: str | None = None
        self._behind = self._looked = 0
        self._unopened = self._admitted = False
        self._deaf = self._full = self._held = self._paused = self._rests = self._working = False
        self._deadline = math.inf

    def admit(self, address: str, own: str) -> bool:
        """Whether someone who connects from there may stay. The connection counts either way, until it is lost."""
        self._admitted = True
        fits = self._traffic.connections.enter(self._traffic.limits)
        self._meet(address, own)
        self._unopened = self._peer.trusted
        return fits and self._claims()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are not of asyncio's classes
        self._traffic.clients.add(self)
        self._wait(Phase.HEAD, self._traffic.limits.header_s)
        if not self._admitted and not self.admit(_address(transport, "peername"), _address(transport, "sockname")):
            self.abort()

    def _meet(self, address: str, own: str, scheme: str = "") -> None:
        self._peer = Peer(address, own, scheme, trusted=self._traffic.proxies.trusts(address))

    def _claims(self) -> bool:
        """Whether who has connected has room for one more."""
        self._claim = self._traffic.connections.claim(self._peer.address, self._traffic.limits)
        return self._claim is not None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        self._traffic.clients.discard(self)
        if self._admitted:
            self._admitted = False
            self._traffic.connections.leave(self._claim)
        self._deaf = True
        self._buffer = b""
        if self._line is not None:
            self._line.gone()
        elif self._exchange is not None:
            self._exchange.cancel()

    # ---- in

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            if self._line is not None:
                self._line.came(data)
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
        if self._working or self._rests:
            return
        self._working = True
        left = MOST_AT_ONCE
        while self._buffer and self._exchange is None and not self._full and not self._deaf:
            if not left:
                self._rests = True
                asyncio.get_running_loop().call_soon(self._rested)
                break
            if not self._start():
                break
            left -= 1
        self._working = False

    def _rested(self) -> None:
        self._rests = False
        if not self._deaf:
            self._work()
            self._flow()

    def _start(self) -> bool:
        """Whether the buffer held a whole head, which is now a request on its way."""
        if self._unopened:
            return self._open()
        if self._buffer.startswith(b"\r\n"):
            self._buffer = without_empty_lines(self._buffer)  # RFC 9112 2.2: those before a request are let pass
            return True
        end = self._buffer.find(b"\r\n\r\n", self._looked) + 4
        try:
            if end > self._traffic.limits.head_bytes or (end < 4 and self._partial()):
                raise HeadersTooLarge(f"The headers are over {self._traffic.limits.head_bytes} bytes")
            if end < 4:
                return False
            self._looked = 0
            head = read_request(self._buffer[:end])
            request = Request(head, self._peer, self._traffic.tick(), self._traffic.now())
            self._begin(head, request, self._buffer[end:])
        except MatineeError as refusal:
            self._unreadable(refusal)
        return True

    def _open(self) -> bool:
        """Takes what a trusted proxy says of the connection before the client's own bytes; whether all of it was there."""
        try:
            opening = proxy_protocol.read(self._buffer) if proxy_protocol.begins(self._buffer) else proxy_protocol.NONE
        except BadRequest as refusal:
            self._unreadable(refusal)
            return True
        if opening is None:
            return False
        self._unopened = False
        self._buffer = self._buffer[opening.length :]
        if opening.source:
            self._meet(opening.source, opening.destination, "https" if opening.secure else "")
            if not self._claims():
                self.abort()
        return True

    def _partial(self) -> bool:
        """Whether a head that has begun is too long already. Raises BadRequest for line ends that no more bytes can mend."""
        if self._phase is Phase.IDLE:
            self._wait(Phase.HEAD, self._traffic.limits.header_s)
        looked, self._looked = self._looked, max(0, len(self._buffer) - 3)  # or each byte would cost all before it
        return too_long(self._buffer, self._traffic.limits.head_bytes, looked)

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
            exchange.body_end(cutter.trailers)
        self._expect(exchange, request.started)
        exchange.run()
        if cutter is not None:
            self._flow()

    def _feed(self, exchange: Exchange, data: bytes) -> None:
        if self._body is None:
            return
        if self._phase is Phase.BODY:
            self._paced(len(data), self._traffic.tick(), self._traffic.limits.body_s)
        try:
            content, rest = self._body.take(data)
        except BadRequest as bad:
            exchange.refuse(bad, Category.FAILURE_CLIENT_BAD_REQUEST)
            return
        if content:
            exchange.body(content)
        if self._body.done:
            self._buffer = rest
            exchange.body_end(self._body.trailers)
        self.waiting()

    def _unreadable(self, refusal: MatineeError) -> None:
        began, self._buffer = self._buffer, b""
        request = unreadable(self._peer, self._traffic.tick(), self._traffic.now(), began)
        self._exchange = Exchange(self, request, self._chain, self._traffic, chunked=False)
        self._exchange.refuse(refusal)

    # ---- out: called by the exchange

    def write(self, data: bytes) -> None:
        self._transport.write(data)
        if not self._full:
            exchange = self._exchange
            silence_s = self._traffic.limits.answer_s if exchange is None else exchange.silence_s
            self._deadline = self._traffic.tick() + silence_s

    def waiting(self) -> None:
        """What the exchange waits for now: the rest of the request, or its answer."""
        if self._exchange is not None and not self._full:
            self._expect(self._exchange, self._traffic.tick())
            self._flow()

    def _expect(self, exchange: Exchange, now: float) -> None:
        if exchange.sent_whole or self._held or exchange.blocked:
            self._phase = Phase.ANSWER
            self._deadline = now + exchange.silence_s
        elif self._phase is not Phase.BODY:
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
        if self._line is not None:
            self.close()
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

    def leave(self) -> End:
        """Leaves HTTP. Reading goes on only once `join` has said who is told."""
        self._deaf = True
        self._phase, self._deadline = Phase.LEFT, math.inf
        return End(self._transport)

    def join(self, line: Line) -> None:
        """What came behind the request, which could not be read as another one, is the first of what `line` is told."""
        self._line = line
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        early, self._buffer = self._buffer, b""
        if early:
            line.came(early)
        if self._full:
            line.full(True)  # noqa: FBT003

    def abort(self) -> None:
        self._deaf = True
        self._transport.abort()

    def reset(self) -> None:
        """Breaks the connection in the middle of an answer: its client can tell."""
        self._deaf = True
        reset(self._transport)

    def close(self) -> None:
        """Closes once everything written has been taken."""
        self._deaf = True
        self._behind = self._transport.get_write_buffer_size()
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
        waits_behind = bool(self._buffer) and (exchange is not None or self._full or self._rests)
        paused = not self._deaf and (self._held or waits_behind or (exchange is not None and exchange.blocked))
        if paused is not self._paused and not self._transport.is_closing():
            self._paused = paused
            (self._transport.pause_reading if paused else self._transport.resume_reading)()

    def eof_received(self) -> bool:
        """Whether the connection stays open: a tunnel's other direction may go on."""
        if self._line is None or not self._transport.can_write_eof():
            return False
        self._line.ended()
        return True

    def pause_writing(self) -> None:
        self._full = True
        if self._line is not None:
            self._line.full(True)  # noqa: FBT003
            return
        if not self._deaf:
            self._behind = self._transport.get_write_buffer_size()
            self._wait(Phase.TAKING, self._traffic.limits.write_s)
        if self._exchange is not None:
            self._exchange.client_full(True)  # noqa: FBT003

    def resume_writing(self) -> None:
        self._full = False
        if self._line is not None:
            self._line.full(False)  # noqa: FBT003
        elif self._exchange is not None:
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

    def _paced(self, moved: int, now: float, most_s: float) -> None:
        """Bytes buy time, at the least rate that is borne: so a drop now and then does not."""
        self._deadline = min(self._deadline + moved / self._traffic.limits.bytes_per_s, now + most_s)

    def _taken(self, now: float) -> None:
        left = self._transport.get_write_buffer_size()
        if left < self._behind:
            self._paced(self._behind - left, now, self._traffic.limits.write_s)
        self._behind = left

    def check(self, now: float) -> None:
        """Ends what has taken longer than its phase may."""
        if self._phase is Phase.TAKING or self._phase is Phase.CLOSING:
            self._taken(now)
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
            case Phase.TAKING if exchange is not None:
                exchange.stuck()
            case _:
                self._transport.abort()

    @property
    def idle(self) -> bool:
        return self._exchange is None


def _address(transport: asyncio.BaseTransport, end: str) -> str:
    found: tuple[str, int] | str | None = transport.get_extra_info(end)
    return found[0] if isinstance(found, tuple) else ""
