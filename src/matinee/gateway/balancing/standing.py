from __future__ import annotations

from math import inf

from matinee.gateway.balancing.ejection import lasts_s
from matinee.gateway.balancing.ramp import PROBATION, WHOLE, share
from matinee.gateway.balancing.rules import EjectionRules, Rules

REST_S, LONGEST_REST_S = 1.0, 16.0


class Standing:
    """Whether a server may be given work, as far as its gateway can tell: it could be reached, its answers are like the others',
    its checks pass. Who comes back after being out, and who is new, begins on probation (`ramp`). `ejections` fade with good
    standing, `ejected_times` do not."""

    __slots__ = ("_proven_at", "ejected_times", "ejected_until", "ejections", "out", "passes", "rests", "rests_until")

    def __init__(self) -> None:
        self.passes = True
        self.out = False
        self.rests = 0
        self.rests_until = -inf
        self.ejections = 0
        self.ejected_times = 0
        self.ejected_until = -inf
        self._proven_at: float | None = -inf

    def rest(self, now: float) -> None:
        """It could not be reached: it is left alone for a second, then longer."""
        self.rests_until = now + min(REST_S * 2**self.rests, LONGEST_REST_S)
        self.rests += 1

    def eject(self, now: float, rules: EjectionRules) -> None:
        self.ejections += 1
        self.ejected_times += 1
        self.ejected_until = now + lasts_s(self.ejections, rules)

    def checked(self, *, passed: bool) -> None:
        """An active check has come to its conclusion. Passing ends a rest, and the first ejection as in Envoy; what fails again
        although it passes waits until the time is over, for its checks do not see what is wrong with it."""
        self.passes = passed
        if passed:
            self.rests_until = -inf
            if self.ejections <= 1:
                self.ejected_until = -inf

    def resting(self, now: float) -> bool:
        return now < self.rests_until

    def ejected(self, now: float) -> bool:
        return now < self.ejected_until

    def usable(self, now: float) -> bool:
        return self.passes and now >= self.ejected_until and now >= self.rests_until

    def probation(self) -> None:
        self._proven_at = None

    @property
    def on_probation(self) -> bool:
        return self._proven_at is None

    def prove(self, now: float) -> None:
        """It has given an answer that was no failure."""
        self.rests = 0
        if self._proven_at is None:
            self._proven_at = now

    def share(self, now: float, rules: Rules) -> float:
        """The share that it gets of what it would."""
        if self._proven_at is None:
            return PROBATION
        return WHOLE if self._proven_at == -inf else share(now - self._proven_at, rules)
