from __future__ import annotations

import asyncio
from typing import Protocol

from matinee.gateway.attempt import Attempt
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.category import SUCCESS, Category, is_fault, of_server
from matinee.gateway.errors import BadGateway, NoServers
from matinee.gateway.request import Request
from matinee.gateway.routing.tries import TRIES
from matinee.gateway.traffic import Traffic
from matinee.gateway.wire.head import ReplyHead
from matinee.gateway.wire.upstream import Upstream
from matinee.runtime.errors import DeadlineExceeded, MatineeError

LONGEST_KEPT = 64 * 1024
"""Bytes of a request's body that are kept for another try."""

RETRIED = frozenset({500, 503})
"""Answers after which another server is tried, as Zuul does by default; which requests may be: `Forwarding`."""


class Answered(Protocol):
    """The exchange, as its request's forwarding speaks to it."""

    is_head: bool
    takes_trailers: bool
    sent_whole: bool

    def plain(self, head: ReplyHead) -> bool: ...

    def interim(self, head: ReplyHead) -> None: ...

    def switches(self, head: bytes) -> bool: ...

    def switched(self, head: ReplyHead, upstream: Upstream, data: bytes) -> None: ...

    def reply(self, head: ReplyHead, content: bytes) -> None: ...

    def content(self, data: bytes) -> None: ...

    def done(self) -> None: ...

    def refuse(self, error: MatineeError, category: Category) -> None: ...

    def hold(self, *, held: bool) -> None: ...

    def waiting(self) -> None: ...


