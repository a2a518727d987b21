from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from matinee.runtime.clock import milliseconds
from matinee.runtime.errors import Invalid
from matinee.services.metrics.contract import Count

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WIDTHS = (MINUTE, HOUR, DAY)
REMEMBERED = timedelta(hours=48)  # how long an event's id is known, so that a repeat counts once
KEPT = {MINUTE: timedelta(days=14), HOUR: timedelta(days=120)}  # days are kept for good


class Stretch(Struct, frozen=True):
    """The buckets of one width, in seconds, that begin from `first` up to and without `end`, in seconds since the epoch."""

    width: int
    first: int
    end: int


def bucket(at: datetime, width: int) -> int:
    """Where the bucket of this time begins, in seconds since the epoch."""
    return milliseconds(at) // 1000 // width * width


def stretches(since: datetime, now: datetime) -> list[Stretch]:
    """The fewest buckets that make up the minutes from that of `since` to that of `now`: each minute once."""
    return _cover(bucket(since, MINUTE), bucket(now, MINUTE) + MINUTE, 0)


def _cover(first: int, end: int, finest: int) -> list[Stretch]:
    """Coarser buckets in the middle, this width's before and after them."""
    if first >= end:
        return []
    width = WIDTHS[finest]
    if finest + 1 == len(WIDTHS):
        return [Stretch(width, first, end)]
    coarse = WIDTHS[finest + 1]
    inner_first, inner_end = -(-first // coarse) * coarse, end // coarse * coarse
    if inner_first >= inner_end:
        return [Stretch(width, first, end)]
    before, after = Stretch(width, first, inner_first), Stretch(width, inner_end, end)
    inner = _cover(inner_first, inner_end, finest + 1)
    return [stretch for stretch in (before, *inner, after) if stretch.first < stretch.end]


def accepted(count: Count, now: datetime) -> Count:
    """The count, at `now` where it claims to come from later. Raises Invalid where it makes no sense."""
    if count.at.tzinfo is None:
        raise Invalid("at needs a time zone")
    if count.by < 1 or not count.id or not count.metric:
        raise Invalid("a count has an id, a metric, and is one or more")
    return count if count.at <= now else Count(count.id, count.metric, count.key, now, count.by)
