from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from matinee.backends.log.open import open as open_log
from matinee.backends.log.port import Log
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import Invalid, OutOfSpace
from matinee.runtime.events import Event
from matinee.runtime.ids import Ids
from matinee.services.history import rules
from matinee.services.history.contract import Bookmark, ByProfile, ByTitle, ByTitles, History, NoBookmark, Recent
from matinee.services.history.open import open as open_store
from matinee.services.history.service import Service
from matinee.services.history.store import Store

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BOOKMARK = Bookmark("acc_1", "prf_1", "ttl_1", 60_000, 600_000, NOW)
_fresh = numbers()


@pytest.fixture(params=["sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"{request.param}:///{tmp_path}/history.db")
    yield opened
    await opened.close()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    opened = open_log(f"file://{tmp_path}/log")
    yield opened
    await opened.close()


@pytest.fixture
async def history(wired: Any, store: Store, log: Log) -> History:
    clock = SystemClock()
    return await wired(History, Service(store, log, clock, Ids(clock)))


async def titles(history: History, *, unfinished: bool = False, limit: int = 50) -> list[str]:
    found = await history.recent(Recent("prf_1", limit, unfinished))
    return [bookmark.title_id for bookmark in found.bookmarks]


async def events(log: Log) -> list[Event]:
    reader = await log.reader("history", f"test-{next(_fresh)}")
    entries = await reader.poll(100, 0.05)
    await reader.close()
    return [msgspec.json.decode(entry.record.value, type=Event) for entry in entries]


async def test_the_latest_by_event_time_wins(history: History) -> None:
    later = replace(BOOKMARK, at=NOW + SECOND, position_ms=10_000)
    for bookmark in (BOOKMARK, later, BOOKMARK, replace(BOOKMARK, at=NOW - SECOND, position_ms=500_000)):
        await history.record(bookmark)
    assert await history.bookmark(ByTitle("prf_1", "ttl_1")) == later


async def test_bookmarks_that_come_at_once_end_as_the_latest(history: History) -> None:
    many = [replace(BOOKMARK, at=NOW + number * SECOND, position_ms=number) for number in range(50)]
    await asyncio.gather(
        *(history.record(bookmark) for bookmark in sorted(many, key=lambda each: each.position_ms % 7))
    )
    assert await history.bookmark(ByTitle("prf_1", "ttl_1")) == many[-1]


async def test_a_title_that_was_not_begun_has_no_bookmark(history: History) -> None:
    await history.record(BOOKMARK)
    for asked in (ByTitle("prf_1", "ttl_2"), ByTitle("prf_2", "ttl_1")):
        with pytest.raises(NoBookmark):
            await history.bookmark(asked)


async def test_the_latest_titles_come_first(history: History) -> None:
    for number, title in enumerate(["ttl_a", "ttl_b", "ttl_c", "ttl_a"]):
        await history.record(replace(BOOKMARK, title_id=title, at=NOW + number * SECOND))
    await history.record(replace(BOOKMARK, profile_id="prf_2", title_id="ttl_z"))
    assert await titles(history) == ["ttl_a", "ttl_c", "ttl_b"]
    assert await titles(history, limit=2) == ["ttl_a", "ttl_c"]


async def test_unfinished_leaves_out_what_was_seen_or_only_tried(history: History) -> None:
    positions = {"tried": 4_999, "begun": 5_000, "middle": 300_000, "almost": 569_999, "seen": 570_000}
    for title, position_ms in positions.items():
        await history.record(replace(BOOKMARK, title_id=title, position_ms=position_ms))
    await history.record(replace(BOOKMARK, title_id="unknown length", position_ms=9_000_000, duration_ms=0))
    assert sorted(await titles(history, unfinished=True)) == ["almost", "begun", "middle", "unknown length"]
    assert len(await titles(history)) == 6


async def test_bookmarks_of_many_titles_are_asked_at_once(history: History) -> None:
    for place, title in enumerate(("ttl_1", "ttl_2", "ttl_3")):
        await history.record(replace(BOOKMARK, title_id=title, at=NOW + SECOND * place))
    await history.record(replace(BOOKMARK, profile_id="prf_2", title_id="ttl_4"))
    await history.forget(ByTitle("prf_1", "ttl_3"))
    asked = ["ttl_1", "ttl_2", "ttl_3", "ttl_4", *(f"ttl_{number}" for number in range(100, 2000))]
    found = await history.bookmarks(ByTitles("prf_1", asked))
    assert [each.title_id for each in found.bookmarks] == ["ttl_2", "ttl_1"]
    assert (await history.bookmarks(ByTitles("prf_1", []))).bookmarks == []


async def test_a_forgotten_title_stays_out_until_it_is_watched_again(history: History) -> None:
    await history.record(BOOKMARK)
    await history.record(replace(BOOKMARK, title_id="ttl_2"))
    await history.forget(ByTitle("prf_1", "ttl_1"))
    await history.forget(ByTitle("prf_1", "ttl_never"))
    await history.record(replace(BOOKMARK, position_ms=70_000))
    assert await titles(history) == ["ttl_2"]
    with pytest.raises(NoBookmark):
        await history.bookmark(ByTitle("prf_1", "ttl_1"))
    again = replace(BOOKMARK, at=NOW + SECOND, position_ms=1)
    await history.record(again)
    assert await history.bookmark(ByTitle("prf_1", "ttl_1")) == again


async def test_nothing_remains_of_a_forgotten_profile(history: History) -> None:
    await history.record(BOOKMARK)
    await history.record(replace(BOOKMARK, profile_id="prf_2"))
    await history.forget_profile(ByProfile("prf_1"))
    await history.forget_profile(ByProfile("prf_1"))
    assert await titles(history) == []
    assert len((await history.recent(Recent("prf_2"))).bookmarks) == 1


async def test_each_write_is_an_event_that_repeats_share(history: History, log: Log) -> None:
    await history.record(BOOKMARK)
    await history.record(BOOKMARK)
    first, again = await events(log)
    assert first == again
    assert (first.id, first.type, first.time) == (rules.event_id(BOOKMARK), "matinee.history.bookmarked", NOW)
    assert first.data == {
        "account_id": "acc_1",
        "profile_id": "prf_1",
        "title_id": "ttl_1",
        "position_ms": 60_000,
        "duration_ms": 600_000,
    }


async def test_what_is_forgotten_is_told_too(history: History, log: Log) -> None:
    await history.record(BOOKMARK)
    await history.forget(ByTitle("prf_1", "ttl_1"))
    await history.forget_profile(ByProfile("prf_1"))
    told = {event.type: event.data for event in await events(log)}
    assert told["matinee.history.forgotten"] == {"profile_id": "prf_1", "title_id": "ttl_1"}
    assert told["matinee.history.profile_forgotten"] == {"profile_id": "prf_1"}


async def test_nonsense_is_refused_and_told_to_nobody(history: History, log: Log) -> None:
    with pytest.raises(Invalid):
        await history.record(replace(BOOKMARK, position_ms=-1))
    assert (await titles(history), await events(log)) == ([], [])


async def test_a_write_the_log_does_not_take_is_not_acknowledged(wired: Any, store: Store, log: Log) -> None:
    class Full:
        reader, close = log.reader, log.close

        async def append(self, _: str, __: Any) -> None:
            raise OutOfSpace

    clock = SystemClock()
    history = await wired(History, Service(store, Full(), clock, Ids(clock)))
    with pytest.raises(OutOfSpace):
        await history.record(BOOKMARK)


async def test_bookmarks_are_there_after_a_restart(history: History, store: Store, tmp_path: Path) -> None:
    await history.record(BOOKMARK)
    await store.close()
    again = open_store(f"sqlite:///{tmp_path}/history.db")
    assert await again.get("prf_1", "ttl_1") == BOOKMARK
    await again.close()


bookmarks = st.builds(
    Bookmark,
    account_id=st.just("acc"),
    profile_id=st.just("prf"),
    title_id=st.sampled_from(["ttl_1", "ttl_2", "ttl_3"]),
    position_ms=st.integers(0, 9) | st.integers(0, 10_000_000),
    duration_ms=st.integers(0, 9) | st.integers(0, 10_000_000),
    at=st.integers(0, 5).map(lambda ms: NOW + timedelta(milliseconds=ms)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(bookmarks, min_size=1, max_size=12))
async def test_any_order_gives_the_latest(store: Store, sent: list[Bookmark]) -> None:
    profile = f"prf_{next(_fresh)}"
    mine = [replace(bookmark, profile_id=profile) for bookmark in sent]
    for bookmark in mine:
        await store.put(bookmark)
    latest = {
        title: max((each for each in mine if each.title_id == title), key=rules.order)
        for title in {bookmark.title_id for bookmark in mine}
    }
    assert {title: await store.get(profile, title) for title in latest} == latest
    recent = await store.recent(profile, 50, unfinished=False)
    assert recent == sorted(latest.values(), key=lambda each: (-each.at.timestamp(), each.title_id))
    unfinished = await store.recent(profile, 50, unfinished=True)
    assert unfinished == [each for each in recent if not each.finished and each.position_ms >= rules.BEGUN_MS]


@pytest.mark.parametrize("url", ["", "nonsense", "cassandra://host", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        open_store(url)
