from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from matinee.gateway.answer import Answer, Response, Switch, head_of, problem, switched
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.category import SUCCESS, Category, of_gateway, of_server
from matinee.gateway.chain import Chain
from matinee.gateway.compression.compressed import Compressed, compresses
from matinee.gateway.downstream import Downstream
from matinee.gateway.forwarding import Forwarding
from matinee.gateway.request import Fetch, Request, span_of
from matinee.gateway.stage import Stage
from matinee.gateway.traffic import Traffic
from matinee.gateway.tunnel import Tunnel
from matinee.gateway.wait import Wait
from matinee.gateway.wire.framing import chunk, last_chunk
from matinee.gateway.wire.head import ReplyHead, takes_trailers
from matinee.gateway.wire.upstream import Upstream
from matinee.gateway.wire.websocket import accepted
from matinee.runtime import trace
from matinee.runtime.errors import DeadlineExceeded, MatineeError, NotFound, TooLarge

log = logging.getLogger("matinee.gateway")


class Exchange:
    """One request and its answer, as the client sees them: through the inbound filters, to an endpoint, and the answer back
    through the outbound ones. Where the endpoint is a cluster of servers, `Forwarding` brings it there.

    The client feeds it the request's content (`body`, `body_end`); at the end it tells the client whether the connection can
    go on (`client.over`).
    """

    __slots__ = (
        "_came",
        "_chain",
        "_chunks",
        "_client",
        "_compressed",
        "_failed",
        "_forwarding",
        "_queue",
        "_stages",
        "_task",
        "_timed",
        "_traffic",
        "answering",
        "is_head",
        "over",
        "request",
        "sent_whole",
        "silence_s",
        "takes_trailers",
    )  # fmt: skip

    def __init__(self, client: Downstream, request: Request, chain: Chain, traffic: Traffic, *, chunked: bool) -> None:
        self.request = request
        self.is_head = request.method == b"HEAD"
        self.takes_trailers = b"te" in request.fields and request.minor == 1 and takes_trailers(request.fields[b"te"])
        self.sent_whole = request.whole
        self.answering = False
        self.over = False
        self._client = client
        self._chain = chain
        self._traffic = traffic
        self._chunks = chunked
        self._came = 0
        self._queue: list[bytes] = []
        self._failed: tuple[Stage[Any], ...] = ()
        self._stages = iter(chain.way)
        self._task: asyncio.Task[None] | None = None
        self._timed = False
        self._forwarding: Forwarding | Fetch | None = None
        self._compressed: Compressed | None = None
        self.silence_s = traffic.limits.answer_s
        traffic.under_way.add(self)

    # ---- in: filters and endpoint

    def run(self) -> None:
        """Runs the inbound filters that are left, then the endpoints. One that waits is awaited in a task, which runs on."""
        tick, request = self._traffic.tick, self.request
        timed = self._timed = self._traffic.sampled()
        before = tick()
        for stage in self._stages:
            try:
                result = stage.run(request)
            except MatineeError as refusal:
                result = problem(refusal)
            except Exception as error:  # noqa: BLE001 - a filter may be anyone's
                result = self._broken(stage, error)
            if timed:
                after = tick()
                stage.timed(after - before)
                before = after
            if result is not None:
                self._settle(result, stage)
                return
        self.refuse(NotFound())

    def _broken(self, stage: Stage[Any], error: Exception) -> Answer:
        if stage.failed(self._traffic.tick()):
            with trace.within(span_of(self.request)):
                log.error("filter %s failed", stage.name, exc_info=error)
        return problem(MatineeError())

    def _settle(self, result: Any, stage: Stage[Any]) -> None:
        if isinstance(result, Cluster):
            if self._came and not self._within():
                return
            self._forward(result)
        elif isinstance(result, Answer):
            self.answer(result)
        elif isinstance(result, Switch):
            self._switch(result)
        elif result is None:
            self.run()
        else:
            self._task = asyncio.get_running_loop().create_task(self._waited(result, stage))

    def _forward(self, cluster: Cluster) -> None:
        fetch = self.request.fetch
        if fetch is not None:
            self._forwarding = fetch
            fetch.lead(self, cluster)
            return
        queue, self._queue = self._queue, []
        forwarding = self._forwarding = Forwarding(self, self.request, cluster, self._traffic, queue)
        forwarding.dispatch()

    async def _waited(self, awaitable: Awaitable[Any], stage: Stage[Any]) -> None:
        wait = Wait(stage.name, self._traffic.tick())
        self.request.waits += (wait,)
        try:
            with trace.within(span_of(self.request)):
                result = await stage.wait(awaitable, self.request)
        except MatineeError as refusal:
            result = problem(refusal)
        except Exception as error:  # noqa: BLE001 - as above
            result = self._broken(stage, error)
        wait.ended = self._traffic.tick()
        if self._timed:
            stage.waited(wait.ended - wait.began)
        self._task = None
        if not self.over:
            self._settle(result, stage)

    # ---- the request's content

    @property
    def blocked(self) -> bool:
        """Whether no more content can be taken now: no server has what came."""
        return self._forwarding.blocked if self._forwarding is not None else bool(self._queue)

    def body(self, content: bytes) -> None:
        if self._chunks:
            self._came += len(content)
            if not self._within():
                return
            content = chunk(content)
        self._pass_on(content)

    def _within(self) -> bool:
        """Whether what has come in chunks is as much as the route takes; else that is the end of it."""
        route = self.request.route
        most = route.rule.most_bytes if route is not None else None
        if most is None or self._came <= most or self.over:
            return not self.over
        self.refuse(
            TooLarge(f"The body may have at most {most} bytes here", most_bytes=most),
            Category.FAILURE_CLIENT_BAD_REQUEST,
        )
        return False

    def body_end(self, trailers: bytes) -> None:
        self.sent_whole = True
        self.request.arrived = self._traffic.tick()
        self._pass_on(last_chunk(trailers) if self._chunks else b"")

    def _pass_on(self, data: bytes) -> None:
        if not data:
            return
        if self._forwarding is not None:
            self._forwarding.body(data)
        else:
            self._queue.append(data)

    # ---- the answer

    def answer(self, answer: Answer, category: Category | None = None) -> None:
        """Ends the exchange with an answer of the gateway's own."""
        request = self.request
        request.status = answer.status
        request.category = category or answer.category or of_gateway(answer.status)
        response = Response(answer.status, head_of(answer, self._traffic.date()), local=True)
        while not self._outbound(response):  # once more for each filter that fails, without it
            answer = problem(MatineeError())
            request.status, request.category = answer.status, Category.FAILURE_LOCAL
            response = Response(answer.status, head_of(answer, self._traffic.date()), local=True)
        keep = request.keep_alive and self.sent_whole and not self._traffic.draining
        head = self._finished_head(response, keep=keep)
        self._client.write(head if self.is_head or not answer.body else head + answer.body)
        self._finish(keep=keep)

    def _switch(self, switch: Switch) -> None:
        """The gateway itself goes on with this, until the connection ends: as a request it is over."""
        if self._leave(Response(switch.status, switched(switch, self._traffic.date()), local=True)):
            self.request.ended = self._traffic.tick()
            self.request.lighten()
            self._client.join(switch.join(self._client.leave(), self._left))

    def _leave(self, response: Response) -> bool:
        """Says so to the client; False where an outbound filter failed, and with it the request."""
        self.request.status, self.request.category = response.status, SUCCESS
        if not self._outbound(response):
            self.answer(problem(MatineeError()))
            return False
        self.answering = True
        self._traffic.under_way.discard(self)
        goes_on = (
            b"connection: upgrade\r\nupgrade: websocket\r\n\r\n"
            if response.status == 101
            else b"connection: close\r\n\r\n"
        )
        self._client.write(response.head + goes_on)
        return True

    def _left(self, category: Category) -> None:
        """What came after HTTP is over."""
        self.request.category = category
        self._finish(keep=False)

    def refuse(self, error: MatineeError, category: Category | None = None) -> None:
        """Ends the exchange with a problem; with a broken connection where an answer has begun."""
        self._give_up()
        if self.answering:
            self._abort(category or Category.FAILURE_ORIGIN)
        else:
            self.answer(problem(error), category)

    def silent(self) -> None:
        """The server has taken too long."""
        if self._forwarding is not None:
            self._forwarding.late()
        self.refuse(
            DeadlineExceeded("The server behind the gateway did not answer in time"),
            Category.FAILURE_ORIGIN_READ_TIMEOUT,
        )

    def cancel(self) -> None:
        """The client is gone."""
        self._give_up()
        self.request.category = Category.FAILURE_CLIENT_CANCELLED
        self._finish(keep=False)

    def stuck(self) -> None:
        """The client takes nothing of its answer."""
        self._give_up()
        self._abort(Category.FAILURE_LOCAL_IDLE_TIMEOUT)

    def check(self, now: float) -> None:
        """Lets the forwarding look at its deadlines."""
        if self._forwarding is not None and not self.answering:
            self._forwarding.check(now)

    def _outbound(self, response: Response) -> bool:
        stages = self._chain.outbound
        if self._failed:
            stages = [stage for stage in stages if stage not in self._failed]
        tick, timed = self._traffic.tick, self._timed
        before = tick() if timed else 0.0
        for stage in stages:
            try:
                stage.run(self.request, response)
            except Exception as error:  # noqa: BLE001 - as above
                self._broken(stage, error)
                self._failed = (*self._failed, stage)
                return False
            if timed:
                after = tick()
                stage.timed(after - before)
                before = after
        return True

    def _finished_head(self, response: Response, *, keep: bool) -> bytes:
        if not keep:
            return response.head + b"connection: close\r\n\r\n"
        if self.request.minor == 0:
            return response.head + b"connection: keep-alive\r\n\r\n"
        return response.head + b"\r\n"

    # ---- what forwarding tells

    def plain(self, head: ReplyHead) -> bool:
        route = self.request.route
        return self.request.minor == 0 or (
            route is not None and route.rule.compress and compresses(head, self.request.fields)
        )

    def interim(self, head: ReplyHead) -> None:
        if self.request.minor == 1:
            self._client.write(b"HTTP/1.1 %d%s%s\r\n" % (head.status, head.reason, head.raw))

    def switches(self, head: bytes) -> bool:
        return bool(self.request.opening) and accepted(head, self.request.opening)

    def switched(self, head: ReplyHead, upstream: Upstream, data: bytes) -> None:
        """The server speaks WebSocket from now on; so does the client, and the two are joined."""
        self._forwarding = None
        server, route, traffic = upstream.leave(), self.request.route, self._traffic
        if not self._leave(Response(101, b"HTTP/1.1 101%s%s" % (head.reason, head.raw), local=False)):
            server.abort()
            return
        silence_s = (route.rule.silence_s if route is not None else None) or self.silence_s
        client = self._client.leave()
        tunnel = Tunnel(client, server, traffic, silence_s, self._left)
        upstream.join(tunnel.from_server)
        if data:
            client.write(data)
        self._client.join(tunnel.from_client)

    def reply(self, head: ReplyHead, content: bytes) -> None:
        """A server's answer begins."""
        request = self.request
        request.status = head.status
        request.category = of_server(head.status)
        route = request.route
        if route is not None:
            self.silence_s = route.rule.silence_s or self.silence_s
            if route.rule.compress:
                self._compressed = Compressed(request.fields, chunks=request.minor == 1, is_head=self.is_head)
                head, content = self._compressed.begin(head, content)
        raw = head.raw
        if request.minor == 0 and head.length == -1:
            raw = _without_coding(raw)
            request.keep_alive = False
        response = Response(head.status, b"HTTP/1.1 %d%s%s" % (head.status, head.reason, raw), local=False)
        if not self._outbound(response):
            self._give_up()
            self.answer(problem(MatineeError()))
            return
        ends = head.length != -2 or self.is_head or head.status in {204, 304}
        request.keep_alive = request.keep_alive and ends and self.sent_whole and not self._traffic.draining
        self.answering = True
        self._client.write(self._finished_head(response, keep=request.keep_alive) + content)

    def content(self, data: bytes) -> None:
        self._client.write(data if self._compressed is None else self._compressed.go_on(data))

    def done(self) -> None:
        """The server's answer is whole."""
        if self._compressed is not None:
            self._client.write(self._compressed.end())
        self._finish(keep=self.request.keep_alive)

    def hold(self, *, held: bool) -> None:
        self._client.hold(held=held)

    def waiting(self) -> None:
        self._client.waiting()

    def client_full(self, full: bool) -> None:  # noqa: FBT001
        if self._forwarding is not None:
            self._forwarding.client_full(full)

    # ---- the end

    def _give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._forwarding is not None:
            self._forwarding.drop()

    def _abort(self, category: Category) -> None:
        self.request.category = category
        self._client.reset()
        self._finish(keep=False)

    def _finish(self, *, keep: bool) -> None:
        if self.over:
            return
        self.over = True
        self.request.ended = self.request.ended or self._traffic.tick()
        self._traffic.under_way.discard(self)
        for stage in self._chain.finished:
            try:
                stage.run(self.request)
            except Exception as error:  # noqa: BLE001 - as above
                self._broken(stage, error)
        self._forwarding = None  # which knows this exchange: freed at once, not when the garbage is looked through
        self._client.over(keep=keep)


def _without_coding(raw: bytes) -> bytes:
    lines = raw.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"transfer-encoding:"))
