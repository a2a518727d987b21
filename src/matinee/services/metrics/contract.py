"""Time-bucketed counters of events: plays, impressions, popularity."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.rpc.operation import operation


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
    """The keys with most of `metric` between `since` and now, in buckets of one minute."""

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
