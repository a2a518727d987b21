"""Series and their episodes: their order, their places, and a series that follows the state of its episodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, select, tuple_

from matinee.runtime.errors import Invalid
from matinee.services.catalog import rows, rules, shelves, tables
from matinee.services.catalog.contract import AllowQuery, Gate, Numbered
from matinee.terms.language import Language
from matinee.terms.title import Card, Episode, Kind, State, Title
from matinee.terms.viewer import Viewer

MOST = 2000
"""Episodes a series, in what is answered at once."""

_LAST_SEASON = 9999

_t = tables.titles.c
_IN_SERIES = _t.series_id == bindparam("series")
_ORDER = ((_t.season == 0), _t.season, _t.number)  # specials last
_OF_SERIES = select(tables.titles).where(_IN_SERIES).order_by(*_ORDER).limit(MOST)
_NUMBERED = select(_t.id, _t.season, _t.number).where(_IN_SERIES, shelves.GATE).order_by(*_ORDER).limit(MOST)
_PLACES = select(_t.id, _t.number, _t.number_to).where(_IN_SERIES, _t.season == bindparam("season"))
_NEXT = (
    select(*rows.CARD)
    .where(_IN_SERIES, _t.season <= bindparam("last"), shelves.GATE)
    .where(tuple_(_t.season, _t.number) > tuple_(bindparam("season"), bindparam("number")))
    .order_by(_t.season, _t.number)
    .limit(1)
)
_COUNT = select(func.count()).select_from(tables.titles).where(_IN_SERIES)
_ONE_PUBLISHED = select(_t.id).where(_IN_SERIES, _t.state == State.PUBLISHED.value).limit(1).with_for_update(read=True)


def episodes(connection: Connection, series_id: str) -> list[Title]:
    """Whatever their state, in their order."""
    return [rows.title(row) for row in connection.execute(_OF_SERIES, {"series": series_id})]


def has_episodes(connection: Connection, series_id: str) -> bool:
    """Whatever their state."""
    return bool(connection.scalar(_COUNT, {"series": series_id}))


def has_published(connection: Connection, series_id: str) -> bool:
    """Is one of its episodes published?"""
    return connection.scalar(_ONE_PUBLISHED, {"series": series_id}) is not None


def outline(connection: Connection, asked: AllowQuery, now: datetime) -> list[Numbered]:
    """The episodes that this viewer may see, in their order."""
    found = connection.execute(_NUMBERED, {"series": asked.title_id, **shelves.gate(asked.viewer, now)})
    return [Numbered(row.id, row.season, row.number) for row in found]


def all_following(connection: Connection, asked: Gate, now: datetime) -> dict[str, Card]:
    """The next episode after each of those asked, where there is one."""
    found: dict[str, Card] = {}
    for title in rows.find_all(connection, asked.title_ids).values():
        card = following(connection, title.episode, asked.viewer, now, asked.languages) if title.episode else None
        if card is not None:
            found[title.id] = card
    named = shelves.with_series_titles(connection, list(found.values()), asked.languages)
    return dict(zip(found, named, strict=True))


def following(
    connection: Connection, episode: Episode, viewer: Viewer, now: datetime, languages: Sequence[Language]
) -> Card | None:
    """The next episode that this viewer may see: of any later season, or of the specials after a special. It lacks the title
    of its series."""
    last = 0 if episode.season == 0 else _LAST_SEASON
    place: dict[str, Any] = {"season": episode.season, "number": episode.number, "last": last}
    asked = {"series": episode.series_id, **place, **shelves.gate(viewer, now)}
    row = connection.execute(_NEXT, asked).one_or_none()
    return None if row is None else rows.card(row, languages)


def take_place(connection: Connection, title: Title) -> None:
    """Holds the title's place in its series until the transaction ends. Raises Invalid where the series is none,
    EpisodeTaken."""
    if title.episode is None:
        return
    series = rows.find_to_change(connection, title.episode.series_id)
    if series is None or series.kind is not Kind.SERIES:
        raise Invalid("There is no such series", field="episode.series_id")
    season = title.episode.season
    found = connection.execute(_PLACES, {"series": series.id, "season": season})
    taken = [(row.id, Episode(series.id, season, row.number, row.number_to)) for row in found]
    rules.check_free(title.id, title.episode, taken)


def settle(connection: Connection, before: Title, after: Title, now: datetime) -> list[Title]:
    """The series that a change of an episode shows or hides, each saved at its next revision."""
    if before.state is after.state and before.episode == after.episode:
        return []
    touched = {title.episode.series_id for title in (before, after) if title.episode}
    return [changed for series_id in sorted(touched) if (changed := _settle(connection, series_id, now))]


def _settle(connection: Connection, series_id: str, now: datetime) -> Title | None:
    series = rows.find_to_change(connection, series_id)
    if series is None:
        return None
    changed = rules.settled(series, now, has_published=has_published(connection, series_id))
    if changed == series:
        return None
    changed = replace(changed, revision=series.revision + 1)
    rows.save(connection, changed)
    return changed
