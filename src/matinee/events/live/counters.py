"""Counters grow by events: topic `beacons` to the metrics `impressions`, `errors` and `stalls`, topic `playback` to `plays`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from matinee.runtime.errors import Invalid
from matinee.runtime.events import Event
from matinee.services.metrics.contract import Count, Counts, Metrics

_TITLE = re.compile(r"ttl_[0-9a-f]{32}\Z")
_BELIEVED = timedelta(days=1)  # how old an event may claim to be when it is received


class Beacons:
    """What clients report, by title; "" where none is named."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def apply(self, events: Sequence[Event]) -> None:
        counts = [count for event in events if (count := beacon_count(event))]
        if counts:
            await self._metrics.count(Counts(counts))


class Plays:
    """Sessions that were opened, by title: an episode's count for its series."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def apply(self, events: Sequence[Event]) -> None:
        started = [event for event in events if event.type == "matinee.playback.started"]
        counts = [play_count(event) for event in started if not event.data.get("preview")]
        if counts:
            await self._metrics.count(Counts(counts))


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
    title_id = event.data.get("series_id") or event.data.get("title_id")
    if not isinstance(title_id, str) or not _TITLE.match(title_id):
        raise Invalid(f"{title_id!r} is no title")
    return Count(event.id, "plays", title_id, event.time)
