from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from matinee.events.live.counters import beacon_count, play_count
from matinee.runtime.events import Event
from matinee.services.metrics.contract import Count

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TITLE = "ttl_" + "0" * 31 + "1"
SERIES = "ttl_" + "0" * 31 + "2"


def beacon(kind: str, name: str = "x", title_id: str | None = TITLE, at: datetime = NOW) -> Event:
    data = {"name": name, "title_id": title_id, "received": NOW.isoformat()}
    return Event("acc.1", "matinee/player", f"matinee.beacon.{kind}", at, "acc", data)


@pytest.mark.parametrize(
    ("kind", "name", "metric"),
    [
        ("impression", "row", "impressions"),
        ("error", "media", "errors"),
        ("playback", "stall", "stalls"),
        ("playback", "play", None),
        ("ui", "stall", None),
    ],
)
def test_a_beacon_counts_as_what_it_tells(kind: str, name: str, metric: str | None) -> None:
    expected = metric and Count("acc.1", metric, TITLE, NOW)
    assert beacon_count(beacon(kind, name)) == expected


@pytest.mark.parametrize("title_id", [None, "", "ttl_1", "x" * 64, TITLE.upper(), TITLE + "\n"])
def test_what_is_no_title_is_no_key(title_id: str | None) -> None:
    count = beacon_count(beacon("error", title_id=title_id))
    assert count is not None
    assert count.key == ""


@pytest.mark.parametrize(
    ("ago", "counted"),
    [
        (timedelta(hours=23), timedelta(hours=23)),
        (timedelta(days=1), timedelta(0)),
        (timedelta(days=4000), timedelta(0)),
    ],
    ids=str,
)
def test_a_time_too_long_ago_counts_when_it_came(ago: timedelta, counted: timedelta) -> None:
    count = beacon_count(beacon("error", at=NOW - ago))
    assert count is not None
    assert count.at == NOW - counted


@pytest.mark.parametrize(("series_id", "counted"), [(None, TITLE), (SERIES, SERIES)])
def test_an_episode_s_play_counts_for_its_series(series_id: str | None, counted: str) -> None:
    data = {"title_id": TITLE, "series_id": series_id}
    assert play_count(Event("e", "matinee/playback", "matinee.playback.started", NOW, "ses", data)).key == counted
