from __future__ import annotations

from collections.abc import Collection, Mapping

from matinee.gateway.monitoring.counts import Counts

MOST_INSTANCES = 300
"""Instances told apart; what is tried beyond them is counted for its origin alone."""


class Instance(Counts):
    """What was tried at one server of a cluster."""

    __slots__ = ("name", "origin")

    def __init__(self, origin: str, name: str) -> None:
        super().__init__()
        self.origin = origin
        self.name = name


class TryCounts:
    """Tries by instance. Of those that are gone, their origin keeps the sum: nothing that is counted gets less."""

    def __init__(self) -> None:
        self.by_name: dict[str, Instance] = {}
        self._gone: dict[str, Counts] = {}

    def of(self, origin: str, name: str) -> Counts:
        """The counts of an instance."""
        known = self.by_name.get(name)
        if known is not None:
            return known
        if len(self.by_name) >= MOST_INSTANCES:
            return self._rest(origin)
        made = self.by_name[name] = Instance(origin, name)
        return made

    def settle(self, known: Collection[str]) -> None:
        """Lets go of those that are in no cluster any more."""
        for name in [each for each in self.by_name if each not in known]:
            gone = self.by_name.pop(name)
            self._rest(gone.origin).add(gone)

    def origins(self) -> Mapping[str, Counts]:
        """All tries by origin."""
        summed: dict[str, Counts] = {}
        for origin, counts in [*self._gone.items(), *((each.origin, each) for each in self.by_name.values())]:
            summed.setdefault(origin, Counts()).add(counts)
        return summed

    def _rest(self, origin: str) -> Counts:
        return self._gone.setdefault(origin, Counts())
