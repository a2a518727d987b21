from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from matinee.api.home_rows import gone_on_with
from matinee.api.seasons import go_on_with
from matinee.services.catalog.contract import Numbered
from matinee.services.history.contract import Bookmark
from matinee.terms.maturity import Maturity
from matinee.terms.title import Card, Episode, Kind

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EPISODES = [Numbered(name, int(name[0]), int(name[2])) for name in ("1.1", "1.2", "2.1", "0.1", "0.2")]


def bookmark(title_id: str, percent: int, minutes: int) -> Bookmark:
    return Bookmark("acc", "prf", title_id, percent * 10, 1000, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("watched", "found"),
    [
        ({}, "1.1"),
        ({"1.1": 40}, "1.1"),
        ({"1.1": 100}, "1.2"),
        ({"1.1": 100, "1.2": 95}, "2.1"),
        ({"1.1": 100, "2.1": 100}, "1.2"),
        ({"1.2": 100, "1.1": 100}, "2.1"),
        ({"1.2": 30, "1.1": 100}, "1.2"),
        ({"0.1": 100}, "0.2"),
        ({"1.1": 50, "0.1": 100, "0.2": 100}, "1.1"),
        ({"1.1": 100, "1.2": 100, "2.1": 100}, "1.1"),
        ({"gone": 50}, "1.1"),
    ],
)
def test_play_goes_on_where_one_left_off(watched: dict[str, int], found: str) -> None:
    """`watched` in the order in which it was; percent of each."""
    bookmarks = {name: bookmark(name, percent, at) for at, (name, percent) in enumerate(watched.items())}
    went_on = go_on_with(EPISODES, bookmarks)
    assert went_on is not None
    assert went_on.id == found


def test_of_no_episodes_none_is_played() -> None:
    assert go_on_with([], {"1.1": bookmark("1.1", 50, 0)}) is None


def card(title_id: str, series_id: str | None = None, number: int = 1) -> Card:
    episode = Episode(series_id, 1, number) if series_id else None
    kind = Kind.EPISODE if series_id else Kind.FILM
    return Card(title_id, title_id, None, Maturity.ALL, [], 1000, None, kind=kind, episode=episode)


def test_of_each_series_one_episode_stands_in_the_row_the_last_watched_first() -> None:
    marks = [bookmark("film", 50, 1), bookmark("a1", 100, 2), bookmark("b1", 30, 3), bookmark("seen", 100, 9)]
    cards = {"film": card("film"), "b1": card("b1", "b")}
    items = gone_on_with(marks, cards, {"a1": card("a2", "a", 2)})
    assert [(each.id, each.progress) for each in items] == [("b1", 0.3), ("a2", None), ("film", 0.5)]


def test_an_episode_that_was_begun_before_the_one_before_it_was_seen_keeps_its_progress() -> None:
    marks = [bookmark("a2", 40, 1), bookmark("a1", 100, 2)]
    items = gone_on_with(marks, {"a2": card("a2", "a", 2)}, {"a1": card("a2", "a", 2)})
    assert [(each.id, each.progress) for each in items] == [("a2", 0.4)]
