"""Counters in SQLite: each count goes into a minute, an hour and a day, so that a long window is read from few rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_, union_all
from sqlalchemy.dialects.sqlite import insert

from matinee.backends.sql.port import Database
from matinee.runtime.clock import milliseconds, moment
from matinee.services.metrics.contract import Count, Point, Ranked
from matinee.services.metrics.rules import KEPT, MINUTE, REMEMBERED, WIDTHS, Stretch, bucket, stretches
from matinee.services.metrics.tables import buckets, seen

_b, _s = buckets.c, seen.c
_TOGETHER = 500  # ids in one query
_PRUNED_AT_ONCE = 5_000  # old rows that one write removes: bounds how long it takes
_new = insert(buckets)
_ADD = _new.on_conflict_do_update(
    index_elements=["metric", "width", "start", "key"], set_={"count": _b.count + _new.excluded["count"]}
)
_REMEMBER = insert(seen)
_Mark = tuple[str, str, str]


class SqliteStore:
    """The Store on one SQLite database, which it closes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, counts: Sequence[Count], now: datetime) -> None:
        once = {(count.id, count.metric, count.key): count for count in reversed(counts)}

        def unit(connection: Connection) -> None:
            for mark in _seen(connection, list(once)):
                del once[mark]
            if once:
                _remember(connection, list(once), now)
                _increase(connection, list(once.values()))
            _prune(connection, {count.metric for count in counts}, now)

        await self._database.transact(unit)

    async def top(self, metric: str, since: datetime, now: datetime, limit: int) -> list[Ranked]:
        if since > now:
            return []
        parts = [select(_b.key, _b.count).where(_within(metric, part)) for part in stretches(since, now)]
        found = union_all(*parts).subquery()
        total = func.sum(found.c.count)
        query = select(found.c.key, total).group_by(found.c.key).order_by(total.desc(), found.c.key).limit(limit)

        def unit(connection: Connection) -> list[Ranked]:
            return [Ranked(key, count) for key, count in connection.execute(query)]

        return await self._database.read(unit)

    async def series(self, metric: str, key: str, since: datetime, now: datetime) -> list[Point]:
        minutes = Stretch(MINUTE, bucket(since, MINUTE), bucket(now, MINUTE) + MINUTE)
        query = select(_b.start, _b.count).where(_within(metric, minutes), _b.key == key).order_by(_b.start)

        def unit(connection: Connection) -> list[Point]:
            return [Point(moment(start * 1000), count) for start, count in connection.execute(query)]

        return await self._database.read(unit)

    async def close(self) -> None:
        await self._database.close()


def _within(metric: str, stretch: Stretch) -> ColumnElement[bool]:
    return and_(_b.metric == metric, _b.width == stretch.width, _b.start >= stretch.first, _b.start < stretch.end)


def _seen(connection: Connection, marks: list[_Mark]) -> list[_Mark]:
    asked, ids = set(marks), list({mark[0] for mark in marks})
    found: list[_Mark] = []
    for first in range(0, len(ids), _TOGETHER):
        query = select(_s.id, _s.metric, _s.key).where(_s.id.in_(ids[first : first + _TOGETHER]))
        found += [mark for row in connection.execute(query) if (mark := (row[0], row[1], row[2])) in asked]
    return found


def _remember(connection: Connection, marks: list[_Mark], now: datetime) -> None:
    at = milliseconds(now)
    rows = [{"id": event, "metric": metric, "key": key, "at": at} for event, metric, key in marks]
    connection.execute(_REMEMBER, rows)


def _increase(connection: Connection, counts: list[Count]) -> None:
    totals: Counter[tuple[str, int, int, str]] = Counter()
    for count in counts:
        for width in WIDTHS:
            totals[count.metric, width, bucket(count.at, width), count.key] += count.by
    rows = [
        {"metric": metric, "width": width, "start": start, "key": key, "count": by}
        for (metric, width, start, key), by in totals.items()
    ]
    connection.execute(_ADD, rows)


def _prune(connection: Connection, metrics: set[str], now: datetime) -> None:
    old = select(_s.id, _s.metric, _s.key).where(_s.at < milliseconds(now - REMEMBERED)).limit(_PRUNED_AT_ONCE)
    connection.execute(delete(seen).where(tuple_(_s.id, _s.metric, _s.key).in_(old)))
    for metric in metrics:
        for width, kept in KEPT.items():
            connection.execute(delete(buckets).where(_within(metric, Stretch(width, 0, bucket(now - kept, width)))))
