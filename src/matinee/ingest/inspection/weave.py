"""Whether frames are woven of half pictures: of two moments each (interlaced), or of film at 24 pictures a second, whose halves
were spread over 30 (telecine, 3:2 pulldown).

The halves of a frame are put together anew with those of the frames before and after it, and it is counted how combed each
looks where it is combed most. Halves of one moment fit; the further apart two are, the more what moves is combed between them.
So the order of the counts tells how the film was woven, and neither stripes nor titles that climb are taken for a comb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from msgspec import Struct

FILTER = "fieldmatch=order=tff:combmatch=full:combdbg=pcnub"
"""Writes a line a frame to stderr, at the level `info`."""

_COMBS = re.compile(r"COMBS: +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)")
_LEAST, _SHARE = 12, 0.25
FILM_SHARE = Fraction(4, 5)
"""Of the frames of a telecined film so many are pictures of its own."""

_CYCLE, _LEAST_WOVEN = 5, 2
_LEAST_SEEN = 4
_SURE = 0.9
_INTERLACED_SHARE, _LEAST_INTERLACED = 0.2, {True: 1, False: 2}
"""In so many of the places that show anything, by whether the file claims it."""
_LEAST_TELECINED = 3
_TELECINED_RATES = {Fraction(30), Fraction(30_000, 1001)}


class Combs(NamedTuple):
    """How combed a frame is as it is (`own`), and when its upper half stands with the lower one of the frame before or after,
    or its lower half with the upper one of either."""

    upper_before: int
    own: int
    upper_after: int
    lower_before: int
    lower_after: int

    @property
    def upper_lead(self) -> int:
        """Above zero where each frame's upper half is the earlier one, below where its lower one is, near it where both are of
        one moment."""
        return (self.lower_before - self.upper_before) + (self.upper_after - self.lower_after)

    def kind(self) -> Kind:
        """What the frame alone shows."""
        least = max(_LEAST, _SHARE * self.own)
        before, after = self.lower_before - self.upper_before, self.upper_after - self.lower_after
        if self.own > min(self) + least:
            return Kind.MIXED
        if before > least and after > least:
            return Kind.UPPER_FIRST
        if before < -least and after < -least:
            return Kind.LOWER_FIRST
        still_before = abs(before) <= least and min(self.upper_before, self.lower_before) > self.own + least
        still_after = abs(after) <= least and min(self.upper_after, self.lower_after) > self.own + least
        return Kind.WHOLE if still_before or still_after else Kind.UNCLEAR


class Kind(StrEnum):
    """`mixed`: its halves are of two pictures, one of which stands whole in a frame beside it. `unclear`: too little moves."""

    WHOLE = "whole"
    UPPER_FIRST = "upper-first"
    LOWER_FIRST = "lower-first"
    MIXED = "mixed"
    UNCLEAR = "unclear"


_WOVEN = {Kind.MIXED, Kind.UPPER_FIRST, Kind.LOWER_FIRST}


class Weave(Struct, frozen=True):
    """Of a film: `upper_first` says which halves are the earlier ones, None of one that is not woven at all."""

    upper_first: bool | None = None
    telecined: bool = False


def combs(line: str) -> Combs | None:
    """What a line that the filter wrote says."""
    found = _COMBS.search(line)
    return Combs(*map(int, found.groups())) if found else None


def weave(looks: Sequence[Sequence[Combs]], rate: Fraction, *, claimed: bool, steady: bool) -> Weave:
    """How a film is woven, by looks at frames that follow each other in several places. What the file claims counts little,
    for it often lies, unless nothing else tells. Only where all places show it a film counts as telecined: what else is in it
    would lose a frame in five. One that is so in part, or at an unsteady rate, is treated as interlaced."""
    seen = [_look([one.kind() for one in look]) for look in looks]
    telecined, whole = seen.count(Kind.MIXED), seen.count(Kind.WHOLE)
    halves = seen.count(Kind.UPPER_FIRST) + seen.count(Kind.LOWER_FIRST)
    voting = telecined + halves + whole
    telling = [look for look, kind in zip(looks, seen, strict=True) if kind in _WOVEN or not voting]
    upper_first = sum(one.upper_lead for look in telling for one in look) >= 0
    if not voting:
        return Weave(upper_first if claimed else None)
    if steady and rate in _TELECINED_RATES and telecined == voting >= _LEAST_TELECINED:
        return Weave(upper_first, telecined=True)
    agreeing = max(seen.count(Kind.UPPER_FIRST), seen.count(Kind.LOWER_FIRST)) >= _SURE * halves
    if agreeing and telecined + halves >= max(_LEAST_INTERLACED[claimed], _INTERLACED_SHARE * voting):
        return Weave(upper_first)
    return Weave()


def _look(kinds: Sequence[Kind]) -> Kind:
    """What a place shows: `mixed` stands for telecine."""
    upper, lower, whole = (kinds.count(kind) for kind in (Kind.UPPER_FIRST, Kind.LOWER_FIRST, Kind.WHOLE))
    halves = upper + lower
    if halves >= max(_LEAST_SEEN, 2 * whole) and max(upper, lower) >= _SURE * halves:
        return Kind.UPPER_FIRST if upper > lower else Kind.LOWER_FIRST
    if whole > halves and _in_cadence([place for place, kind in enumerate(kinds) if kind is Kind.MIXED]):
        return Kind.MIXED
    return Kind.WHOLE if whole >= max(_LEAST_SEEN, halves) and Kind.MIXED not in kinds else Kind.UNCLEAR


def _in_cadence(mixed: list[int]) -> bool:
    """Whether these are one or two neighbours of every five."""
    phases = {place % _CYCLE for place in mixed}
    together = any(phases <= {phase, (phase + 1) % _CYCLE} for phase in phases)
    return len(mixed) >= _LEAST_WOVEN and together
