from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinee.runtime.errors import Invalid
from matinee.services.metrics import tables
from matinee.services.metrics.contract import Count, Counts, Metrics, Point, Ranked, SeriesQuery, Top
from matinee.services.metrics.open import open as open_store
from matinee.services.metrics.rules import REMEMBERED
from matinee.services.metrics.service import Service
from matinee.services.metrics.store import Store

NOW = datetime(2026, 11, 21, 12, 30, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_fresh = numbers()


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"{request.param}:///{tmp_path}/metrics.db")
    yield opened
    await opened.close()


@pytest.fixture
async def metrics(wired: Any, store: Store, clock: Clock) -> Metrics:
    return await wired(Metrics, Service(store, clock))


def play(key: str, ago: timedelta = timedelta(0), by: int = 1) -> Count:
    return Count(f"evt_{next(_fresh)}", "plays", key, NOW - ago, by)


async def top(metrics: Metrics, ago: timedelta = HOUR, limit: int = 50, metric: str = "plays") -> list[tuple[str, int]]:
    ranking = await metrics.top(Top(metric, NOW - ago, limit))
    return [(ranked.key, ranked.count) for ranked in ranking.keys]


async def test_the_most_counted_come_first_and_ties_by_key(metrics: Metrics) -> None:
    await metrics.count(Counts([play("b"), play("a"), play("c", by=5), play("d"), play("d")]))
    assert await top(metrics) == [("c", 5), ("d", 2), ("a", 1), ("b", 1)]
    assert await top(metrics, limit=2) == [("c", 5), ("d", 2)]
    assert (await metrics.top(Top("impressions", NOW - HOUR))).keys == []


async def test_a_window_begins_at_its_minute(metrics: Metrics) -> None:
    await metrics.count(Counts([play("now"), play("edge", HOUR), play("before", HOUR + MINUTE)]))
    assert await top(metrics) == [("edge", 1), ("now", 1)]
    assert await top(metrics, HOUR + MINUTE) == [("before", 1), ("edge", 1), ("now", 1)]
    assert await top(metrics, -HOUR) == []


async def test_a_long_window_counts_each_bucket_once(metrics: Metrics) -> None:
    await metrics.count(Counts([play("a", hours * HOUR) for hours in range(24 * 10)]))
    assert await top(metrics, timedelta(days=7)) == [("a", 24 * 7 + 1)]
    assert await top(metrics, timedelta(days=30)) == [("a", 240)]


async def test_repeats_count_once(metrics: Metrics) -> None:
    once = play("a", by=3)
    await metrics.count(Counts([once, once]))
    await asyncio.gather(*(metrics.count(Counts([once, play("b")])) for _ in range(5)))
    assert await top(metrics) == [("b", 5), ("a", 3)]


async def test_one_event_may_count_for_several_metrics(metrics: Metrics) -> None:
    at = Count("evt_same", "plays", "a", NOW)
    await metrics.count(Counts([at, Count("evt_same", "errors", "a", NOW), Count("evt_same", "plays", "b", NOW)]))
    assert await top(metrics) == [("a", 1), ("b", 1)]
    assert await top(metrics, metric="errors") == [("a", 1)]


async def test_an_id_is_known_for_two_days_and_then_forgotten(metrics: Metrics, store: Store, clock: Clock) -> None:
    once = play("a")
    await metrics.count(Counts([once]))
    clock.at = NOW + REMEMBERED
    await metrics.count(Counts([once]))
    assert [ranked.count for ranked in (await metrics.top(Top("plays", NOW))).keys] == [1]
    clock.at += timedelta(seconds=1)
    await metrics.count(Counts([Count("evt_later", "plays", "b", clock.at)]))
    kept = await store._database.read(lambda c: c.execute(tables.seen.select()).all())  # type: ignore[attr-defined]
    assert [row.id for row in kept] == ["evt_later"]


async def test_minutes_give_way_to_hours_and_days(metrics: Metrics, clock: Clock) -> None:
    await metrics.count(Counts([play("a", by=7)]))
    clock.at = NOW + timedelta(days=200)
    await metrics.count(Counts([Count("evt_later", "plays", "b", clock.at)]))
    assert (await metrics.series(SeriesQuery("plays", "a", NOW - HOUR))).points == []
    long = await metrics.top(Top("plays", NOW - timedelta(days=2)))
    assert long.keys == [Ranked("a", 7), Ranked("b", 1)]


async def test_a_series_has_a_point_a_minute(metrics: Metrics) -> None:
    await metrics.count(Counts([play("a"), play("a"), play("a", 5 * MINUTE), play("a", 2 * HOUR), play("b")]))
    series = await metrics.series(SeriesQuery("plays", "a", NOW - HOUR))
    minute = NOW.replace(second=0)
    assert series.points == [Point(minute - 5 * MINUTE, 1), Point(minute, 2)]


async def test_a_count_from_the_future_counts_now(metrics: Metrics) -> None:
    await metrics.count(Counts([play("a", -timedelta(days=3))]))
    assert await top(metrics, MINUTE) == [("a", 1)]


async def test_a_batch_with_nonsense_counts_nothing(metrics: Metrics) -> None:
    with pytest.raises(Invalid):
        await metrics.count(Counts([play("a"), play("a", by=0)]))
    await metrics.count(Counts([]))
    assert await top(metrics) == []


async def test_counts_are_there_after_a_restart(metrics: Metrics, store: Store, clock: Clock, tmp_path: Path) -> None:
    once = play("a")
    await metrics.count(Counts([once]))
    await store.close()
    again = open_store(f"sqlite:///{tmp_path}/metrics.db")
    await again.add([once, play("b")], NOW)
    assert await again.top("plays", NOW - HOUR, NOW, 5) == [Ranked("a", 1), Ranked("b", 1)]
    await again.close()


events = st.builds(
    Count,
    id=st.sampled_from([f"evt_{number}" for number in range(6)]),
    metric=st.sampled_from(["plays", "errors"]),
    key=st.sampled_from("abc"),
    at=st.integers(0, 36 * 3600).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    by=st.integers(1, 3),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(events, max_size=6), max_size=5))
async def test_however_events_are_repeated_each_counts_once(store: Store, batches: list[list[Count]]) -> None:
    run = next(_fresh)
    expected: Counter[tuple[str, str]] = Counter()
    seen: set[tuple[str, str, str]] = set()
    for batch in batches:
        mine = [Count(f"{count.id}_{run}", f"{count.metric}_{run}", count.key, count.at, count.by) for count in batch]
        await store.add(mine, NOW)
        for count in mine:
            if (mark := (count.id, count.metric, count.key)) not in seen:
                seen.add(mark)
                expected[count.metric, count.key] += count.by
    for metric in (f"plays_{run}", f"errors_{run}"):
        found = await store.top(metric, NOW - timedelta(days=3), NOW, 50)
        assert {(metric, ranked.key): ranked.count for ranked in found} == {
            key: total for key, total in expected.items() if key[0] == metric
        }


@pytest.mark.parametrize("url", ["", "nonsense", "cassandra://host", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        open_store(url)
