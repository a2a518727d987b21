from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Protocol

from matinee.gateway.answer import Answer, Response, head_of, problem
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.category import Category, of_gateway, of_server
from matinee.gateway.chain import Chain
from matinee.gateway.forwarding import Forwarding
from matinee.gateway.request import Request
from matinee.gateway.stage import Stage
from matinee.gateway.traffic import Traffic
from matinee.gateway.wire.framing import LAST_CHUNK, chunk
from matinee.gateway.wire.head import ReplyHead
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
    """One request and its answer, as the client sees them: through the inbound filters, to an endpoint, and the answer back
    through the outbound ones. Where the endpoint is a cluster of servers, `Forwarding` brings it there.

    The client feeds it the request's content (`body`, `body_end`); at the end it tells the client whether the connection can
    go on (`client.over`).
    """

    __slots__ = (
        "_chain", "_chunks", "_client", "_forwarding", "_queue", "_stages", "_task", "_traffic", "answering", "is_head",
        "over", "request", "sent_whole", "unchunks",
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
        self._forwarding: Forwarding | None = None
        traffic.under_way.add(self)

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
            queue, self._queue = self._queue, []
            self._forwarding = Forwarding(self, self.request, result, self._traffic, queue)
            self._forwarding.dispatch()
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

    # ---- the request's content

    @property
    def blocked(self) -> bool:
        """Whether no more content can be taken now: no server has what came."""
        return self._forwarding.blocked if self._forwarding is not None else bool(self._queue)

    def body(self, content: bytes) -> None:
        self._pass_on(chunk(content) if self._chunks else content)

    def body_end(self) -> None:
        self.sent_whole = True
        self._pass_on(LAST_CHUNK if self._chunks else b"")

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

    def check(self, now: float) -> None:
        """Lets the forwarding look at its deadlines."""
        if self._forwarding is not None and not self.answering:
            self._forwarding.check(now)

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

    # ---- what forwarding tells

    def interim(self, head: bytes) -> None:
        if self.request.minor == 1:
            self._client.write(head)

    def reply(self, head: ReplyHead, content: bytes) -> None:
        """A server's answer begins."""
        request = self.request
        request.status = head.status
        request.category = of_server(head.status)
        raw = head.raw
        if self.unchunks and head.length == -1:
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
        self._client.write(data)

    def done(self) -> None:
        """The server's answer is whole."""
        self._finish(keep=self.request.keep_alive)

    def hold(self, *, held: bool) -> None:
        self._client.hold(held=held)

    def waiting(self) -> None:
        self._client.waiting()

    def client_full(self, full: bool) -> None:  # noqa: FBT001
        if self._forwarding is not None:
            self._forwarding.hold(full)

    # ---- the end

    def _give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._forwarding is not None:
            self._forwarding.drop()

    def _abort(self, category: Category) -> None:
        self.request.category = category
        self._client.abort()
        self._finish(keep=False)

    def _finish(self, *, keep: bool) -> None:
        if self.over:
            return
        self.over = True
        self._traffic.under_way.discard(self)
        for stage in self._chain.finished:
            try:
                stage.run(self.request)
            except Exception as error:  # noqa: BLE001 - as above
                self._broken(stage, error)
        self._client.over(keep=keep)


def _without_coding(raw: bytes) -> bytes:
    lines = raw.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"transfer-encoding:"))
