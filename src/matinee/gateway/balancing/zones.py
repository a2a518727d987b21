"""Which zone gets how much: Envoy's priority levels, of which the own zone is the first and all others are the second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Level(NamedTuple):
    """`room` is what the healthy servers can still take, counted in servers: one that reports itself busy counts less."""

    servers: int
    healthy: int
    room: float


FULL_FROM = 0.7


def room(utilization: float) -> float:
    """How much of a server is there to be used, by the utilisation that it reports: all of it until 70 %, nothing at 100 %. With
    the factor 1.4 a zone begins to pass requests on when its servers are busy for four fifths of their time."""
    return min(1.0, max(0.0, (1.0 - utilization) / (1.0 - FULL_FROM)))


class Part(NamedTuple):
    """A level's share of the requests, and whether all its servers are used, healthy or not."""

    share: float
    panics: bool


def parts(levels: Sequence[Level], overprovisioning: float, panic_below: float) -> list[Part]:
    """What each level gets; the shares make 1 together, or nothing where there are no servers.

    A level takes its room times `overprovisioning`, the first first. Where all together have too little, each takes a part in
    proportion, and those panic of which fewer than `panic_below` are healthy: the checks are likelier to be wrong than so many
    servers, and the few that are left would only be the next to fall. Where all panic, the numbers of servers decide.
    """
    able = [min(1.0, overprovisioning * level.room / level.servers) if level.servers else 0.0 for level in levels]
    total = sum(able)
    panics = [total < 1 and level.healthy < panic_below * level.servers for level in levels]
    if total <= 0 or all(panics):
        everyone = sum(level.servers for level in levels)
        shares = [level.servers / everyone if everyone else 0.0 for level in levels]
    else:
        shares = list[float]()
        for one in able:
            shares.append(min(1.0 - sum(shares), one / min(1.0, total)))
    return [Part(share, panics=panicking) for share, panicking in zip(shares, panics, strict=True)]
