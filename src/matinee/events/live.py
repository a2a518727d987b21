"""What events do while they are fresh: counters grow, the search index follows the catalogue, popularity follows plays."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from matinee.backends.log.port import Log
from matinee.events.consumer import Consumer
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Invalid, MatineeError
from matinee.runtime.events import Event
from matinee.services.history.contract import ByProfile, History
from matinee.services.metrics.contract import Count, Counts, Metrics, Top
from matinee.services.search.contract import Document, Documents, Popularity, Removal, Search, StateQuery

_TITLE = re.compile(r"ttl_[0-9a-f]{32}\Z")
_BELIEVED = timedelta(days=1)  # how old an event may claim to be when it is received
_WINDOW = timedelta(days=7)
_MOST_POPULAR = 500
_GENERATION_S = 5.0  # how often the search index is asked whether it began anew
_logger = logging.getLogger(__name__)


class Beacons:
    """Topic `beacons` to the metrics `impressions`, `errors` and `stalls`, by title; "" where none is named."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._metrics = metrics
        self._consumer = Consumer(log, "beacons", "metrics", self)

    async def run(self) -> None:
        await self._consumer.run()

    async def apply(self, events: Sequence[Event]) -> None:
        counts = [count for event in events if (count := beacon_count(event))]
        if counts:
            await self._metrics.count(Counts(counts))


class Plays:
    """Topic `playback` to the metric `plays`, by title."""

    def __init__(self, log: Log, metrics: Metrics) -> None:
        self._metrics = metrics
        self._consumer = Consumer(log, "playback", "metrics", self)

    async def run(self) -> None:
        await self._consumer.run()

    async def apply(self, events: Sequence[Event]) -> None:
        counts = [play_count(event) for event in events if event.type == "matinee.playback.started"]
        if counts:
            await self._metrics.count(Counts(counts))


class Titles:
    """Topic `titles` to the search index. An index that began anew reads the topic from its start: its generation names the
    group."""

    def __init__(self, log: Log, search: Search) -> None:
        self._log = log
        self._search = search

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            generation = await self._generation()
            if generation is None:
                await asyncio.sleep(_GENERATION_S / 10)
                continue
            following = asyncio.create_task(Consumer(self._log, "titles", f"search-{generation}", self).run())
            try:
                while await self._generation() in {None, generation} and not following.done():
                    await asyncio.wait([following], timeout=_GENERATION_S)
                if following.done():
                    following.result()
            finally:
                following.cancel()
                await asyncio.wait([following])

    async def apply(self, events: Sequence[Event]) -> None:
        documents: list[Document] = []
        for event in events:
            if event.data["state"] == "published":
                documents.append(document(event))
            elif event.data["state"] == "withdrawn":
                await self._search.remove(Removal(event.subject, event.data["revision"]))
        if documents:
            await self._search.index(Documents(documents))

    async def _generation(self) -> str | None:
        try:
            return (await self._search.state(StateQuery())).generation
        except MatineeError as error:
            _logger.warning("the search index does not answer: %s", error.detail)
            return None


class Profiles:
    """Topic `accounts`: a deleted profile's history goes with it."""

    def __init__(self, log: Log, history: History) -> None:
        self._history = history
        self._consumer = Consumer(log, "accounts", "history", self)

    async def run(self) -> None:
        await self._consumer.run()

    async def apply(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.type == "matinee.account.profile_deleted":
                await self._history.forget_profile(ByProfile(event.data["profile_id"]))


class Trending:
    """Plays of the last seven days to the search index, every `every_s` seconds."""

    def __init__(self, metrics: Metrics, search: Search, clock: Clock, every_s: float = 30.0) -> None:
        self._metrics = metrics
        self._search = search
        self._clock = clock
        self._every_s = every_s
        self._named: set[str] = set()

    async def run(self) -> None:
        """Until cancelled. Where one of the two is away, the next turn makes up for it."""
        while True:
            try:
                await self.refresh()
            except MatineeError as error:
                _logger.warning("popularity waits for its next turn: %s", error.detail)
            await asyncio.sleep(self._every_s)

    async def refresh(self) -> None:
        """Once. A title that is no longer among the most played is set back to none."""
        ranking = await self._metrics.top(Top("plays", self._clock.now() - _WINDOW, _MOST_POPULAR))
        plays = {ranked.key: float(ranked.count) for ranked in ranking.keys}
        if plays or self._named:
            await self._search.set_popularity(Popularity({**dict.fromkeys(self._named, 0.0), **plays}))
        self._named = set(plays)


def beacon_count(event: Event) -> Count | None:
    """What a client's event counts as. A title is believed where it looks like one, a time where it is at most a day old."""
    kind, name = event.type.removeprefix("matinee.beacon."), event.data["name"]
    metric = {"impression": "impressions", "error": "errors"}.get(kind)
    if metric is None and kind == "playback" and name == "stall":
        metric = "stalls"
    if metric is None:
        return None
    title_id, received = event.data.get("title_id") or "", datetime.fromisoformat(event.data["received"])
    at = event.time if event.time > received - _BELIEVED else received
    return Count(event.id, metric, title_id if _TITLE.match(title_id) else "", at)


def play_count(event: Event) -> Count:
    """What the start of a playback counts as. Raises Invalid where it names no title."""
    title_id = event.data.get("title_id")
    if not isinstance(title_id, str) or not _TITLE.match(title_id):
        raise Invalid(f"{title_id!r} is no title")
    return Count(event.id, "plays", title_id, event.time)


def document(event: Event) -> Document:
    """What is searched of the title that a `matinee.title.*` event tells of. Raises ValidationError where it lacks something."""
    data: dict[str, Any] = {**event.data, "title_id": event.subject, "popularity": 0.0}
    return msgspec.convert(data, Document)
