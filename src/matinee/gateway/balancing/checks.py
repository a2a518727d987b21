"""Active health checks: whether a server that is asked says that it is ready (Envoy's `health_check`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from random import Random

from msgspec import Struct

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.runtime.errors import MatineeError
from matinee.runtime.http1 import Client

CLOSING = {"connection": "close"}
"""A check's connection is its own: one that were kept would hold up a server that drains."""


class CheckRules(Struct, frozen=True):
    """A server is asked every `every_s`, one that fails every `again_s`, each a little sooner or later than the others; `within_s`
    it must have answered. It is out after `failing` checks in a row, and in again after `passing`.

    One that has requests and has answered none for `silent_s` is asked at once, and out if it does not answer that either."""

    every_s: float = 5.0
    again_s: float = 1.0
    within_s: float = 2.0
    failing: int = 2
    passing: int = 1
    silent_s: float = 1.0


class Checks:
    """Asks all servers of the clusters; there may be others at any time. Run `watch` as long as they are used."""

    def __init__(
        self,
        clusters: Iterable[Cluster],
        random: Random,
        rules: CheckRules | None = None,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clusters = clusters
        self._random = random
        self._rules = rules or CheckRules()
        self._tick = tick
        self._watched: dict[Server, asyncio.Task[None]] = {}

    async def watch(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                self._follow()
                await asyncio.sleep(self._rules.again_s / 2)
        finally:
            for task in self._watched.values():
                task.cancel()
            await asyncio.gather(*self._watched.values(), return_exceptions=True)
            self._watched.clear()

    def _follow(self) -> None:
        known = {server: cluster for cluster in self._clusters for server in cluster.servers}
        for server in [each for each in self._watched if each not in known]:
            self._watched.pop(server).cancel()
        for server, cluster in known.items():
            if server not in self._watched:
                self._watched[server] = asyncio.create_task(self._one(cluster, server))

    async def _one(self, cluster: Cluster, server: Server) -> None:
        failed = passed = 0
        await asyncio.sleep(self._rules.again_s * self._random.random())
        while True:
            if await passes(server, self._rules.within_s):
                failed, passed = 0, passed + 1
            else:
                failed, passed = failed + 1, 0
            enough = 1 if self._silent(server) else self._rules.failing
            if failed >= enough or passed >= self._rules.passing:
                cluster.checked(server, self._tick(), passed=not failed)
            pause = self._rules.again_s if failed or not server.standing.passes else self._rules.every_s
            await self._pause(server, pause * (0.9 + 0.2 * self._random.random()))

    async def _pause(self, server: Server, pause_s: float) -> None:
        until = self._tick() + pause_s
        while (left_s := until - self._tick()) > 0:
            await asyncio.sleep(min(left_s, self._rules.again_s))
            if self._silent(server):
                return

    def _silent(self, server: Server) -> bool:
        return server.record.silent_s > self._rules.silent_s


async def passes(server: Server, within_s: float) -> bool:
    """Whether the server answers in time, and not with a server error: one that has no such page is there, too."""
    client = Client(server.url, tls=server.tls)
    try:
        answer = await client.request("GET", "/health/ready", CLOSING, timeout_s=within_s)
    except MatineeError:
        return False
    else:
        return answer.status < 500
    finally:
        await client.close()
