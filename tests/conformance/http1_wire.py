"""Both ends of a proxy, raw: a client that says bytes in the parts it is told, and a server that answers by a script."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import pytest
from http1_corpus import HOST, PROBE, AnswerCase, Reaching, RequestCase
from http1_reader import Message, Unfinished, Wrong, answers, request, requests

from matinee.gateway.client import Client
from matinee.gateway.wire.upstream import Upstream

MOST_S = 10.0
"""For all that is said and heard on one connection."""

AT_ONCE = 16
SHORT = 600
"""Bytes up to which a message is split at each of them."""


Wire = tuple[int, int]
"""A connection: the port from which it was made, and that to which. The system gives one port to several connections that go to
different ones."""


def made_from_here(transport: asyncio.BaseTransport) -> Wire:
    return transport.get_extra_info("sockname")[1], transport.get_extra_info("peername")[1]


def made_from_there(transport: asyncio.BaseTransport) -> Wire:
    return transport.get_extra_info("peername")[1], transport.get_extra_info("sockname")[1]


class Reads:
    """How much the gateway has read of each connection: the next part of a message goes out once the part before was read by
    itself."""

    def __init__(self) -> None:
        self._read: defaultdict[Wire, int] = defaultdict(int)
        self._awaited: dict[Wire, tuple[int, asyncio.Future[None]]] = {}
        self.times = 0

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._watch(monkeypatch, Client, made_from_there)
        self._watch(monkeypatch, Upstream, made_from_here)

    def _watch(
        self, monkeypatch: pytest.MonkeyPatch, kind: Any, named: Callable[[asyncio.BaseTransport], Wire]
    ) -> None:
        original = kind.data_received

        def data_received(protocol: Any, data: bytes) -> None:
            wire = named(protocol._transport)
            original(protocol, data)
            self._came(wire, len(data))

        monkeypatch.setattr(kind, "data_received", data_received)

    def _came(self, wire: Wire, count: int) -> None:
        self.times += 1
        self._read[wire] += count
        if wire in self._awaited and self._read[wire] >= self._awaited[wire][0]:
            self.release(wire)

    def begin(self, wire: Wire) -> None:
        self._read[wire] = 0

    def release(self, wire: Wire) -> None:
        """Nobody need wait: it is read, or never will be."""
        _, future = self._awaited.pop(wire, (0, None))
        if future is not None and not future.done():
            future.set_result(None)

    async def until(self, wire: Wire, count: int) -> None:
        if self._read[wire] < count:
            future = asyncio.get_running_loop().create_future()
            self._awaited[wire] = (count, future)
            await future


class Speaker(asyncio.Protocol):
    """The client: what it heard, until the connection was closed."""

    def __init__(self, reads: Reads | None) -> None:
        self.heard = b""
        self.ended = asyncio.get_running_loop().create_future()
        self.wire: Wire = (0, 0)
        self._reads = reads

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.wire = made_from_here(transport)
        if self._reads is not None:
            self._reads.begin(self.wire)

    def data_received(self, data: bytes) -> None:
        self.heard += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        if self._reads is not None:
            self._reads.release(self.wire)
        if not self.ended.done():
            self.ended.set_result(None)


async def say(port: int, parts: Sequence[bytes], reads: Reads | None = None) -> bytes:
    """Says the parts one after the other; all that came back, until the other end closed. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    transport, speaker = await loop.create_connection(lambda: Speaker(reads), "127.0.0.1", port)
    said = 0
    try:
        async with asyncio.timeout(MOST_S):
            for number, part in enumerate(parts, 1):
                if transport.is_closing():
                    break
                transport.write(part)
                said += len(part)
                if reads is not None and number < len(parts):
                    await reads.until(speaker.wire, said)
            await speaker.ended
    finally:
        transport.abort()
    return speaker.heard


def splits(data: bytes) -> Iterator[int]:
    """Where it is cut in two: at each byte, or where it is long, at those of its ends and now and then between."""
    every = 1 if len(data) <= SHORT else len(data) // 40
    for offset in range(1, len(data) + 1):
        if offset % every == 0 or offset < SHORT // 10 or offset > len(data) - SHORT // 10:
            yield offset


async def together(work: Sequence[Callable[[], Any]]) -> None:
    """A few at a time."""
    for begin in range(0, len(work), AT_ONCE):
        await asyncio.gather(*(each() for each in work[begin : begin + AT_ONCE]))


