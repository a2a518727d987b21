"""Servers with so many workers and a queue before them, in time of their own: what limits and shedding are tried on."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random


@dataclass
class Queue:
    """`admit(rank, now)` says whether a request is taken, `told(rank, took_s, now)` hears of its end, `swept(now)` is called each
    50 ms. Arrivals are Poisson's with a share for each rank, service times exponential around `service_s`."""

    admit: Callable[[int, float], bool]
    told: Callable[[int, float, float], None]
    swept: Callable[[float], None]
    workers: int = 8
    service_s: float = 0.02
    slowness: Callable[[float], float] = lambda _: 1.0
    seed: int = 1
    offered: list[int] = field(default_factory=lambda: [0] * 4)
    refused: list[int] = field(default_factory=lambda: [0] * 4)
    ended: list[tuple[float, int, float]] = field(default_factory=list[tuple[float, int, float]])
    in_flight: int = 0

    @property
    def capacity(self) -> float:
        """Requests a second that can be worked on."""
        return self.workers / self.service_s

    def run(self, per_s: float, seconds: float, shares: tuple[float, ...] = (1.0,)) -> None:
        random = Random(self.seed)
        waiting: deque[tuple[int, float]] = deque()
        working: list[tuple[float, int, int, float]] = []
        order = itertools.count()
        sweeps = _every(0.05)
        arrival, sweep = random.expovariate(per_s), next(sweeps)

        def begin(rank: int, came: float, now: float) -> None:
            until = now + random.expovariate(1 / (self.service_s * self.slowness(now)))
            heapq.heappush(working, (until, next(order), rank, came))

        while (now := min(arrival, sweep, working[0][0] if working else arrival)) < seconds:
            if now == sweep:
                self.swept(now)
                sweep = next(sweeps)
            elif now == arrival:
                arrival = now + random.expovariate(per_s)
                rank = random.choices(range(len(shares)), shares)[0]
                self.offered[rank] += 1
                if not self.admit(rank, now):
                    self.refused[rank] += 1
                    continue
                self.in_flight += 1
                if len(working) < self.workers:
                    begin(rank, now, now)
                else:
                    waiting.append((rank, now))
            else:
                _, _, rank, came = heapq.heappop(working)
                self.in_flight -= 1
                self.ended.append((now, rank, now - came))
                self.told(rank, now - came, now)
                if waiting:
                    begin(*waiting.popleft(), now)

    def served(self, rank: int) -> float:
        """The share of this rank's requests that were let in."""
        return 1 - self.refused[rank] / self.offered[rank]

    def times(self, rank: int, after: float) -> list[float]:
        return sorted(took for at, which, took in self.ended if which == rank and at > after)

    def goodput(self, after: float, until: float) -> float:
        """Answers a second as a share of the capacity."""
        return sum(after < at < until for at, _, _ in self.ended) / (until - after) / self.capacity


def _every(seconds: float) -> Iterator[float]:
    return (seconds * (number + 1) for number in itertools.count())
