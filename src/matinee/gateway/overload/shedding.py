"""Which requests are refused, and what their clients are told, at a degree of overload from 0 to 1.

Every request has a score from 1 to 100 by what it is for; those over a threshold are refused, and the threshold falls with
the cube of the overload, as Netflix drew it (2020): in the mid-nineties at 35 %, 50 at 80 %, near 10 at 95 %.
"""

from __future__ import annotations

from msgspec import Struct

from matinee.terms.routing import Priority


class Class(Struct, frozen=True, eq=False):
    """What is shed together. `lowest` and `highest` are its scores; `firm`: not refused for the sake of a probe, and with room of
    its own (`Load`). A client is told to come again after `retry_after_s` at the earliest, `most_retries` times."""

    name: Priority
    rank: int
    lowest: float
    highest: float
    retry_after_s: int
    most_retries: int
    firm: bool = False


CLASSES = (
    Class(Priority.PLAY, 0, 1, 10, retry_after_s=1, most_retries=4, firm=True),
    Class(Priority.BROWSE, 1, 10, 50, retry_after_s=2, most_retries=2),
    Class(Priority.PREFETCH, 2, 50, 80, retry_after_s=10, most_retries=0),
    Class(Priority.BEACON, 3, 80, 100, retry_after_s=30, most_retries=1),
)
"""The highest first, as `Priority` has them."""

_GOLDEN = 0.6180339887498949


def threshold(degree: float) -> float:
    """The highest score that is let in: 100 (1 - x³)."""
    return 100.0 * (1.0 - min(degree, 1.0) ** 3) if degree > 0 else 100.0


class Spread:
    """Numbers spread evenly over 0 to 1 (a Weyl sequence), so that a class is refused by a growing share and not at once, and
    nobody's next try is sure to fail again."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at = 0.0

    def next(self) -> float:
        self._at = (self._at + _GOLDEN) % 1.0
        return self._at
