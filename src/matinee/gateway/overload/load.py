from __future__ import annotations

from matinee.gateway.overload.gradient import Gradient
from matinee.gateway.overload.shedding import CLASSES

WINDOW_S = 0.25
LEAST_SAMPLES = 10
LONGEST_WINDOW_S = 5.0
OUTLIER = 10.0

FIRM_SHARE = 1.5
FIRM_WAIT_S = 0.5
RATE_SMOOTHING = 0.1


class Load:
    """What is under way at one place that can be overloaded (a cluster of servers, the gateway itself) as long as nothing of an
    answer has come: who reads an answer slowly holds no place.

    `most` bounds it whatever happens. Within that, a limit from `least` up is found by how long requests take; from half of
    it on requests are shed, those first that can wait. What is firm (play) has half as much room again, or what can be done
    in half a second if that is more: after a moment in which nothing moved, those are let in who come all at once.
    """

    __slots__ = (
        "_began", "_counts", "_gradient", "_known", "_most", "_rate", "_sums", "busiest", "easy", "firm_limit", "in_flight",
        "name", "shed",
    )  # fmt: skip

    def __init__(self, name: str, least: int, most: int, now: float, slack_s: float = 0.01) -> None:
        self.name = name
        self._most = most
        self._gradient = Gradient(*_bounds(least, most), len(CLASSES), slack_s)
        self._known = self._gradient.known
        self._sums = [0.0] * len(CLASSES)
        self._counts = [0] * len(CLASSES)
        self._began = now
        self.in_flight = 0
        self.busiest = 0
        self._rate = 0.0
        self._measure()
        self.shed = [0] * len(CLASSES)

    @property
    def limit(self) -> float:
        """How many requests may be under way now, those aside that have room of their own."""
        return self._gradient.room

    def expected(self, rank: int) -> float:
        """Seconds that a request of this class takes without a queue, as far as is known."""
        return self._known[rank]

    @property
    def full(self) -> bool:
        return self.in_flight >= self._most

    def degree(self, *, firm: bool) -> float:
        """How overloaded it is, from 0 to 1 and more: 0 while half of the limit is free, 1 at the limit."""
        return 2.0 * self.in_flight / (self.firm_limit if firm else self._gradient.room) - 1.0

    def enter(self) -> None:
        self.in_flight += 1
        if self.in_flight > self.busiest:  # noqa: PLR1730 - for every request: max() costs twice as much
            self.busiest = self.in_flight

    def took(self, rank: int, seconds: float) -> None:
        """A request of this class has had its answer begin after so many seconds. One that is far out counts as ten."""
        most = self._known[rank] * OUTLIER
        self._sums[rank] += seconds if seconds < most or most == 0 else most
        self._counts[rank] += 1

    def sweep(self, now: float) -> None:
        """Ends the window that has lasted long enough, and sets the limit anew."""
        seconds = now - self._began
        if seconds < WINDOW_S:
            return
        if sum(self._counts) >= LEAST_SAMPLES:
            self._gradient.window(self._sums, self._counts, self.busiest, seconds)
            self._rate += (sum(self._counts) / seconds - self._rate) * RATE_SMOOTHING
            self._measure()
        elif seconds < LONGEST_WINDOW_S:
            return
        self._sums = [0.0] * len(CLASSES)
        self._counts = [0] * len(CLASSES)
        self._began, self.busiest = now, self.in_flight

    def bound(self, least: int, most: int, slack_s: float) -> None:
        """Other bounds, from now on."""
        self._most = most
        self._gradient.bound(*_bounds(least, most), slack_s)
        self._measure()

    def _measure(self) -> None:
        self.easy = int(self._gradient.room / 2)
        own = max(self._gradient.limit * FIRM_SHARE, self._rate * FIRM_WAIT_S)
        self.firm_limit = min(own, float(self._most))


def _bounds(least: int, most: int) -> tuple[float, float]:
    """Of the limit that is found: what is firm has half as much again, and all of them stay under `most`."""
    highest = most / FIRM_SHARE
    return min(float(least), highest), highest
