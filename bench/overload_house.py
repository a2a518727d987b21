"""What `bench/overload.py` starts: `origin PORT`, servers with so many workers and a queue; `gateway PORT ORIGIN [free]`, the
front door with its standard chain before them, with limits that find themselves or (`free`) with none that matter."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import uvloop
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.chain import Parts
from matinee.gateway.hosts import Hosts
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.origin import Origins
from matinee.gateway.passport import Passports
from matinee.gateway.routing.compiling import compiled
from matinee.gateway.routing.routes import Routes
from matinee.gateway.security_policy import Policy
from matinee.gateway.server import gateway
from matinee.gateway.static import Static
from matinee.runtime.clock import SystemClock
from matinee.runtime.ids import Ids
from matinee.services.accounts.contract import ByToken, ObserveRevocations, Passport, Revocations
from matinee.terms.gateway_limits import Limits
from matinee.terms.routing import RouteTable
from matinee.terms.standard_routes import STANDARD

WORKERS, SERVICE_S, SHAPE = 8, 0.02, 4.0
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1024\r\n\r\n" + b"x" * 1024


class Work(asyncio.Protocol):
    """One connection to the servers: each request waits for a worker, whose time is gamma-distributed."""

    def __init__(self, workers: asyncio.Semaphore, random: Random) -> None:
        self._workers = workers
        self._random = random
        self._buffer = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = 0
        for line in self._buffer[:end].split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(self._buffer) >= end + 4 + length:
            self._buffer = b""
            task = asyncio.get_running_loop().create_task(self._answer())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self) -> None:
        async with self._workers:
            await asyncio.sleep(self._random.gammavariate(SHAPE, SERVICE_S / SHAPE))
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


async def origin(port: int) -> None:
    workers, random = asyncio.Semaphore(WORKERS), Random(1)
    server = await asyncio.get_running_loop().create_server(lambda: Work(workers, random), "127.0.0.1", port)
    await server.serve_forever()


class OneMember:
    """Accounts, as much as the gateway asks of it."""

    async def passport(self, _: ByToken) -> Passport:
        return Passport("x" * 600, "lgn_1", "acc_1", SystemClock().now() + timedelta(minutes=5))

    async def observe_revocations(self, message: ObserveRevocations) -> Revocations:
        await asyncio.sleep(message.wait_s)
        return Revocations(0, [], [])


def without_rates(table: RouteTable) -> Iterable[Any]:
    return [replace(route, rates=[]) for route in table.routes]


async def front(port: int, behind: int, *, free: bool) -> None:
    clock = SystemClock()
    api = Cluster("api", [Server(f"http://127.0.0.1:{behind}")], Random(1))
    table = RouteTable(list(without_rates(STANDARD)))
    parts = Parts(
        Ids(clock),
        Hosts(),
        Routes(compiled(table, lambda _: api, lambda _: "DE")),
        Passports(OneMember(), clock),  # pyright: ignore[reportArgumentType] - as much of it as is used
        Origins(lambda _: "x" * 300, lambda _: "DE"),
        Static({}),
        Policy(list),
    )
    limits = Limits(in_flight=1_000_000, origin_in_flight=1_000_000, origin_least=600_000) if free else Limits()
    built = gateway(parts, Metrics(CollectorRegistry()), clock, [api], limits)
    await built.start("127.0.0.1", port)
    await asyncio.Event().wait()


def main(kind: str, port: str, *rest: str) -> None:
    work = origin(int(port)) if kind == "origin" else front(int(port), int(rest[0]), free="free" in rest)
    asyncio.run(work, loop_factory=uvloop.new_event_loop) if sys.version_info >= (3, 12) else uvloop.run(work)


if __name__ == "__main__":
    main(*sys.argv[1:])
