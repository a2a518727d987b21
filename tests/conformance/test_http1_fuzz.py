"""Messages a little wrong, in random parts, broken off at either side, many at once: `FUZZ_S` seconds long (600 for a real run),
from the seed `FUZZ_SEED`, which is told where something is found.

The front door never breaks, hangs or keeps anything. What gets to a server is what the plain reader finds in a client's bytes, or
less; what gets to a client is what it finds in the server's, or a refusal; and who asks as one should is answered all the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, NamedTuple

import pytest
import uvloop
from gateway_house import SHORT, House
from http1_corpus import ANSWERS, GET, HEAD, HOST, OLD, OLD_KEPT, POST, REQUESTS, TRAILERS, AnswerCase
from http1_mutation import Mutation
from http1_reader import Message, Unfinished, Wrong, answer, answers, requests
from http1_wire import Behind, Speaker, in_parts
from msgspec.structs import replace

from matinee.gateway.balancing.server import Server
from matinee.gateway.wire.upstream import Upstream

log = logging.getLogger("fuzz")

FUZZ_S = float(os.environ.get("FUZZ_S", "8"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or SystemRandom().randrange(1, 1 << 32)
AT_ONCE, A_ROUND = 48, 384
ENDS_WITHIN_S = 20.0
MOST_GROWTH = 24 << 20
"""Bytes that the process may have grown by since its first quarter: an arena or two."""

LIMITS = replace(SHORT, answer_s=1.5, idle_s=1, unfelt_s=3600, bytes_per_s=1)
IDEMPOTENT = {b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"}


class Unpooled(Server):
    """Each request has a connection of its own: what a server says too late cannot be taken for another's answer."""

    def park(self, upstream: Upstream) -> None:
        upstream.close()


