"""Which server of a cluster: two at random, the one with less in flight (Mitzenmacher's power of two choices)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

from matinee.gateway.balancing.budget import RetryBudget
from matinee.gateway.balancing.server import Server


class Cluster:
    """The servers that give the same answers. `servers` may be replaced while requests are under way."""

    def __init__(self, name: str, servers: Sequence[Server], random: Random) -> None:
        self.name = name
        self.servers = servers
        self.budget = RetryBudget()
        self._random = random.random

    def pick(self, now: float, tried: Collection[Server]) -> Server | None:
        """A server that this request has not tried and that could be reached lately; else one that could not; else None."""
        chosen = self._better(self.servers)
        if chosen is None or (not tried and chosen.rests_until <= now):
            return chosen
        fresh = [server for server in self.servers if server not in tried]
        return self._better([server for server in fresh if server.rests_until <= now] or fresh)

    def _better(self, servers: Sequence[Server]) -> Server | None:
        count = len(servers)
        if count < 2:
            return servers[0] if count else None
        first = int(self._random() * count)
        second = int(self._random() * (count - 1))
        a, b = servers[first], servers[second if second < first else second + 1]
        return a if a.in_flight <= b.in_flight else b
