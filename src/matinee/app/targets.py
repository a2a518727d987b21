"""The table: what a process can run, what builds it, and what it needs from others.

`matinee serve TARGET…` builds the targets given, each after what it needs; a need that is not among them is reached where
the settings say, by default at its Unix socket. `all` is every target in one process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from msgspec import Struct

from matinee.app import edges, pipelines, services
from matinee.app.balancer.target import balancer
from matinee.app.door import door
from matinee.app.gateway import gateway
from matinee.app.process import Process
from matinee.runtime.errors import Invalid


class Target(Struct, frozen=True):
    """`alone`: one process of a data folder may run it at a time; `asked`: only where it is named, `all` is without it."""

    build: Callable[[Process], Awaitable[None]]
    needs: tuple[str, ...] = ()
    alone: bool = True
    asked: bool = False


_EVERY_SERVICE = (
    "accounts billing catalog search history metrics playback steering fill jobs registry push traffic".split()
)

TARGETS: dict[str, Target] = {
    "accounts": Target(services.accounts),
    "billing": Target(services.billing),
    "catalog": Target(services.catalog),
    "search": Target(services.search),
    "history": Target(services.history),
    "metrics": Target(services.metrics),
    "playback": Target(services.playback),
    "steering": Target(services.steering),
    "fill": Target(services.fill),
    "jobs": Target(services.jobs),
    "registry": Target(services.registry),
    "push": Target(services.push),
    "traffic": Target(services.traffic),
    "events": Target(pipelines.events, needs=("metrics", "search", "history", "catalog", "push")),
    "ingest": Target(pipelines.ingest, needs=("jobs", "catalog")),
    "worker": Target(pipelines.worker, needs=("jobs", "catalog", "fill", "playback"), alone=False),
    "door": Target(door, needs=("jobs", "catalog", "fill")),
    "timers": Target(pipelines.timers, needs=("jobs", "accounts", "billing", "ingest", "events")),
    "api": Target(edges.api, needs=(*_EVERY_SERVICE, "events", "ingest"), alone=False),
    "gateway": Target(gateway, needs=("accounts", "steering", "registry", "push", "traffic", "api"), alone=False),
    "origin": Target(edges.origin),
    "cdn": Target(edges.cdn, needs=("gateway", "origin"), alone=False),
    "balancer": Target(balancer, needs=("registry",), alone=False, asked=True),
}


def ordered(names: Iterable[str]) -> Sequence[str]:
    """The targets in the order in which they are built. Raises Invalid for a name that is none."""
    given = set(names)
    asked = (
        {name for name, target in TARGETS.items() if not target.asked} | given - {"all"} if "all" in given else given
    )
    unknown = sorted(asked - set(TARGETS))
    if unknown:
        raise Invalid(f"there is no target {unknown[0]!r}; the targets are {', '.join(TARGETS)} and all")
    order: list[str] = []
    for name in TARGETS:
        if name in asked:
            _after_needs(name, asked, order)
    return order


def _after_needs(name: str, asked: set[str], order: list[str]) -> None:
    for need in TARGETS[name].needs:
        if need in asked and need not in order:
            _after_needs(need, asked, order)
    if name not in order:
        order.append(name)
