from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict

from matinee.gateway.category import Category
from matinee.services.traffic.contract import Counted
from matinee.terms.latency import BOUNDS_S, BUCKETS


class Counts:
    """How so many requests, or tries at a server, ended and how long they took, in plain numbers that only grow. Who counts
    writes into them: a call for each would cost as much as the counting."""

    __slots__ = ("buckets", "endings", "retries", "seconds")

    def __init__(self) -> None:
        self.endings: defaultdict[tuple[Category, int], int] = defaultdict(int)
        self.buckets = [0] * BUCKETS
        self.seconds = 0.0
        self.retries = 0

    def took(self, seconds: float) -> None:
        """One took so long."""
        self.seconds += seconds
        self.buckets[bisect_left(BOUNDS_S, seconds)] += 1

    def add(self, other: Counts) -> None:
        """What another has counted, too."""
        for ending, count in other.endings.items():
            self.endings[ending] += count
        self.buckets = [own + more for own, more in zip(self.buckets, other.buckets, strict=True)]
        self.seconds += other.seconds
        self.retries += other.retries

    def told(self) -> Counted:
        """As it is reported."""
        ended: Counter[str] = Counter()
        for (category, _), count in self.endings.items():
            ended[category.value] += count
        return Counted(dict(ended), self.buckets.copy(), self.seconds, self.retries)


class RouteCounts(Counts):
    """Requests of one route, and the cluster that they go to (empty: none)."""

    __slots__ = ("origin",)

    def __init__(self, origin: str) -> None:
        super().__init__()
        self.origin = origin
