"""From what services and players tell to what is counted and found: the real log, stores and relays in one process."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from matinee.backends.log.open import open as open_log
from matinee.backends.log.port import Log, Record
from matinee.backends.log.segments import SegmentLog
from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.outbox import Relay
from matinee.events.collect import Collector
from matinee.events.consumer import Consumer, Effect, skip_counter
from matinee.events.contract import Beacon, BeaconKind, Collect, Events, Retire
from matinee.events.live.counters import Beacons, Plays
from matinee.events.live.forgetting import Profiles
from matinee.events.live.popularity import Trending
from matinee.events.live.search_index import Indexing
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import Unavailable
from matinee.runtime.events import Event
from matinee.runtime.ids import Ids
from matinee.services.catalog import tables
from matinee.services.catalog.contract import Attach, ByTitle, CreateTitle, UpdateTitle
from matinee.services.catalog.service import Service as CatalogService
from matinee.services.history.contract import Bookmark, Recent
from matinee.services.history.open import open as open_history
from matinee.services.history.service import Service as HistoryService
from matinee.services.metrics.contract import Count, Counts, Ranking, Top
from matinee.services.metrics.open import open as open_metrics
from matinee.services.metrics.service import Service as MetricsService
from matinee.services.search.contract import Found, SearchQuery
from matinee.services.search.open import open as open_search
from matinee.services.search.service import Service as SearchService
from matinee.terms.encode import Encode
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata, Title
from matinee.terms.viewer import Viewer

CLOCK = SystemClock()
IDS = Ids(CLOCK)
SKIPPED = skip_counter(CollectorRegistry())
VIEWER = Viewer("acc_1", "lgn_1", "prf_1", frozenset(), Maturity.TEN, "DE", "DE")
TITLE = "ttl_" + "0" * 31 + "1"
Eventually = Callable[..., Awaitable[None]]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    opened = open_log(f"file://{tmp_path}/log")
    yield opened
    await opened.close()


@pytest.fixture
async def metrics(tmp_path: Path) -> AsyncIterator[MetricsService]:
    store = open_metrics(f"sqlite:///{tmp_path}/metrics.db")
    yield MetricsService(store, CLOCK)
    await store.close()


@pytest.fixture
async def search(tmp_path: Path) -> AsyncIterator[SearchService]:
    store = open_search(f"tantivy://{tmp_path}/search")
    yield SearchService(store)
    await store.close()


@pytest.fixture
async def catalog(tmp_path: Path, log: Log) -> AsyncIterator[CatalogService]:
    database = open_database(f"sqlite:///{tmp_path}/catalog.db", migrations="matinee.services.catalog")
    async with running(Relay(database, tables.outbox, log)):
        yield CatalogService(database, CLOCK, IDS)
    await database.close()


@contextlib.asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    yield
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, asyncio.CancelledError), outcome


def consumer(log: Log, topic: str, group: str, effect: Effect) -> Consumer:
    return Consumer(log, topic, group, effect, SKIPPED)


def plays(log: Log, metrics: MetricsService) -> Consumer:
    return consumer(log, "playback", "metrics", Plays(metrics))


def beacons(log: Log, metrics: MetricsService) -> Consumer:
    return consumer(log, "beacons", "metrics", Beacons(metrics))


async def tell(
    log: Log, topic: str, kind: str, data: dict[str, Any], event_id: str = "", at: datetime | None = None
) -> None:
    event = Event(event_id or IDS.new("evt"), "test", kind, at or CLOCK.now(), "subject", data)
    await log.append(topic, [Record(b"acc_1", msgspec.json.encode(event))])


async def top(metrics: MetricsService, metric: str) -> dict[str, int]:
    ranking: Ranking = await metrics.top(Top(metric, CLOCK.now() - timedelta(hours=1)))
    return {ranked.key: ranked.count for ranked in ranking.keys}


async def found(search: SearchService, text: str) -> list[str]:
    answer: Found = await search.search(SearchQuery(text, Maturity.EIGHTEEN, "DE"))
    return answer.title_ids


async def film(catalog: CatalogService, name: str) -> Title:
    made = await catalog.create(CreateTitle(name, Metadata(name)))
    await catalog.attach(Attach(made.id, Encode("enc_1", 1000, 1000, "signed", [], [], CLOCK.now())))
    return await catalog.publish(ByTitle(made.id))


async def test_what_is_collected_is_in_the_log(wired: Any, log: Log) -> None:
    events: Events = await wired(Events, Collector(log, CLOCK))
    sent = [
        Beacon(f"beacon-{number}", BeaconKind.UI, "click", CLOCK.now(), data={"n": number}) for number in range(200)
    ]
    await events.collect(Collect(VIEWER, sent))
    reader = await log.reader("beacons", "test")
    kept: list[Event] = []
    while entries := await reader.poll(100, 0.05):
        kept += [msgspec.json.decode(entry.record.value, type=Event) for entry in entries]
    await reader.close()
    assert [event.data["data"]["n"] for event in kept] == list(range(200))


async def test_the_log_lets_go_of_what_passes_and_keeps_what_is_rebuilt_from(wired: Any, tmp_path: Path) -> None:
    log = SegmentLog(tmp_path / "small", partitions=1, segment_bytes=100)
    events: Events = await wired(Events, Collector(log, CLOCK))
    for topic in ("beacons", "titles"):
        for value in (b"1" * 100, b"2" * 100, b"3" * 100):
            await log.append(topic, [Record(b"key", value)])
    await events.retire(Retire(keep_days=30))
    assert await everything(log, "beacons") == [b"1" * 100, b"2" * 100, b"3" * 100]
    long_ago = CLOCK.real_now().timestamp() - 31 * 86400
    for file in (tmp_path / "small").rglob("*"):
        os.utime(file, (long_ago, long_ago))
    await events.retire(Retire(keep_days=30))
    assert await everything(log, "beacons") == [b"3" * 100]  # the newest segment stays
    assert await everything(log, "titles") == [b"1" * 100, b"2" * 100, b"3" * 100]
    await log.close()


async def everything(log: Log, topic: str) -> list[bytes]:
    reader = await log.reader(topic, IDS.new("grp"))
    kept: list[bytes] = []
    while entries := await reader.poll(100, 0.05):
        kept += [entry.record.value for entry in entries]
    await reader.close()
    return kept


async def test_a_play_is_counted_within_two_seconds(log: Log, metrics: MetricsService, eventually: Eventually) -> None:
    async with running(plays(log, metrics)):
        await tell(log, "playback", "matinee.playback.started", {"title_id": TITLE}, "evt_1")
        await eventually(lambda: _is(top(metrics, "plays"), {TITLE: 1}), within_s=2)
        await tell(log, "playback", "matinee.playback.started", {"title_id": TITLE}, "evt_1")
        await tell(log, "playback", "matinee.playback.ended", {"title_id": TITLE})
        await tell(log, "playback", "matinee.playback.started", {"title_id": TITLE})
        await eventually(lambda: _is(top(metrics, "plays"), {TITLE: 2}), within_s=2)


async def _is(asked: Awaitable[Any], expected: Any) -> bool:
    return await asked == expected


async def test_beacons_are_counted_once_by_what_they_tell(
    log: Log, metrics: MetricsService, eventually: Eventually
) -> None:
    now = CLOCK.now()
    sent = [
        Beacon("beacon-1", BeaconKind.IMPRESSION, "row", now, TITLE),
        Beacon("beacon-1", BeaconKind.IMPRESSION, "row", now, TITLE),
        Beacon("beacon-2", BeaconKind.PLAYBACK, "stall", now, TITLE),
        Beacon("beacon-3", BeaconKind.ERROR, "media", now),
        Beacon("beacon-4", BeaconKind.PLAYBACK, "play", now, TITLE),
    ]
    collector = Collector(log, CLOCK)
    async with running(beacons(log, metrics)):
        await collector.collect(Collect(VIEWER, sent))
        await collector.collect(Collect(VIEWER, sent))
        await collector.collect(Collect(replace(VIEWER, account_id="acc_2"), sent))
        await eventually(lambda: _is(top(metrics, "impressions"), {TITLE: 2}), within_s=5)
        await eventually(lambda: _is(top(metrics, "stalls"), {TITLE: 2}), within_s=5)
        await eventually(lambda: _is(top(metrics, "errors"), {"": 2}), within_s=5)
    assert await top(metrics, "plays") == {}


async def test_poison_does_not_hold_up_what_follows(log: Log, metrics: MetricsService, eventually: Eventually) -> None:
    async with running(plays(log, metrics), beacons(log, metrics)):
        await log.append("playback", [Record(b"acc_1", value) for value in (b"", b"\xff\xfe", b"[]", b"{}")])
        for data in ({}, {"title_id": 7}, {"title_id": None}):
            await tell(log, "playback", "matinee.playback.started", data)
        await tell(log, "beacons", "matinee.beacon.error", {"name": "x", "received": "never"})
        await tell(log, "playback", "matinee.playback.started", {"title_id": TITLE})
        await eventually(lambda: _is(top(metrics, "plays"), {TITLE: 1}), within_s=5)
    assert await top(metrics, "errors") == {}


async def test_a_consumer_goes_on_where_it_was_stopped(
    log: Log, metrics: MetricsService, eventually: Eventually
) -> None:
    for number in range(3):
        await tell(log, "playback", "matinee.playback.started", {"title_id": TITLE})
        async with running(plays(log, metrics)):
            await eventually(lambda expected=number + 1: _is(top(metrics, "plays"), {TITLE: expected}), within_s=5)


async def test_search_follows_the_catalogue(
    log: Log, catalog: CatalogService, search: SearchService, eventually: Eventually
) -> None:
    async with running(Indexing(log, search, SKIPPED)):
        made = await film(catalog, "Metropolis")
        await eventually(lambda: _is(found(search, "metropolis"), [made.id]), within_s=5)
        await catalog.update(UpdateTitle(made.id, title="Nosferatu"))
        await eventually(lambda: _is(found(search, "nosferatu"), [made.id]), within_s=5)
        assert await found(search, "metropolis") == []
        await catalog.withdraw(ByTitle(made.id))
        await eventually(lambda: _is(found(search, "nosferatu"), []), within_s=5)
        await catalog.publish(ByTitle(made.id))
        await eventually(lambda: _is(found(search, "nosferatu"), [made.id]), within_s=5)


async def test_a_lost_index_is_filled_again_from_the_log(
    tmp_path: Path, log: Log, catalog: CatalogService, eventually: Eventually
) -> None:
    kept, gone = await film(catalog, "Metropolis"), await film(catalog, "Metropolis again")
    await catalog.withdraw(ByTitle(gone.id))
    for number in range(2):
        store = open_search(f"tantivy://{tmp_path}/search-{number}")
        search = SearchService(store)
        async with running(Indexing(log, search, SKIPPED)):
            await eventually(lambda search=search: _is(found(search, "metropolis"), [kept.id]), within_s=5)
        await store.close()


async def test_plays_of_the_week_lift_a_title(
    log: Log, catalog: CatalogService, search: SearchService, metrics: MetricsService, eventually: Eventually
) -> None:
    async with running(Indexing(log, search, SKIPPED)):
        films = [await film(catalog, f"Film {number}") for number in range(3)]
        await eventually(lambda: _is(found(search, "film"), [film.id for film in films]), within_s=5)
    now = CLOCK.now()
    old = Count("evt_old", "plays", films[0].id, now - timedelta(days=8), 1000)
    await metrics.count(Counts([old, Count("evt_new", "plays", films[2].id, now, 100)]))
    await Trending(metrics, search, CLOCK).refresh()
    assert await found(search, "film") == [films[2].id, films[0].id, films[1].id]


async def test_what_is_no_longer_played_falls_back(search: SearchService) -> None:
    rankings = [Ranking([]), Ranking([])]
    told: list[dict[str, float]] = []

    class Metrics:
        async def top(self, _: Top) -> Ranking:
            return rankings.pop(0)

    class Search:
        async def set_popularity(self, message: Any) -> None:
            told.append(message.plays)

    trending = Trending(Metrics(), Search(), CLOCK)  # type: ignore[arg-type]
    rankings[0] = msgspec.convert({"keys": [{"key": "a", "count": 2}, {"key": "b", "count": 1}]}, Ranking)
    rankings[1] = msgspec.convert({"keys": [{"key": "b", "count": 3}]}, Ranking)
    await trending.refresh()
    await trending.refresh()
    assert told == [{"a": 2.0, "b": 1.0}, {"a": 0.0, "b": 3.0}]


async def test_trending_outlives_a_side_that_is_away(eventually: Eventually) -> None:
    asked: list[Top] = []

    class Metrics:
        async def top(self, message: Top) -> Ranking:
            asked.append(message)
            raise Unavailable

    async with running(Trending(Metrics(), None, CLOCK, every_s=0.01)):  # type: ignore[arg-type]
        await eventually(lambda: len(asked) > 2)


async def test_a_deleted_profile_takes_its_history_along(tmp_path: Path, log: Log, eventually: Eventually) -> None:
    store = open_history(f"sqlite:///{tmp_path}/history.db")
    history = HistoryService(store, log, CLOCK, IDS)
    for profile in ("prf_1", "prf_2"):
        await history.record(Bookmark("acc_1", profile, TITLE, 60_000, 600_000, datetime(2026, 11, 21, tzinfo=UTC)))
    async with running(consumer(log, "accounts", "history", Profiles(history))):
        await tell(log, "accounts", "matinee.account.created", {})
        await tell(log, "accounts", "matinee.account.profile_deleted", {"profile_id": "prf_1"})
        await eventually(lambda: _is(_left(history, "prf_1"), 0), within_s=5)
    assert await _left(history, "prf_2") == 1
    await store.close()


async def _left(history: HistoryService, profile: str) -> int:
    return len((await history.recent(Recent(profile))).bookmarks)