class Failures(logging.Handler):
    """What must never be logged, or be left to the loop."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(logging.Formatter().format(record))

    def of_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.found.append(f"{context.get('message')}: {context.get('exception')!r}")


class Heard(NamedTuple):
    said: bytes
    answer: bytes
    reset: bool


class Breaking(Speaker):
    """A client that says how its connection ended."""

    def __init__(self) -> None:
        super().__init__(None)
        self.reset = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.reset = exc is not None
        super().connection_lost(exc)


async def speak(port: int, parts: list[bytes], *, leaves: bool = False) -> Heard:
    """Says the parts, and hears until the end, or leaves after the last. Raises TimeoutError where there is no end."""
    transport, speaker = await asyncio.get_running_loop().create_connection(Breaking, "127.0.0.1", port)
    said = b""
    async with asyncio.timeout(ENDS_WITHIN_S):
        for part in parts:
            if transport.is_closing():
                break
            transport.write(part)
            said += part
            await asyncio.sleep(0)
        if leaves:
            transport.abort()
        await speaker.ended
    return Heard(said, speaker.heard, reset=speaker.reset or leaves)


class Fuzz:
    """Two front doors: one before a server in good order, whose clients are not; one the other way round."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.failures = Failures()
        self.well, self.ill = Behind(), Behind()
        self.scripts: dict[str, AnswerCase] = {}
        self.ill._scripts = self.scripts
        self.count: Counter[str] = Counter()
        asked = [case.raw for case in REQUESTS.values() if len(case.raw) < 5000]
        told = [case.raw for case in ANSWERS.values() if 0 < len(case.raw) < 5000]
        self._asked, self._told = asked, told
        self._of_request = Mutation(self.random, [*asked, *told])
        self._of_answer = Mutation(self.random, [*told, *asked])

    async def open(self) -> None:
        logging.getLogger("matinee").addHandler(self.failures)
        asyncio.get_running_loop().set_exception_handler(self.failures.of_loop)
        await self.well.start()
        await self.ill.start()
        self.front, self.back = (House([f"http://127.0.0.1:{each.port}"], LIMITS) for each in (self.well, self.ill))
        self.back.servers[:] = [Unpooled(f"http://127.0.0.1:{self.ill.port}")]
        self.back.cluster.servers = self.back.servers
        await self.front.start()
        await self.back.start()

    async def close(self) -> None:
        for each in (self.front, self.back, self.well, self.ill):
            await each.stop()
        logging.getLogger("matinee").removeHandler(self.failures)

    # ---- clients

    async def round(self) -> None:
        """As many at once as there are, each on a connection of its own, and honest ones beside them."""
        number = self.count["connections"]
        places = asyncio.Semaphore(AT_ONCE)
        work = [
            self._in_a_place(places, self._ask if each % 3 else self._answer, number + each) for each in range(A_ROUND)
        ]
        honest = [self._in_a_place(places, self._honest, number + each) for each in range(0, A_ROUND, AT_ONCE)]
        *heard, _ = await asyncio.gather(*work, *honest)
        self.count["connections"] += A_ROUND
        self._all_accounted([each for each in heard if each is not None])
        assert not self.failures.found, self.failures.found[0]
        assert not self.well.wrong, self.well.wrong[0]
        assert not self.ill.wrong, self.ill.wrong[0]
        self.well.forget()
        self.ill.forget()
        self.scripts.clear()

    async def _in_a_place(
        self, places: asyncio.Semaphore, speaks: Callable[[int], Awaitable[Heard | None]], number: int
    ) -> Heard | None:
        async with places:
            return await speaks(number)

    async def _ask(self, number: int) -> Heard:
        random = self.random
        whole = b"".join(random.choice(self._asked) for _ in range(random.choice((1, 1, 1, 2, 3))))
        marked = self._of_request(whole).replace(b"/api/x", b"/api/%d" % number)
        heard = await speak(self.front.port, self._of_request.parts(marked), leaves=random.random() < 0.2)
        self._check_asked(heard)
        return heard

    def _check_asked(self, heard: Heard) -> None:
        """Each answer is of the request at its place, and there are no more than that; a refusal may be the last."""
        read = requests(heard.said)
        try:
            got = [each for each in answers(heard.answer, [each.start[0] for each in read]) if each.status >= 200]
        except Unfinished:
            assert heard.reset, heard
            return
        except Wrong as wrong:
            raise AssertionError(f"{wrong}: {heard}") from None
        self.count["answers"] += len(got)
        for place, each in enumerate(got):
            echo = each.value(b"x-echo")
            if echo:
                self.count["passed"] += 1
                assert echo == each.value(b"x-request-id"), heard
                assert place < len(read), heard
                method, target = read[place].start[:2]
                assert each.body == (b"" if method == b"HEAD" else b"%s %s" % (method, origin_form(target))), heard
            else:
                assert 400 <= each.status < 506, heard
                assert each.status != 500, heard

    def _all_accounted(self, heard: list[Heard]) -> None:
        """No server got a request that the plain reader does not find in what was sent."""
        sent = Counter(told(message) for each in heard for message in requests(each.said))
        came: Counter[tuple[bytes, bytes, bytes]] = Counter()
        for messages in self.well.came.values():
            assert len({told(message) for message in messages}) == 1
            assert len(messages) <= (3 if messages[0].start[0] in IDEMPOTENT else 1)
            if not messages[0].start[1].startswith(b"/api/honest"):
                came[told(messages[0])] += 1
        smuggled = came - sent
        assert not smuggled, (smuggled, [each.said for each in heard if any(key[1] in each.said for key in smuggled)])

    async def _honest(self, number: int) -> None:
        """A client as it should be, on one connection: GET, POST, in chunks; the other door always says something, too."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.front.port)
        async with asyncio.timeout(ENDS_WITHIN_S):
            for place in range(4):
                target = b"/api/honest/%d/%d" % (number, place)
                line = b"%s %s HTTP/1.1\r\n" % ((b"GET", b"POST", b"PUT", b"POST")[place], target) + HOST
                rest = (b"\r\n", b"Content-Length: 2\r\n\r\nok", b"Content-Length: 0\r\n\r\n", CHUNKS)[place]
                writer.write(line + rest)
                head = await reader.readuntil(b"\r\n\r\n")
                message, _ = answer(head, to=b"HEAD")
                body = await reader.readexactly(int(message.value(b"content-length")))
                assert (message.status, body.split(b" ")[-1]) == (200, target), (message, body)
        writer.close()
        heard = await speak(self.back.port, [b"GET /api/honest HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"])
        assert answers(heard.answer)[-1].status == 200, heard
        self.count["honest"] += 5

    # ---- servers

    async def _answer(self, number: int) -> None:
        random, name = self.random, f"case-{number}"
        raw = self._of_answer(random.choice(self._told))
        case = AnswerCase("", name, raw, "passed", closes=random.random() < 0.6)
        self.scripts[name] = case
        request = random.choice((POST, GET, HEAD, OLD, OLD_KEPT, TRAILERS))
        offset = random.choice((0, -1 if len(raw) < 300 else 0, random.randrange(len(raw) + 1)))
        script = b"X-Script: %s %d\r\n" % (name.encode(), offset)
        asked = request.replace(HOST, HOST + script + b"Connection: close\r\n" * (request != OLD_KEPT), 1)
        heard = await speak(self.back.port, in_parts(asked, 0), leaves=random.random() < 0.1)
        self._check_answered(case, request.split(b" ")[0], heard)

    def _check_answered(self, case: AnswerCase, method: bytes, heard: Heard) -> None:
        """The client got what the plain reader finds, or could tell that it did not."""
        got = last_of(heard.answer, method)
        if not got or (got.until_closed and heard.reset) or not got.whole:
            self.count["broken off"] += 1
            assert heard.reset or (got and not got.whole), (case.raw, heard)
            return
        if got.value(b"content-type") == b"application/problem+json":
            self.count["refused answers"] += 1
            assert got.status in {502, 504}, (case.raw, heard)
            return
        self.count["answers passed on"] += 1
        wanted = last_of(case.raw, method)
        assert wanted is not None, (case.raw, heard)
        assert wanted.whole, (case.raw, heard)
        assert case.closes or not wanted.until_closed, (case.raw, heard)
        assert (got.status, got.body) == (wanted.status, wanted.body), (case.raw, heard)

    # ---- what is left

    def kept(self) -> dict[str, int]:
        """All that is open or under way, by what it is."""
        houses = (self.front, self.back)
        return {
            "clients": sum(len(house.traffic.clients) for house in houses),
            "tunnels": sum(len(house.traffic.tunnels) for house in houses),
            "under way": sum(house.traffic.in_flight for house in houses),
            "let in": sum(house.traffic.guard.gateway.in_flight for house in houses),
            "at servers": sum(server.in_flight for house in houses for server in house.servers),
            "connections to servers": len(self.well.lines) + len(self.ill.lines),
            "tasks": sum(of_gateway(task) for task in asyncio.all_tasks()),
            "files": len(list(Path("/proc/self/fd").iterdir())),
        }

    async def settled(self, before: dict[str, int]) -> None:
        """No more is open or under way than before."""
        until = time.monotonic() + ENDS_WITHIN_S
        while (more := Counter(self.kept()) - Counter(before)) and time.monotonic() < until:
            for house in (self.front, self.back):
                house.cluster.tidy(float("inf"))
            await asyncio.sleep(0.02)
        assert not more


CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


def told(message: Message) -> tuple[bytes, bytes, bytes]:
    return message.start[0], origin_form(message.start[1]), message.body


def origin_form(target: bytes) -> bytes:
    """As a server gets it: RFC 9112 3.2.2."""
    scheme, colon, rest = target.partition(b"://")
    if target.startswith(b"/") or not colon or scheme.lower() not in {b"http", b"https"}:
        return target
    at = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    path = rest[at:]
    return path if path.startswith(b"/") else b"/" + path


def last_of(data: bytes, method: bytes) -> Message | None:
    """The final answer; None where there is none."""
    at = 0
    with contextlib.suppress(Unfinished, Wrong):
        while at < len(data):
            message, at = answer(data, at, to=method)
            if message.status >= 200:
                return message
            if message.status == 101:
                return None
    return None


def of_gateway(task: asyncio.Task[Any]) -> bool:
    """Whether it is a request's."""
    return getattr(task.get_coro(), "__qualname__", "").startswith(("Exchange.", "Forwarding.", "Fetch.", "Behind."))


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as made:
        yield made


@pytest.mark.timeout(FUZZ_S + 120)
def test_nothing_that_is_sent_breaks_the_front_door(runner: asyncio.Runner) -> None:
    log.warning("FUZZ_SEED=%d", SEED)
    runner.run(fuzz())


async def fuzz() -> None:
    fuzz = Fuzz(SEED)
    await fuzz.open()
    before, began, grown = fuzz.kept(), time.monotonic(), 0
    try:
        while (passed := time.monotonic() - began) < FUZZ_S:
            await fuzz.round()
            if not grown and passed > FUZZ_S / 4:
                grown = resident()
        await fuzz.settled(before)
        assert fuzz.front.counted(category="FAILURE_LOCAL") == fuzz.back.counted(category="FAILURE_LOCAL") == 0
        growth = resident() - grown
        log.warning("%s, grown by %d bytes", dict(fuzz.count), growth)
        assert growth < MOST_GROWTH
        assert all(fuzz.count[word] for word in ("passed", "refused answers", "answers passed on", "broken off"))
    finally:
        await fuzz.close()
    assert not fuzz.failures.found
