from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from random import Random

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.chain import Chain, Parts, chain, standard
from matinee.gateway.client import Client
from matinee.gateway.filters.filter import Inbound, Outbound
from matinee.gateway.filters.inbound.known_host import KnownHost
from matinee.gateway.filters.inbound.request_id import RequestId
from matinee.gateway.filters.inbound.upgrade import upgrade
from matinee.gateway.filters.outbound.request_id import request_id
from matinee.gateway.filters.outbound.security_headers import SecurityHeaders
from matinee.gateway.hosts import Hosts
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.overload.addresses import Proxies
from matinee.gateway.push.lines import Lines
from matinee.gateway.secure_listener import SecureListener
from matinee.gateway.security_policy import Policy
from matinee.gateway.traffic import Traffic
from matinee.gateway.trust_page import TrustPage
from matinee.runtime import accepting
from matinee.runtime.accepting import listening
from matinee.runtime.clock import Clock
from matinee.runtime.ids import Ids
from matinee.terms.gateway_limits import Limits

log = logging.getLogger("matinee.gateway")

_BACKLOG = 4096
SWEEP_S = 0.5
TRIES_S = 0.05
BALANCE_S = 0.1
LEAST_S = 0.005
"""However short the times are that operators set: the timer leaves others their turn."""


class Gateway:
    """Listens, and gives every connection its protocol. `companions` run as long as it does (the watch for revocations);
    `clusters` are those whose servers it judges and whose pools it keeps fresh; there may be others at any time."""

    def __init__(
        self,
        chain: Chain,
        traffic: Traffic,
        clusters: Iterable[Cluster] = (),
        companions: Iterable[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._chain = chain
        self._traffic = traffic
        self._clusters = clusters
        self._companions = list(companions)
        self._tasks: list[asyncio.Task[None]] = []
        self._endings: list[Callable[[float], Awaitable[None]]] = []
        """What closes each listener; a handshake under way has so many seconds."""

    @property
    def chain(self) -> Chain:
        return self._chain

    @property
    def traffic(self) -> Traffic:
        return self._traffic

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listens; the port, which is the system's choice where 0 was asked. Raises OSError when it is taken."""
        if tls is None:
            listener = await asyncio.get_running_loop().create_server(self._client, host, port, backlog=_BACKLOG)
            self._listens(partial(self._close, listener))
            return int(listener.sockets[0].getsockname()[1])
        for address in await self._addresses(host, port):
            secure = SecureListener(listening(address, port, _BACKLOG), tls, self._traffic, self._client)
            secure.start()
            self._listens(secure.close)
            port = secure.port
        return port

    async def _addresses(self, host: str, port: int) -> list[str]:
        """All that a name stands for, as the loop's own listeners have it."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def start_at(self, path: Path) -> None:
        """Listens at a Unix socket too, for the house's own processes: in the clear, whatever the door outside speaks."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - at the start, and one system call
        listener = await asyncio.get_running_loop().create_unix_server(self._client, str(path), backlog=_BACKLOG)
        path.chmod(0o600)  # noqa: ASYNC240 - as above
        self._listens(partial(self._close, listener))

    async def _close(self, listener: asyncio.Server, _: float) -> None:
        await accepting.close(listener, self._client)

    def _listens(self, ending: Callable[[float], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        self._endings.append(ending)
        if not self._tasks:
            self._tasks = [
                loop.create_task(self._sweep()),
                *(loop.create_task(_run(work)) for work in self._companions),
            ]

    def drains(self, draining: bool) -> None:  # noqa: FBT001 - what it is told
        """Whether clients and balancers are asked to go elsewhere: each answer then ends its connection."""
        self._traffic.draining = draining

    async def drain(self, within_s: float, notice_s: float = 0.0, quiet_s: float = 0.0) -> None:
        """Returns when nothing is under way any more, which should be `within_s`. New connections are still taken for `notice_s`,
        until balancers have noticed; one on which nothing comes is closed after `quiet_s` more: its client may just be sending."""
        self._traffic.draining = True
        self._drain_tunnels(within_s)
        await asyncio.sleep(notice_s)
        while self._endings:
            await self._endings.pop()(quiet_s)
        quiet = self._traffic.tick() + quiet_s
        while self._traffic.clients:
            if self._traffic.tick() >= quiet:
                for client in [each for each in self._traffic.clients if each.idle]:
                    client.close()
            await asyncio.sleep(0.02)

    def adopt(self, limits: Limits | None) -> None:
        """Other limits, from now on; None: the default ones."""
        self._traffic.adopt(limits or Limits())

    async def stop(self, within_s: float | None = None) -> None:
        """Takes no new connection, lets what is under way end (within `limits.drain_s` where nothing is said), breaks the rest."""
        most_s = self._traffic.limits.drain_s if within_s is None else within_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self.drain(most_s)
        while self._endings:
            await self._endings.pop()(0)
        for client in list(self._traffic.clients):
            client.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for cluster in list(self._clusters):
            cluster.tidy(float("inf"))
        await asyncio.sleep(0)  # transports that were closed say so to their protocols

    def _client(self) -> Client:
        return Client(self._chain, self._traffic)

    def _drain_tunnels(self, within_s: float) -> None:
        """One after the other over half of the time, so that not all of them come back at the same moment. The lines of devices,
        too."""
        tunnels = [*self._traffic.tunnels, *self._traffic.lines]
        apart_s = within_s / 2 / max(1, len(tunnels))
        for number, tunnel in enumerate(tunnels):
            asyncio.get_running_loop().call_later(number * apart_s, tunnel.drain)

    async def _sweep(self) -> None:
        """The one timer: ends tries and connections whose time is up, judges servers, closes unused connections to them."""
        swept = balanced = 0.0
        while True:
            pause = max(LEAST_S, min(SWEEP_S, *(limit / 4 for limit in self._traffic.limits.times())))
            nap, began = min(TRIES_S, pause), self._traffic.tick()
            await asyncio.sleep(nap)
            now = self._traffic.tick()
            self._traffic.guard.beat(now, now - began - nap)
            for exchange in list(self._traffic.under_way):
                exchange.check(now)
            if now - balanced >= BALANCE_S:
                balanced = now
                for cluster in list(self._clusters):
                    cluster.sweep(now)
            if now - swept < pause:
                continue
            swept = now
            for timed in (*self._traffic.clients, *self._traffic.tunnels):
                timed.check(now)
            for cluster in list(self._clusters):
                cluster.tidy(now - self._traffic.limits.pooled_s)


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await work()


def alone(page: TrustPage, hosts: Hosts, ids: Ids, clock: Clock) -> Gateway:
    """A listener with nothing behind it but a page."""
    traffic = Traffic(Limits(connections=1000, connections_per_address=20), clock)
    inbound: list[Inbound] = [RequestId(ids), KnownHost(hosts), upgrade]
    outbound: list[Outbound] = [request_id, SecurityHeaders(Policy(tuple))]
    return Gateway(chain(inbound, [page], outbound, []), traffic)


def gateway(
    parts: Parts,
    metrics: Metrics,
    clock: Clock,
    clusters: Iterable[Cluster],
    limits: Limits | None = None,
    tick: Callable[[], float] = time.monotonic,
    proxies: Proxies | None = None,
) -> Gateway:
    """The gateway with the standard chain. `proxies` are those whose word on who asks counts; none: nobody's."""
    traffic = Traffic(limits or Limits(), clock, tick, proxies)
    lines = None
    if parts.push is not None:
        lines = Lines(parts.name, parts.push, traffic, parts.passports, Random())  # noqa: S311 - spreads them, no secret
        metrics.more.append(lines.metrics)
    chain = standard(parts, traffic, metrics, lines)
    metrics.watch(chain.lists, traffic, clusters)
    return Gateway(chain, traffic, clusters, [parts.passports.watch, *(lines.companions if lines is not None else ())])