class Forwarding:
    """Brings a request to one of a cluster's servers, and its answer back (`upstream.Carried`).

    Another server is tried where that is safe: nothing was sent yet; or the request is idempotent, here as a whole, and no
    byte of an answer has gone on to the client. Each try and all of them together have their time, and retries their budget.
    """

    __slots__ = (
        "_answered", "_answering", "_attempt", "_body", "_cluster", "_due", "_kept", "_request", "_task", "_traffic", "_tried",
        "_tries", "_until", "_upstream", "is_head", "plain", "takes_trailers",
    )  # fmt: skip

    def __init__(
        self, answered: Answered, request: Request, cluster: Cluster, traffic: Traffic, content: list[bytes]
    ) -> None:
        self._answered = answered
        self.is_head = answered.is_head
        self.takes_trailers = answered.takes_trailers
        self.plain = answered.plain
        self._request = request
        self._cluster = cluster
        self._traffic = traffic
        self._body = content
        self._kept = sum(map(len, content))
        self._due = 0.0
        self._tries = request.route.tries if request.route is not None else TRIES
        self._until = request.started + self._tries.all_s
        self._answering = False
        self._tried: tuple[Server, ...] = ()
        self._attempt: Attempt | None = None
        self._upstream: Upstream | None = None
        self._task: asyncio.Task[None] | None = None
        cluster.budget.earn()

    @property
    def sent_whole(self) -> bool:
        return self._answered.sent_whole

    # ---- to a server

    def dispatch(self) -> None:
        """Begins a try at the next server."""
        traffic, request = self._traffic, self._request
        now = traffic.tick()
        server = self._cluster.pick(self._tried)
        if server is None:
            self._unreachable()
            return
        attempt = self._attempt = Attempt(server, now)
        request.attempts.append(attempt)
        server.in_flight += 1
        self._due = min(now + self._tries.each_s, self._until)
        upstream = server.take(now - traffic.limits.pooled_s) if len(request.attempts) == 1 else None
        if upstream is not None:
            attempt.pooled = True
            self._send(upstream, attempt)
        else:
            self._task = asyncio.get_running_loop().create_task(self._connect(server, attempt))

    async def _connect(self, server: Server, attempt: Attempt) -> None:
        try:
            upstream = await server.connect(self._traffic.limits.connect_s)
        except (OSError, TimeoutError):
            self._task = None
            if self._attempt is attempt:
                self._cluster.unreachable(server, self._traffic.tick())
                self._over(Category.FAILURE_ORIGIN_CONNECTIVITY)
                self._next_or_unreachable(server)
            return
        self._task = None
        if self._attempt is attempt:
            self._send(upstream, attempt)
        else:
            server.park(upstream)

    def _next_or_unreachable(self, server: Server) -> None:
        """Nothing was sent yet, so any request may go to the next server."""
        self._tried = (*self._tried, server)
        if len(self._request.attempts) < self._tries.most:
            self.dispatch()
        else:
            self._unreachable()

    def _unreachable(self) -> None:
        if self._tried:
            unreachable = BadGateway("No server could be reached")
            self._answered.refuse(unreachable, Category.FAILURE_ORIGIN_CONNECTIVITY)
        else:
            self._answered.refuse(NoServers(), Category.FAILURE_ORIGIN_NO_SERVERS)

    def _send(self, upstream: Upstream, attempt: Attempt) -> None:
        self._upstream = upstream
        attempt.sent = self._traffic.tick()
        head = self._request.outgoing()
        if not self._body:
            upstream.send(self, head)
        else:
            upstream.send(self, b"".join([head, *self._body]))
            self._lighten()
        if not self._request.whole:
            self._answered.waiting()

    # ---- the request's content

    @property
    def blocked(self) -> bool:
        """Whether no more content can be taken now: it waits for a server."""
        return self._upstream is None and bool(self._body)

    def body(self, data: bytes) -> None:
        """More of the request's content, in the form in which it goes out."""
        self._kept += len(data)
        if self._upstream is None or self._kept <= LONGEST_KEPT:
            self._body.append(data)
        if self._upstream is not None:
            self._upstream.write(data)
            self._lighten()

    def _lighten(self) -> None:
        """What has gone out stays for another try as long as all of it is small."""
        if self._kept > LONGEST_KEPT:
            self._body.clear()

    # ---- the answer (upstream.Carried)

    def interim(self, head: ReplyHead) -> None:
        self._answered.interim(head)

    def switches(self, head: bytes) -> bool:
        return self._answered.switches(head)

    def switched(self, head: ReplyHead, upstream: Upstream, data: bytes) -> None:
        attempt = self._attempt
        self._upstream = None
        if attempt is not None:
            attempt.answered = self._traffic.tick()
            attempt.status = head.status
            self._over(SUCCESS)
        self._answered.switched(head, upstream, data)

    def reply(self, head: ReplyHead, content: bytes) -> None:
        attempt = self._attempt
        if attempt is None:
            return
        now = attempt.answered = self._traffic.tick()
        attempt.status = head.status
        record = attempt.server.record
        if is_fault(head.status):
            self._cluster.failed(attempt.server, head.status, now)
        elif not self._request.polls:
            record.answered(now - attempt.sent, now)
        if head.utilization is not None:
            record.reported = head.utilization
        if head.status >= 500 and head.status in RETRIED and self._again():
            self._over(of_server(head.status))
            self._avoid(attempt.server)
            self.dispatch()
            return
        self._answering = True
        self._body.clear()
        self._answered.reply(head, content)

    def content(self, data: bytes) -> None:
        self._answered.content(data)

    def upstream_full(self, full: bool) -> None:  # noqa: FBT001
        self._answered.hold(held=full)

    def upstream_done(self) -> None:
        self._upstream = None
        self._over(of_server(self._attempt.status) if self._attempt is not None else SUCCESS)
        self._answered.done()

    def upstream_lost(self, *, begun: bool, hinted: bool, why: str) -> None:
        attempt, self._upstream = self._attempt, None
        again = attempt is not None and not hinted and self._again()
        if attempt is not None and (begun or not attempt.pooled):  # a pooled one may just have been closed for its age
            self._cluster.failed(attempt.server, 0, self._traffic.tick())
        self._over(Category.FAILURE_ORIGIN_RESET_CONNECTION)
        if again and attempt is not None:
            if not attempt.pooled:
                self._avoid(attempt.server)
            self.dispatch()
        else:
            self._answered.refuse(BadGateway(why), Category.FAILURE_ORIGIN_RESET_CONNECTION)

    def _again(self) -> bool:
        """Whether what was sent may be sent once more."""
        request = self._request
        return (
            not self._answering
            and request.idempotent
            and self._answered.sent_whole
            and self._kept <= LONGEST_KEPT
            and len(request.attempts) < self._tries.most
            and self._traffic.tick() < self._until
            and self._cluster.budget.spend()
        )

    def _avoid(self, server: Server) -> None:
        """The next try is at another server, where there is another."""
        if len(self._tried) + 1 < len(self._cluster.servers):
            self._tried = (*self._tried, server)

    # ---- time and the end

    def client_full(self, full: bool) -> None:  # noqa: FBT001
        """The client can take no more, or can again."""
        if self._upstream is not None:
            self._upstream.hold(full)

    def check(self, now: float) -> None:
        """Ends a try whose time is up, or whose server does not answer its checks either; the next server may be quicker."""
        attempt = self._attempt
        if attempt is None or self._answering:
            return
        if attempt.sent and self._answered.sent_whole and not self._request.polls:
            attempt.server.record.waited(attempt.sent, now)
        up = now >= self._due
        if not up and not (attempt.sent and self._cluster.left_out(attempt.server)):
            return
        again = self._again()
        if not up and not again:
            return
        self.late()
        self.drop()
        if again:
            self._avoid(attempt.server)
            self.dispatch()
        else:
            late = DeadlineExceeded("The server behind the gateway did not answer in time")
            self._answered.refuse(late, Category.FAILURE_ORIGIN_READ_TIMEOUT)

    def late(self) -> None:
        """The try under way has had its time."""
        if self._attempt is not None:
            self._attempt.category = Category.FAILURE_ORIGIN_READ_TIMEOUT
            if self._attempt.sent and not self._attempt.answered:
                self._cluster.failed(self._attempt.server, 0, self._traffic.tick())

    def drop(self) -> None:
        """Lets go of the server: nobody waits for its answer. A connection that is being made goes to the pool."""
        upstream, self._upstream = self._upstream, None
        attempt = self._attempt
        if attempt is not None:
            self._over(Category.FAILURE_CLIENT_CANCELLED if attempt.category is SUCCESS else attempt.category)
        if upstream is not None:
            upstream.drop()

    def _over(self, category: Category) -> None:
        """The try under way is over, and this is how."""
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return
        attempt.ended = self._traffic.tick()
        attempt.category = category
        attempt.server.in_flight -= 1
        if self._upstream is not None:
            upstream, self._upstream = self._upstream, None
            upstream.drop()
