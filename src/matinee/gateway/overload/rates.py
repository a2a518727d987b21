from __future__ import annotations

from math import ceil

from matinee.terms.routing import Rate

MOST_KEPT = 20_000


class Meter:
    """Who may send how much, by the generic cell rate algorithm (ITU-T I.371): for each the moment at which all it has sent is
    paid off; who is further ahead of now than the burst allows waits.

    `kept` bounds its memory: who was not seen for the longest is forgotten, which is as if it had sent nothing. That is told by
    two dicts, of which the older is dropped when the younger is full: a request costs half of what a list in order would.
    """

    __slots__ = ("_ahead", "_due", "_each", "_most", "_older", "burst", "name", "window_s")

    def __init__(self, rate: Rate, name: str, kept: int = MOST_KEPT) -> None:
        self.name = name
        self.burst = rate.burst
        self.window_s = max(1, ceil(rate.burst / rate.per_s))
        self._each = 1.0 / rate.per_s
        self._ahead = (rate.burst - 1) / rate.per_s
        self._most = kept // 2
        self._due: dict[str, float] = {}
        self._older: dict[str, float] = {}

    def take(self, who: str, now: float) -> float:
        """Takes one for `who`: 0.0, or the seconds until there is one again. `now` is monotonic."""
        due = self._due.get(who)
        if due is None:
            due = self._found(who)
        if due < now:
            due = now
        elif due - now > self._ahead:
            return due - now - self._ahead
        self._due[who] = due + self._each
        return 0.0

    def _found(self, who: str) -> float:
        if len(self._due) >= self._most:
            self._older, self._due = self._due, {}
        return self._older.get(who, 0.0)

    def __len__(self) -> int:
        return len(self._due.keys() | self._older.keys())
