from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Protocol

from matinee.gateway.answer import Answer, Response, head_of, problem
from matinee.gateway.balancer import Cluster, Server
from matinee.gateway.category import Category, of_gateway, of_server
from matinee.gateway.chain import Chain
from matinee.gateway.errors import BadGateway, NoServers
from matinee.gateway.framing import LAST_CHUNK, chunk
from matinee.gateway.head import ReplyHead
from matinee.gateway.request import Request
from matinee.gateway.stage import Stage
from matinee.gateway.traffic import Traffic
from matinee.gateway.upstream import Upstream
from matinee.runtime.errors import DeadlineExceeded, MatineeError, NotFound

log = logging.getLogger("matinee.gateway")


class Asker(Protocol):
    """The client's connection, as an exchange writes its answer to it."""

    def write(self, data: bytes) -> None: ...

    def waiting(self) -> None:
        """What the exchange waits for has changed."""
        ...

    def hold(self, *, held: bool) -> None:
        """The server can take no more of the request, or it can again."""
        ...

    def over(self, *, keep: bool) -> None:
        """The exchange is over; whether the connection can go on."""
        ...

    def abort(self) -> None: ...


class Exchange:
    """One request on its way: through the inbound filters, to an endpoint, and its answer back through the outbound ones.

    The client feeds it the request's content (`body`, `body_end`), a server's connection its answer (the methods of
    `upstream.Carried`); at the end it tells the client whether the connection can go on (`client.over`).
    """

    __slots__ = (
        "_attempts", "_chain", "_chunks", "_client", "_queue", "_server", "_stages", "_task", "_traffic", "_tried",
        "_upstream", "answering", "is_head", "over", "request", "sent_whole", "unchunks",
    )  # fmt: skip

    def __init__(self, client: Asker, request: Request, chain: Chain, traffic: Traffic, *, chunked: bool) -> None:
        self.request = request
        self.is_head = request.method == b"HEAD"
        self.unchunks = request.minor == 0
        self.sent_whole = request.whole
        self.answering = False
        self.over = False
        self._client = client
        self._chain = chain
        self._traffic = traffic
        self._chunks = chunked
        self._queue: list[bytes] = []
        self._stages = iter(chain.way)
        self._task: asyncio.Task[None] | None = None
        self._upstream: Upstream | None = None
        self._server: Server | None = None
        self._attempts = 0
        self._tried: tuple[Server, ...] = ()
        traffic.in_flight += 1

    # ---- in: filters and endpoint

    def run(self) -> None:
        """Runs the inbound filters that are left, then the endpoints. One that waits is awaited in a task, which runs on."""
        tick, request = self._traffic.tick, self.request
        timed = self._traffic.sampled()
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
        stage.failures += 1
        log.error("filter %s failed on request %s", stage.name, self.request.id.decode(), exc_info=error)
        return problem(MatineeError())

    def _settle(self, result: Any, stage: Stage[Any]) -> None:
        if isinstance(result, Cluster):
            self._dispatch(result)
        elif isinstance(result, Answer):
            self.answer(result)
        elif result is None:
            self.run()
        else:
            self._task = asyncio.get_running_loop().create_task(self._waited(result, stage))

    async def _waited(self, awaitable: Awaitable[Any], stage: Stage[Any]) -> None:
        try:
            result = await awaitable
        except MatineeError as refusal:
            result = problem(refusal)
        except Exception as error:  # noqa: BLE001 - as above
            result = self._broken(stage, error)
        self._task = None
        if not self.over:
            self._settle(result, stage)

    # ---- to a server

    def _dispatch(self, cluster: Cluster) -> None:
        """Sends the request to a server; tries the next one where that is safe (`_lost`)."""
        now = self._traffic.tick()
        server = cluster.pick(now, self._tried)
        if server is None:
            self._unreachable()
            return
        self._attempts += 1
        self._server = server
        server.in_flight += 1
        upstream = server.take(now - self._traffic.limits.pooled_s) if self._attempts == 1 else None
        if upstream is not None:
            self._send(upstream)
        else:
            self._task = asyncio.get_running_loop().create_task(self._connect(server, cluster))

    def _unreachable(self) -> None:
        if self._tried:
            self.refuse(BadGateway("No server could be reached"), Category.FAILURE_ORIGIN_CONNECTIVITY)
        else:
            self.refuse(NoServers(), Category.FAILURE_ORIGIN_NO_SERVERS)

    async def _connect(self, server: Server, cluster: Cluster) -> None:
        limits = self._traffic.limits
        try:
            upstream = await server.connect(limits.connect_s)
        except (OSError, TimeoutError):
            server.rests_until = self._traffic.tick() + 1
            self._task = None
            if not self.over:
                self._try_next(server, cluster)
            return
        self._task = None
        if self.over:
            server.park(upstream)
        else:
            self._send(upstream)

    def _try_next(self, server: Server, cluster: Cluster) -> None:
        """Nothing was sent yet, so any request may go to the next server."""
        self._release()
        self._tried = (*self._tried, server)
        if self._attempts < self._traffic.limits.attempts:
            self._dispatch(cluster)
        else:
            self._unreachable()

    def _send(self, upstream: Upstream) -> None:
        self._upstream = upstream
        head = self.request.outgoing()
        if self.request.whole:
            upstream.send(self, head)
            return
        upstream.send(self, b"".join([head, *self._queue]))
        self._queue.clear()
        self._client.waiting()

    # ---- the request's content

    @property
    def blocked(self) -> bool:
        """Whether no more content can be taken now: no server yet."""
        return bool(self._queue) and self._upstream is None

    def body(self, content: bytes) -> None:
        data = chunk(content) if self._chunks else content
        if self._upstream is not None:
            self._upstream.write(data)
        elif data:
            self._queue.append(data)

    def body_end(self) -> None:
        self.sent_whole = True
        if self._chunks and self._upstream is not None:
            self._upstream.write(LAST_CHUNK)
        elif self._chunks:
            self._queue.append(LAST_CHUNK)

    # ---- the answer

    def answer(self, answer: Answer, category: Category | None = None) -> None:
        """Ends the exchange with an answer of the gateway's own."""
        request = self.request
        request.status = answer.status
        request.category = category or of_gateway(answer.status)
        response = Response(answer.status, head_of(answer, self._traffic.date()), local=True)
        if not self._outbound(response):
            answer = problem(MatineeError())
            request.status, request.category = answer.status, Category.FAILURE_LOCAL
            response = Response(answer.status, head_of(answer, self._traffic.date()), local=True)
        keep = request.keep_alive and self.sent_whole and not self._traffic.draining
        head = self._finished_head(response, keep=keep)
        self._client.write(head if self.is_head or not answer.body else head + answer.body)
        self._finish(keep=keep)

    def refuse(self, error: MatineeError, category: Category | None = None) -> None:
        """Ends the exchange with a problem; with a broken connection where an answer has begun."""
        self._drop_upstream()
        if self.answering:
            self._abort(category or Category.FAILURE_ORIGIN)
        else:
            self.answer(problem(error), category)

    def silent(self) -> None:
        """The server has taken too long."""
        self.refuse(
            DeadlineExceeded("The server behind the gateway did not answer in time"),
            Category.FAILURE_ORIGIN_READ_TIMEOUT,
        )

    def cancel(self) -> None:
        """The client is gone."""
        self._drop_upstream()
        self.request.category = Category.FAILURE_CLIENT_CANCELLED
        self._finish(keep=False)

    def _outbound(self, response: Response) -> bool:
        for stage in self._chain.outbound:
            try:
                stage.run(self.request, response)
            except Exception as error:  # noqa: BLE001 - as above
                self._broken(stage, error)
                return False
        return True

    def _finished_head(self, response: Response, *, keep: bool) -> bytes:
        if not keep:
            return response.head + b"connection: close\r\n\r\n"
        if self.request.minor == 0:
            return response.head + b"connection: keep-alive\r\n\r\n"
        return response.head + b"\r\n"

    # ---- what the server's connection tells (upstream.Carried)

    def interim(self, head: bytes) -> None:
        if self.request.minor == 1:
            self._client.write(head)

    def reply(self, head: ReplyHead, content: bytes) -> None:
        request = self.request
        request.status = head.status
        request.category = of_server(head.status)
        raw = head.raw
        if self.unchunks and head.length == -1:
            raw = _without_coding(raw)
            request.keep_alive = False
        response = Response(head.status, b"HTTP/1.1 %d%s%s" % (head.status, head.reason, raw), local=False)
        if not self._outbound(response):
            self._drop_upstream()
            self.answer(problem(MatineeError()))
            return
        ends = head.length != -2 or self.is_head or head.status in {204, 304}
        request.keep_alive = request.keep_alive and ends and self.sent_whole and not self._traffic.draining
        self.answering = True
        self._client.write(self._finished_head(response, keep=request.keep_alive) + content)

    def content(self, data: bytes) -> None:
        self._client.write(data)

    def upstream_full(self, full: bool) -> None:  # noqa: FBT001
        self._client.hold(held=full)

    def client_full(self, full: bool) -> None:  # noqa: FBT001
        if self._upstream is not None:
            self._upstream.hold(full)

    def upstream_done(self) -> None:
        self._upstream = None
        self._release()
        self._finish(keep=self.request.keep_alive)

    def upstream_lost(self, *, begun: bool, why: str) -> None:
        server, self._upstream = self._server, None
        self._release()
        if self.answering:
            self._abort(Category.FAILURE_ORIGIN_RESET_CONNECTION)
        elif not begun and self._again() and self.request.route and server:
            self._dispatch(self.request.route.cluster)
        else:
            self.refuse(BadGateway(why), Category.FAILURE_ORIGIN_RESET_CONNECTION)

    def _again(self) -> bool:
        return self.request.repeatable and self._attempts < self._traffic.limits.attempts

    # ---- the end

    def _release(self) -> None:
        if self._server is not None:
            self._server.in_flight -= 1
            self._server = None

    def _drop_upstream(self) -> None:
        if self._task is not None and self._server is None:
            self._task.cancel()  # a filter that waits; a connection being made goes to the pool
        upstream, self._upstream = self._upstream, None
        self._release()
        if upstream is not None:
            upstream.drop()

    def _abort(self, category: Category) -> None:
        self.request.category = category
        self._client.abort()
        self._finish(keep=False)

    def _finish(self, *, keep: bool) -> None:
        if self.over:
            return
        self.over = True
        self._traffic.in_flight -= 1
        for stage in self._chain.finished:
            try:
                stage.run(self.request)
            except Exception as error:  # noqa: BLE001 - as above
                self._broken(stage, error)
        self._client.over(keep=keep)


def _without_coding(raw: bytes) -> bytes:
    lines = raw.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"transfer-encoding:"))
