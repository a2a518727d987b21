"""The servers behind the gateway, as the registry knows them: a cluster for each service.

What was told last counts while the registry is away, and at the next start too. Where nothing was ever told of a service, the
servers of the settings stand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.balancing.workers import Workers, workers
from matinee.runtime.errors import Invalid, MatineeError
from matinee.services.registry.contract import Instance, Instances, InstanceState, Registry
from matinee.services.registry.watch import Memory, watch

log = logging.getLogger("matinee.gateway")


class Fleet:
    """The clusters by the names of their services; as an iterable, those there are now.

    `make` gives an empty cluster its name, `stand_in` are the URLs of the settings, `file` keeps what was told last. Run
    `follow` as long as it is used.
    """

    def __init__(
        self,
        registry: Registry,
        file: Path,
        make: Callable[[str], Cluster],
        stand_in: Mapping[str, Sequence[str]],
    ) -> None:
        self._registry = registry
        self._memory: Memory[Workers] = Memory(file, dict[str, list[Instance]])
        self._make = make
        self._stand_in = {name: [Server(url) for url in urls] for name, urls in stand_in.items()}
        self._clusters: dict[str, Cluster] = {}
        self._servers: dict[Instance, Server | None] = {}
        self._workers: Workers = self._memory.read() or {}

    def __iter__(self) -> Iterator[Cluster]:
        return iter(list(self._clusters.values()))

    def cluster(self, service: str) -> Cluster:
        """The cluster of a service, the same object each time; without servers as long as none is known."""
        if service not in self._clusters:
            self._clusters[service] = self._make(service)
            self._fill(service)
        return self._clusters[service]

    async def follow(self) -> None:
        """Follows the registry until it is cancelled. Its being away changes nothing."""
        await watch(self._registry.observe, self.hear, _away)

    def hear(self, told: Instances) -> None:
        """All instances as they are now."""
        known = workers(told, self._workers)
        if known == self._workers:
            return
        self._workers = known
        for service in self._clusters:
            self._fill(service)
        used = {_same(each) for listed in known.values() for each in listed}
        self._servers = {each: server for each, server in self._servers.items() if each in used}
        self._memory.write(known)

    def _fill(self, service: str) -> None:
        listed = self._workers.get(service, ())
        servers = [server for each in listed if (server := self._server(each)) is not None]
        _replace(self._clusters[service], servers or self._stand_in.get(service, ()))

    def _server(self, instance: Instance) -> Server | None:
        """The same object for an instance until it is started anew; None where its URL is none."""
        key = _same(instance)
        if key not in self._servers:
            try:
                self._servers[key] = Server(instance.url, zone=instance.zone, name=instance.id)
            except Invalid as wrong:
                log.error("%s cannot be used: %s", instance.id, wrong.detail)  # noqa: TRY400
                self._servers[key] = None
        server = self._servers[key]
        if server is not None:
            server.draining = instance.state is InstanceState.DRAINING
            if server.draining:
                server.sweep(float("inf"))
        return server


def _same(instance: Instance) -> Instance:
    """What does not change while an instance runs."""
    return Instance(instance.id, instance.service, instance.url, instance.zone, since=instance.since)


def _replace(cluster: Cluster, servers: Sequence[Server]) -> None:
    """Where none of those before stays, nobody is new among the others, and all begin as at a start."""
    if not any(server in cluster.servers for server in servers):
        cluster.servers = ()
    cluster.servers = servers


def _away(why: MatineeError) -> None:
    log.info("the registry is away, the servers known last count: %s", why.detail)
