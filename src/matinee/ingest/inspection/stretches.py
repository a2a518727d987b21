"""Stretches of a film: from where to where something is so."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from matinee.ingest.timecode import clock
from matinee.terms.finding import Span

Stretch = tuple[int, int]
"""From and to, in milliseconds of the film."""

_SHOWN = 20


def longest(found: Iterable[Stretch], least_ms: int) -> list[Stretch]:
    """Those that last at least so long, by time; of very many the longest twenty."""
    enough = sorted((one for one in found if one[1] - one[0] >= least_ms), key=lambda one: one[0] - one[1])
    return sorted(enough[:_SHOWN])


def without(found: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """What of each stretch lies in none of the others."""
    others = sorted(others)
    return [part for one in found for part in _left(one, others)]


def _left(one: Stretch, others: list[Stretch]) -> list[Stretch]:
    inside = [(max(one[0], start), min(one[1], end)) for start, end in others if start < one[1] and end > one[0]]
    edges = [(one[0], one[0]), *inside, (one[1], one[1])]
    return [(before[1], after[0]) for before, after in pairwise(edges) if after[0] > before[1]]


def spans(found: Iterable[Stretch]) -> list[Span]:
    """The same as people outside are told."""
    return [Span(start, end) for start, end in found]


def covers(found: Iterable[Stretch], length_ms: int) -> bool:
    """Whether the stretches are all of a film, but for a moment."""
    return sum(end - start for start, end in found) >= 0.98 * length_ms


def places(found: list[Stretch]) -> str:
    """Where, in words: "at 0:10", "at 0:10, 1:20 and 5 more places"."""
    starts = [clock(start) for start, _ in found]
    if len(starts) <= 3:
        return "at " + " and ".join(filter(None, [", ".join(starts[:-1]), starts[-1]]))
    return f"at {', '.join(starts[:2])} and {len(starts) - 2} more places"