class Line(asyncio.Protocol):
    """One connection to the server behind."""

    transport: asyncio.Transport

    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        self._buffer = b""
        self.closed = asyncio.get_running_loop().create_future()
        self.wire: Wire = (0, 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.wire = made_from_there(transport)
        self._behind.lines.add(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer:
            try:
                message, end = request(self._buffer)
            except Unfinished:
                return
            except Wrong:
                self._behind.wrong.append(self._buffer)
                self.transport.abort()
                return
            self._buffer = self._buffer[end:]
            self._behind.take(message, self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        self._behind.lines.discard(self)
        if self._behind.reads is not None:
            self._behind.reads.release(self.wire)
        if not self.closed.done():
            self.closed.set_result(None)


def echo(message: Message) -> bytes:
    """Whom this answers, and what for."""
    body = b"%s %s" % message.start[:2]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-echo: %s\r\ncontent-length: %d\r\n\r\n"
    head %= (message.value(b"x-request-id"), len(body))
    return head if message.start[0] == b"HEAD" else head + body


class Behind:
    """The server. `came` are the whole requests by the id that the gateway gave each, `wrong` is what were none.

    One with a header `x-script: name` is answered with the bytes of that case, `x-script: name 17` with these in two parts.
    """

    def __init__(self, scripts: Mapping[str, AnswerCase] | None = None, reads: Reads | None = None) -> None:
        self.came: defaultdict[bytes, list[Message]] = defaultdict(list)
        self.wrong: list[bytes] = []
        self.lines: set[Line] = set()
        self.scripted: dict[bytes, Line] = {}
        self.reads = reads
        self.port = 0
        self._scripts = scripts or {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for each in list(self.lines):
            each.transport.abort()
        await asyncio.sleep(0.01)

    def forget(self) -> None:
        """What came."""
        for each in (self.came, self.wrong, self.scripted):
            each.clear()

    def take(self, message: Message, line: Line) -> None:
        self.came[message.value(b"x-request-id")].append(message)
        script = message.value(b"x-script")
        if not script:
            line.transport.write(echo(message))
            return
        name, _, offset = script.decode().partition(" ")
        case = self._scripts[name]
        self.scripted[script] = line
        parts = in_parts(case.raw, int(offset or 0))
        task = asyncio.create_task(self._play(case, line, parts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _play(self, case: AnswerCase, line: Line, parts: Sequence[bytes]) -> None:
        said = 0
        if self.reads is not None:
            self.reads.begin(line.wire)
        for number, part in enumerate(parts, 1):
            if line.transport.is_closing():
                return
            line.transport.write(part)
            said += len(part)
            if self.reads is not None and number < len(parts):
                await self.reads.until(line.wire, said)
        if case.closes:
            line.transport.close()


def in_parts(raw: bytes, offset: int) -> list[bytes]:
    """Whole (0), in two (at the offset), or byte by byte (-1)."""
    if offset < 0:
        return [raw[at : at + 1] for at in range(len(raw))]
    return [part for part in (raw[:offset], raw[offset:]) if part] if offset else [raw]


def asked(case: AnswerCase, script: str) -> bytes:
    """The request of the case, with what tells the server how to answer; behind it the probe."""
    return case.asked.replace(HOST, HOST + b"X-Script: %s\r\n" % script.encode(), 1) + PROBE


def sent(case: RequestCase, offset: int = 0) -> list[bytes]:
    """The request of the case and the probe, in parts (`in_parts`); at its own end, the probe is the second part."""
    return in_parts(case.raw + PROBE, offset)


_OWN = re.compile(rb"\r\n(?:x-request-id|traceparent|x-matinee-origin|x-echo|date): [^\r]*", re.IGNORECASE)


def told(data: bytes) -> bytes:
    """The same each time: ids and moments taken out. What is refused before its first filter has no id."""
    return _OWN.sub(b"", data)


class Outcome(NamedTuple):
    """Of a request: the answers, and what got to a server for each."""

    heard: bytes
    answers: list[Message]
    came: list[Message]

    @property
    def told(self) -> tuple[bytes, list[tuple[bytes, bytes, tuple[bytes, ...]]]]:
        """To the byte, but for ids and moments, and for how a body was cut into chunks on its way."""
        return told(self.heard), [(told(each.head), each.body, each.trailers) for each in self.came]


async def outcome(case: RequestCase, port: int, behind: Behind, offset: int = 0) -> Outcome:
    heard = await say(port, sent(case, offset), behind.reads)
    methods = [each.start[0] for each in requests(case.raw + PROBE)]
    got = answers(heard, methods)
    ids = [each.value(b"x-request-id") for each in got]
    return Outcome(heard, got, [message for one in ids for message in behind.came.pop(one, [])])


def reached(message: Message) -> Reaching:
    method, target, _ = message.start
    return Reaching(method, target, message.body, tuple(told_trailer(line) for line in message.trailers))


def told_trailer(line: bytes) -> bytes:
    name, _, value = line.partition(b":")
    return name + b":" + value.strip()
