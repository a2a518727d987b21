"""How many requests may be under way at once, found by how long they take.

After Netflix's Gradient2 (concurrency-limits): the limit follows `long ÷ short`, what requests take in the long run over
what they take now. Theirs creeps up under a steady overload, for two reasons: its allowance for a queue is added in every
window, also while there is a queue; and what requests take in the long run is learned from the very waiting that the limit
lets in, so that each step up excuses the next. Here the allowance is given only while no queue is felt, and what requests
take without a queue is learned only where there was none: in windows that left half of the limit unused, and in a probe,
in which hardly more is let in than can be worked on at once (their rate times their time, as Little has it).
"""

from __future__ import annotations

from collections.abc import Sequence

SMOOTHING = 0.2
TOLERANCE = 1.5
LEAST_GRADIENT = 0.5
ALLOWANCE = 4.0

PROBE_EVERY = 60
PROBE_SOON = 6
PROBE_SHARE = 0.75
DRAINED = PROBE_EVERY + 20
LEARN_QUIET = 0.1
LEARN_PROBE = 0.7
LEARN_QUICKER = 0.5


class Gradient:
    """The limit of one thing that can be overloaded; `window` tells it what was measured. `slack_s` is a wait that nobody
    notices.

    `limit` is what may be under way; `room` is the same for all that can wait, which is less while a probe goes on. `known` are
    the seconds that a request of each class takes without a queue, 0 where nothing is known: requests are measured against
    their own class, so that slow ones being left when the quick ones are refused is no slowness.
    """

    __slots__ = ("_age", "_least", "_most", "_slack_s", "known", "limit", "room")

    def __init__(self, least: float, most: float, classes: int = 1, slack_s: float = 0.01) -> None:
        self._least = least
        self._most = most
        self._slack_s = slack_s
        self.known = [0.0] * classes
        self._age = PROBE_EVERY - PROBE_SOON  # what is learned first may have been learned in a queue
        self.limit = self.room = most

    def bound(self, least: float, most: float, slack_s: float = 0.01) -> None:
        """Other bounds, from now on."""
        self._least, self._most, self._slack_s = least, most, slack_s
        self.limit = min(max(self.limit, least), most)
        self.room = min(self.room, self.limit)

    def window(self, sums: Sequence[float], counts: Sequence[int], busiest: int, seconds: float) -> None:
        """What was measured in one window of so many `seconds`: for each class the sum of its times and the count of its
        requests, and how many were under way at the most."""
        if self._age < PROBE_EVERY:
            self._followed(sums, counts, busiest, seconds)
        elif self._age < DRAINED:  # the queue runs out
            self._age = DRAINED if busiest <= 2 * self.room + ALLOWANCE else self._age + 1
        else:
            self._probed(sums, counts)

    def _probed(self, sums: Sequence[float], counts: Sequence[int]) -> None:
        before = sum(self.known)
        self._learn(sums, counts, LEARN_PROBE)
        moved = abs(sum(self.known) - before) > before / 3
        self._age = PROBE_EVERY - PROBE_SOON if moved else 0
        self.room = self.limit

    def _followed(self, sums: Sequence[float], counts: Sequence[int], busiest: int, seconds: float) -> None:
        quiet = busiest < self.limit / 2
        self._learn(sums, counts, LEARN_QUIET if quiet else 0.0)
        gradient = self._gradient(sums, counts)
        if gradient < 1:
            self.limit += (gradient - 1) * self.limit * SMOOTHING
        elif not quiet:
            self.limit += max(ALLOWANCE, self.limit / 4) * SMOOTHING
        self.room = self.limit = min(max(self.limit, self._least), self._most)
        haste = PROBE_SOON if gradient == LEAST_GRADIENT else 1
        self._age = 0 if quiet else min(self._age + haste, PROBE_EVERY)
        if self._age == PROBE_EVERY:
            at_once = sum(count * known for count, known in zip(counts, self.known, strict=True)) / seconds
            self.room = max(1.0, min(PROBE_SHARE * at_once, self.limit / 4))

    def _learn(self, sums: Sequence[float], counts: Sequence[int], weight: float) -> None:
        """What is quicker than expected is believed at once, whatever went on."""
        for rank, count in enumerate(counts):
            if count:
                mean, known = sums[rank] / count, self.known[rank]
                step = 1.0 if known == 0 else max(weight, LEARN_QUICKER) if mean < known else weight
                self.known[rank] = known + (mean - known) * step

    def _gradient(self, sums: Sequence[float], counts: Sequence[int]) -> float:
        """1 while no queue is felt, down to a half with the time that requests take."""
        bearable = sum(
            count * (TOLERANCE * known + self._slack_s) for count, known in zip(counts, self.known, strict=True)
        )
        return max(LEAST_GRADIENT, min(1.0, bearable / max(sum(sums), 1e-9)))
