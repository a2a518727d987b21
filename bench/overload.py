"""Load up to six times of what the servers behind the gateway can do, of all priorities at once: what is still answered, and how
soon. Beside it the same gateway without limits, and HAProxy, which has to be told how much the servers bear.

The picture goes to `docs/images/overload.svg` where `PICTURE=1` is set.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import uvloop

from bench.drawing import Chart, svg
from bench.harness import CLIENT_CPU, Peer, Rounds, free_port, needed, pin, running
from bench.overload_house import SERVICE_S, SHAPE, WORKERS

STEPS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
WARM_S, MEASURE_S = 6.0, 8.0
LONGEST_S = 5.0
CONNECTIONS = 600
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "overload.svg"
CAPACITY = WORKERS / SERVICE_S

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\n%s\r\n"
POST = b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Length: %d\r\n\r\n%s"
BODY = b'{"device":{"screen":{"width":1920,"height":1080},"codecs":["avc1.640028"],"downlink_kbps":20000}}'
KINDS: Mapping[str, tuple[float, bytes]] = {
    "play": (0.10, POST % (b"/api/play/ttl_1", len(BODY), BODY)),
    "browse": (0.40, GET % (b"/api/discovery/home", b"")),
    "prefetch": (0.25, GET % (b"/api/discovery/titles/ttl_1", b"Sec-Purpose: prefetch\r\n")),
    "beacon": (0.25, POST % (b"/api/beacon", len(BODY), BODY)),
}
"""Each with its share of the load."""


@dataclass
class Tally:
    """What became of one kind of requests, from the moment at which each was due."""

    due: int = 0
    times: list[float] = field(default_factory=list[float])

    @property
    def served(self) -> float:
        """The share that was answered, in percent."""
        return 100 * len(self.times) / max(1, self.due)

    @property
    def p99_ms(self) -> float:
        return 1000 * sorted(self.times)[int(len(self.times) * 0.99)] if self.times else 0.0


class Line(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self, idle: list[Line]) -> None:
        self._idle = idle
        self._buffer = b""
        self._waits: asyncio.Future[int] | None = None
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[int]:
        self._buffer = b""
        self._waits = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waits

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or self._waits is None:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        if len(self._buffer) < end + 4 + (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0):
            return
        waits, self._waits = self._waits, None
        if b"connection: close" in head:
            self.transport.close()
        else:
            self._idle.append(self)
        if not waits.done():
            waits.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        if self in self._idle:
            self._idle.remove(self)
        if self._waits is not None and not self._waits.done():
            self._waits.set_result(0)


class Crowd:
    """Sends each request when it is due, whatever became of those before (an open loop)."""

    def __init__(self, port: int, random: Random) -> None:
        self._port = port
        self._random = random
        self._idle: list[Line] = []
        self._open = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def step(self, per_s: float) -> Mapping[str, Tally]:
        """So many requests a second, for a while; what is told is of the second part."""
        kinds = list(KINDS)
        shares = list(itertools.accumulate(share for share, _ in KINDS.values()))
        tallies = {kind: Tally() for kind in kinds}
        began = due = time.perf_counter()
        until = began + WARM_S + MEASURE_S
        while due < until:
            due += self._random.expovariate(per_s)
            pause = due - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            drawn = self._random.random()
            kind = next(kind for kind, share in zip(kinds, shares, strict=True) if drawn < share or share >= 0.999)
            counted = tallies[kind] if due > began + WARM_S else Tally()
            task = asyncio.get_running_loop().create_task(self._one(KINDS[kind][1], due, counted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.gather(*self._tasks)
        return tallies

    async def _one(self, request: bytes, due: float, tally: Tally) -> None:
        tally.due += 1
        line: Line | None = None
        try:
            async with asyncio.timeout(LONGEST_S):
                line = await self._line()
                if line is not None and await line.ask(request) == 200:
                    tally.times.append(time.perf_counter() - due)
        except (OSError, TimeoutError):
            if line is not None:
                line.transport.abort()

    async def _line(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            if not line.transport.is_closing():
                return line
        if len(self._tasks) > CONNECTIONS:
            return None
        _, line = await asyncio.get_running_loop().create_connection(lambda: Line(self._idle), "127.0.0.1", self._port)
        return line

    def close(self) -> None:
        for line in list(self._idle):
            line.transport.abort()


Steps = Mapping[float, Mapping[str, Tally]]


async def climb(port: int, seed: int) -> Steps:
    crowd = Crowd(port, Random(seed))
    try:
        return {step: await crowd.step(step * CAPACITY) for step in STEPS}
    finally:
        crowd.close()


def peers(folder: Path) -> Iterator[tuple[Peer, Peer]]:
    """Each with servers of its own behind it."""
    haproxy = needed("haproxy", "haproxy")
    for name in ("ours", "unlimited", "haproxy"):
        behind, port = free_port(), free_port()
        servers = Peer(f"{name}-servers", _house("origin", behind), behind, folder / f"{name}-servers.log")
        if name == "haproxy":
            settings = folder / "haproxy.cfg"
            settings.write_text(HAPROXY.format(port=port, behind=behind, workers=WORKERS))
            command: Sequence[str] = [haproxy, "-f", str(settings)]
        else:
            command = _house("gateway", port, behind, *(["free"] if name == "unlimited" else []))
        yield servers, Peer(name, command, port, folder / f"{name}.log")


def _house(*words: str | int) -> Sequence[str]:
    return [sys.executable, "-m", "bench.overload_house", *map(str, words)]


HAPROXY = """
global
    nbthread 1
    maxconn 9000
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout queue 100ms
    timeout http-request 10s
