"""The last two minutes of each gateway, in slots of five seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from matinee.services.traffic.contract import Counted, Report
from matinee.services.traffic.rules import NOTHING, failed, since, together, total

SLOT_S = 5.0
SLOTS = 24
MINUTE, LATELY = 12, 2
"""Slots that are looked back."""

FRESH_START_S = 15.0
"""A gateway first heard of within this time after its start has counted all that it tells in it."""

Key = tuple[str, ...]
WHOLE: Key = ("whole",)


class Page(NamedTuple):
    """What a gateway had counted `up_s` after its start."""

    up_s: float
    counted: Mapping[Key, Counted]
    shed: Mapping[str, int]


_BLANK = Page(0.0, {}, {})


class History:
    """What one gateway told, since its last start."""

    def __init__(self, report: Report, now: float) -> None:
        self.report = report
        self.heard = now
        self._newest = _page(report, _BLANK)
        self._base = _BLANK if report.up_s < FRESH_START_S else self._newest
        self._slots: dict[int, Page] = {_slot(now): self._newest}

    def hear(self, report: Report, now: float) -> None:
        """The same start's next report; one that was overtaken says nothing new."""
        if report.up_s < self.report.up_s:
            return
        self.report, self.heard = report, now
        self._newest = self._slots[_slot(now)] = _page(report, self._newest)
        for slot in [each for each in self._slots if each < _slot(now) - SLOTS - 1]:
            self._base = self._slots.pop(slot)

    def __contains__(self, key: Key) -> bool:
        return key in self._newest.counted

    def minute(self, key: Key, now: float) -> Counted:
        """What came within the last one."""
        return _between(self._newest, self._at(_slot(now) - MINUTE), key)

    def rates(self, key: Key, now: float) -> tuple[float, float]:
        """All and retries, a second, in the last ten seconds."""
        before, seconds = self._lately(now)
        counted = _between(self._newest, before, key)
        return total(counted.ended) / seconds, counted.retries / seconds

    def shed_per_s(self, origin: str, now: float) -> float:
        before, seconds = self._lately(now)
        return (self._newest.shed.get(origin, 0) - before.shed.get(origin, 0)) / seconds

    def recent(self, key: Key, now: float) -> list[tuple[float, float]]:
        """All and failed, a second, in each slot that is over, the oldest first."""
        last = _slot(now) - 1
        pages = [self._at(slot) for slot in range(last - SLOTS, last + 1)]
        ends = [page.counted.get(key, NOTHING).ended for page in pages]
        alls, bads = _steps([total(each) for each in ends]), _steps([failed(each) for each in ends])
        return [(alls[place] / SLOT_S, bads[place] / SLOT_S) for place in range(SLOTS)]

    def _lately(self, now: float) -> tuple[Page, float]:
        before = self._at(_slot(now) - LATELY)
        return before, max(self._newest.up_s - before.up_s, 1.0)

    def _at(self, slot: int) -> Page:
        """What was known at the end of a slot."""
        known = [each for each in self._slots if each <= slot]
        return self._slots[max(known)] if known else self._base


def _steps(counts: Sequence[int]) -> Sequence[int]:
    """From each to the next; what has less than before was counted anew."""
    return [later - earlier if later >= earlier else later for earlier, later in pairwise(counts)]


def _slot(now: float) -> int:
    return int(now // SLOT_S)


def _between(later: Page, earlier: Page, key: Key) -> Counted:
    return since(later.counted.get(key, NOTHING), earlier.counted.get(key, NOTHING))


def _page(report: Report, before: Page) -> Page:
    """What has not changed is kept once."""
    counted: dict[Key, Counted] = {("route", each.name): each.counted for each in report.routes}
    counted[WHOLE] = together(counted.values())
    for origin in report.origins:
        counted["origin", origin.name] = origin.counted
        counted.update({("instance", origin.name, each.name): each.counted for each in origin.instances})
    for key, figures in before.counted.items():
        if counted.get(key) == figures:
            counted[key] = figures
    return Page(report.up_s, counted, {origin.name: origin.shed for origin in report.origins})
