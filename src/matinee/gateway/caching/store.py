from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping

from matinee.gateway.caching.stored import Stored

MOST_VARIANTS = 32
"""Of one resource: who sends ever new values of a field that chooses among answers must not push out all others."""


class Store:
    """Answers in memory by what they answer, at most `most_bytes` of them; what was asked for least lately goes first."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._kept: OrderedDict[Hashable, dict[Hashable, list[Stored]]] = OrderedDict()

    def find(self, resource: Hashable, way: Hashable, request: Mapping[bytes, bytes]) -> Stored | None:
        """The answer of a resource for who asks this way. Of several that fit, the latest."""
        ways = self._kept.get(resource)
        if ways is None:
            return None
        self._kept.move_to_end(resource)
        return next((stored for stored in reversed(ways.get(way, ())) if stored.fits(request)), None)

    def keep(self, resource: Hashable, way: Hashable, stored: Stored, request: Mapping[bytes, bytes]) -> None:
        """In the place of what answered the same before."""
        ways = self._kept.setdefault(resource, {})
        self._kept.move_to_end(resource)
        for old in [each for each in ways.get(way, ()) if each.fits(request) or each is stored]:
            self._drop(ways, way, old)
        ways.setdefault(way, []).append(stored)
        self.bytes += stored.weight()
        while sum(map(len, ways.values())) > MOST_VARIANTS:
            first = next(iter(ways))
            self._drop(ways, first, ways[first][0])
        while self.bytes > self.most_bytes and self._kept:
            self.forget(next(iter(self._kept)))

    def forget(self, resource: Hashable) -> None:
        for each in self._kept.pop(resource, {}).values():
            self.bytes -= sum(stored.weighed for stored in each)

    def _drop(self, ways: dict[Hashable, list[Stored]], way: Hashable, old: Stored) -> None:
        ways[way].remove(old)
        self.bytes -= old.weighed
        if not ways[way]:
            del ways[way]
