"""Time-bucketed counters of events. Counted today, each by title: `plays`, `impressions`, `stalls`, `errors`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.rpc.operation import operation

POPULAR_FOR = timedelta(days=7)
"""What was played most within this long counts as popular: in the home row "Popular", and in the order of search."""


class Count(Struct, frozen=True):
    """`by` more of `metric` for `key` (a title's id) at `at`. `id` names the event it came from, so that a repeat counts once."""

    id: str
    metric: str
    key: str
    at: datetime
    by: int = 1


class Counts(Struct, frozen=True):
    counts: list[Count]


class Top(Struct, frozen=True):
    """The keys with most of `metric` from `since` to now. Where `since` is within 14 days it counts to the minute, within
    120 to the hour, else to the day."""

    metric: str
    since: datetime
    limit: Annotated[int, Meta(ge=1, le=500)] = 50


class Ranked(Struct, frozen=True):
    key: str
    count: int


class Ranking(Struct, frozen=True):
    """Most first; ties by key."""

    keys: list[Ranked]


class SeriesQuery(Struct, frozen=True):
    metric: str
    key: str
    since: datetime


class Point(Struct, frozen=True):
    at: datetime
    count: int


class Series(Struct, frozen=True):
    """One point a minute that has any, oldest first."""

    points: list[Point]


class Metrics(Protocol):
    @operation(idempotent=True)
    async def count(self, message: Counts) -> None:
        """Raises Invalid for a time without a zone, and for a count below one."""
        ...

    @operation(idempotent=True)
    async def top(self, message: Top) -> Ranking:
        """A key that was not counted is not ranked."""
        ...

    @operation(idempotent=True)
    async def series(self, message: SeriesQuery) -> Series:
        """Minutes are kept for fourteen days."""
        ...