frontend door
    bind 127.0.0.1:{port}
    default_backend api
backend api
    http-request set-priority-class int(-10) if {{ path_beg /api/play }}
    http-request set-priority-class int(10) if {{ req.hdr(sec-purpose) -m found }}
    http-request set-priority-class int(20) if {{ path_beg /api/beacon }}
    server one 127.0.0.1:{behind} maxconn {workers}
"""


def goodput(tallies: Mapping[str, Tally]) -> float:
    return sum(len(tally.times) for tally in tallies.values()) / MEASURE_S


def picture(found: Mapping[str, Steps]) -> str:
    ours, unlimited, other = found["ours"], found["unlimited"], found["haproxy"]
    offered = f"load, in times of what the servers can do ({CAPACITY:.0f}/s)"
    names = {"ours": ours, "no limits": unlimited, "haproxy": other}
    return svg(
        [
            Chart("What is answered", offered, "% of each", _by(ours, lambda tally: tally.served)),
            Chart(
                "How soon: the slowest of a hundred",
                offered,
                "p99 in ms",
                _by(ours, lambda tally: tally.p99_ms),
            ),
            Chart(
                "All answers a second",
                offered,
                "answers/s",
                {name: [(step, goodput(each)) for step, each in steps.items()] for name, steps in names.items()},
                dashed=frozenset({"no limits"}),
            ),
            Chart(
                "A press of play: the slowest of a hundred",
                offered,
                "p99 in ms",
                {name: [(step, each["play"].p99_ms) for step, each in steps.items()] for name, steps in names.items()},
                logarithmic=True,
                dashed=frozenset({"no limits"}),
            ),
        ],
        "The front door under load",
    )


def _by(steps: Steps, value: Callable[[Tally], float]) -> Mapping[str, Sequence[tuple[float, float]]]:
    return {kind: [(step, value(tallies[kind])) for step, tallies in steps.items()] for kind in KINDS}


def show(name: str, steps: Steps) -> None:
    print(f"{name:>10}  load  answers/s  " + "  ".join(f"{kind:>17}" for kind in KINDS))
    for step, tallies in steps.items():
        told = "  ".join(f"{each.served:6.1f} % {each.p99_ms:6.0f} ms" for each in tallies.values())
        print(f"{'':>10}  {step:4.2g}  {goodput(tallies):9.0f}  {told}", flush=True)


def record(rounds: Rounds, found: Mapping[str, Steps]) -> None:
    calm, top = STEPS[0], STEPS[-1]
    for name, steps in found.items():
        least, p99 = min(each["play"].served for each in steps.values()), steps[top]["play"].p99_ms
        rounds.value(f"{name}_play_served_percent_at_the_worst", least)
        rounds.value(f"{name}_play_p99_at_6_in_times_of_calm", p99 / steps[calm]["play"].p99_ms if p99 else 0)
        rounds.value(f"{name}_answers_at_6_percent_of_capacity", 100 * goodput(steps[top]) / CAPACITY)
    ours, other = found["ours"][top], found["haproxy"][top]
    rounds.ratio("play_p99_at_6_ratio", ours["play"].p99_ms, other["play"].p99_ms)
    rounds.ratio("answers_at_6_ratio", goodput(ours), goodput(other))


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mo-"))
    rounds = Rounds()
    found: dict[str, Steps] = {}
    pin(CLIENT_CPU)
    print(f"servers: {WORKERS} workers, {SERVICE_S * 1000:.0f} ms each (gamma, shape {SHAPE:g}): {CAPACITY:.0f}/s")
    print(f"load: {', '.join(f'{kind} {share:.0%}' for kind, (share, _) in KINDS.items())}; haproxy: {HAPROXY}")
    try:
        for number in range(ROUNDS):
            found.clear()
            for servers, door in peers(folder):
                with running([servers, door]):
                    found[door.name] = uvloop.run(climb(door.port, number))
                show(door.name, found[door.name])
            record(rounds, found)
        if os.environ.get("PICTURE"):
            PICTURE.write_text(picture(found))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    version = subprocess.run(["haproxy", "-v"], check=True, capture_output=True, text=True).stdout.split()[2]
    rounds.report("overload", {"haproxy": version})


if __name__ == "__main__":
    main()
