from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from matinee.gateway.balancing.cluster import Server
from matinee.gateway.chain import Chain, Parts, standard
from matinee.gateway.client import Client
from matinee.gateway.limits import Limits
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.traffic import Traffic
from matinee.runtime.clock import Clock

log = logging.getLogger("matinee.gateway")

SWEEP_S = 0.5
TRIES_S = 0.05


class Gateway:
    """Listens, and gives every connection its protocol. `companions` run as long as it does (the watch for revocations);
    `servers` are those whose pools it keeps fresh."""

    def __init__(
        self,
        chain: Chain,
        traffic: Traffic,
        servers: Iterable[Server] = (),
        companions: Iterable[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._chain = chain
        self._traffic = traffic
        self._servers = list(servers)
        self._companions = list(companions)
        self._tasks: list[asyncio.Task[None]] = []
        self._listeners: list[asyncio.Server] = []

    async def start(self, host: str, port: int) -> int:
        """Listens; the port, which is the system's choice where 0 was asked. Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: Client(self._chain, self._traffic), host, port, backlog=4096)
        self._listeners.append(listener)
        if not self._tasks:
            self._tasks = [
                loop.create_task(self._sweep()),
                *(loop.create_task(_run(work)) for work in self._companions),
            ]
        return int(listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Takes no new connection, lets what is under way end (`limits.drain_s` at most), then breaks the rest."""
        self._traffic.draining = True
        for listener in self._listeners:
            listener.close()
        until = self._traffic.tick() + self._traffic.limits.drain_s
        while self._traffic.clients and self._traffic.tick() < until:
            for client in [each for each in self._traffic.clients if each.idle]:
                client.close()
            await asyncio.sleep(0.02)
        for client in list(self._traffic.clients):
            client.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            server.sweep(float("inf"))
        await asyncio.sleep(0)  # transports that were closed say so to their protocols

    async def _sweep(self) -> None:
        """The one timer: ends tries and connections whose time is up, closes unused ones to servers."""
        pause = min(SWEEP_S, *(limit / 4 for limit in self._traffic.limits.times()))
        swept = 0.0
        while True:
            await asyncio.sleep(min(TRIES_S, pause))
            now = self._traffic.tick()
            for exchange in list(self._traffic.under_way):
                exchange.check(now)
            if now - swept < pause:
                continue
            swept = now
            for client in list(self._traffic.clients):
                client.check(now)
            for server in self._servers:
                server.sweep(now - self._traffic.limits.pooled_s)


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await work()


def gateway(
    parts: Parts,
    metrics: Metrics,
    clock: Clock,
    servers: Iterable[Server],
    limits: Limits | None = None,
    tick: Callable[[], float] = time.monotonic,
) -> Gateway:
    """The gateway with the standard chain."""
    traffic = Traffic(limits or Limits(), clock, tick)
    chain = standard(parts, traffic, metrics)
    metrics.watch(chain.lists, traffic)
    return Gateway(chain, traffic, servers, [parts.passports.watch])
