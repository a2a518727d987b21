"""Which gateways there are, for a balancer before them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from matinee.app.balancer.plan import GatewayAt, gateway_at
from matinee.app.home import Home
from matinee.app.ports import from_here
from matinee.app.process import Process
from matinee.config import Settings
from matinee.runtime.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from matinee.gateway.balancing.fleet import Fleet
    from matinee.gateway.balancing.server import Server
    from matinee.services.registry.contract import Registry

log = logging.getLogger(__name__)

Gateways = Sequence[GatewayAt]
_SERVICE = "gateway"


def told(process: Process) -> Callable[[], Gateways]:
    """Gives the gateways as they are now: those of the settings where these name any, else as the registry tells."""
    from matinee.services.registry.contract import Registry

    settings = process.settings
    if settings.balancer.gateways:
        named = _named(settings)
        return lambda: named
    fleet = _fleet(process.client(Registry), _file(process.home, process.name), settings)
    process.run("instances", fleet.follow)
    cluster = fleet.cluster(_SERVICE)
    return lambda: _read(cluster.servers)


def known(settings: Settings, home: Home, name: str = "balancer") -> Gateways:
    """The gateways of the settings, else those that this home's balancer was told of last, else the one of this machine."""
    if settings.balancer.gateways:
        return _named(settings)
    return _read(_fleet(_Away(), _file(home, name), settings).cluster(_SERVICE).servers)


class _Away:
    """A registry that is not asked."""

    def __getattr__(self, operation: str) -> object:
        raise Unavailable(f"the registry is not asked for {operation}")


def _fleet(registry: Registry | _Away, file: Path, settings: Settings) -> Fleet:
    from matinee.gateway.balancing.cluster import Cluster
    from matinee.gateway.balancing.fleet import Fleet

    here = [from_here(settings.gateway.host, settings.gateway.port)]
    random = Random()  # noqa: S311 - nothing is chosen by it
    return Fleet(registry, file, lambda name: Cluster(name, [], random), {_SERVICE: here})  # pyright: ignore[reportArgumentType]


def _file(home: Home, name: str) -> Path:
    return home.followed / f"{name}.instances.json"


def _named(settings: Settings) -> Gateways:
    return [gateway_at(url, zone) for zone, urls in settings.balancer.gateways.items() for url in urls]


def _read(servers: Iterable[Server]) -> Gateways:
    """What is no address that a configuration may hold is left out."""
    found: list[GatewayAt] = []
    for server in servers:
        try:
            found.append(gateway_at(server.url, server.zone, draining=server.draining))
        except Invalid as wrong:
            log.warning("a gateway is left out: %s", wrong.detail)
    return found
