"""Where counters lie: increments by time bucket, each event once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from matinee.services.metrics.contract import Count, Point, Ranked


class Store(Protocol):
    """Every write is durable on return. Raises OutOfSpace, Unavailable."""

    async def add(self, counts: Sequence[Count], now: datetime) -> None:
        """Adds them whole or not at all. One with the id, metric and key of one that came within `rules.REMEMBERED` counts
        no more; `now` is when they came."""
        ...

    async def top(self, metric: str, since: datetime, now: datetime, limit: int) -> list[Ranked]:
        """Most first, ties by key. From the minute of `since` to that of `now`, both included."""
        ...

    async def series(self, metric: str, key: str, since: datetime, now: datetime) -> list[Point]:
        """One point a minute that has any, oldest first, from the minute of `since` to that of `now`."""
        ...

    async def close(self) -> None: ...
