"""Gradient2 as Netflix's concurrency-limits has it (0.5): what ours is measured against."""

from __future__ import annotations


class Gradient2:
    """One update for each measured time. The window of the long run is an average over 600."""

    def __init__(self, least: float = 20, most: float = 200, initial: float = 20) -> None:
        self._least, self._most = least, most
        self.limit = initial
        self._long = 0.0
        self._seen = 0

    def update(self, rtt: float, in_flight: int) -> None:
        self._remember(rtt)
        if self._long / rtt > 2:
            self._long *= 0.95
        if in_flight < self.limit / 2:
            return
        gradient = max(0.5, min(1.0, 1.5 * self._long / rtt))
        new = self.limit * 0.8 + 0.2 * (gradient * self.limit + 4)
        self.limit = max(self._least, min(self._most, new))

    def _remember(self, rtt: float) -> None:
        self._seen += 1
        if self._seen <= 10:
            self._long += (rtt - self._long) / self._seen
        else:
            self._long += (rtt - self._long) * 2 / 601
