"""What a viewer finds on the shelves: cards, pages and genres, each by one query that holds the gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, and_, bindparam, func, or_, select, tuple_

from matinee.runtime.clock import milliseconds
from matinee.services.catalog import rows, rules, tables
from matinee.services.catalog.contract import Browse, Gate, Page
from matinee.terms.genre import slug
from matinee.terms.language import Language
from matinee.terms.title import Card, Kind, State
from matinee.terms.viewer import Viewer

_t, _g = tables.titles.c, tables.genres.c
_series, _episodes = tables.titles.alias("its_series"), tables.titles.alias("its_episodes")


def _open(columns: Any) -> Any:
    """The same rule as `rules.may_see`; a test compares the two."""
    return and_(
        columns.state == State.PUBLISHED.value,
        columns.maturity <= bindparam("maturity"),
        or_(columns.territories == "", func.instr(columns.territories, bindparam("territory")) > 0),
        columns.starts_at <= bindparam("now"),
        columns.ends_at > bindparam("now"),
    )


_OPEN_SERIES = select(_series.c.id).where(_series.c.id == _t.series_id, _open(_series.c)).exists()
_OPEN_EPISODE = select(_episodes.c.id).where(_episodes.c.series_id == _t.id, _open(_episodes.c)).exists()

GATE = and_(
    _open(_t),
    or_(
        _t.kind == Kind.FILM.value,
        and_(_t.kind == Kind.EPISODE.value, _OPEN_SERIES),
        and_(_t.kind == Kind.SERIES.value, _OPEN_EPISODE),
    ),
)
_VISIBLE = select(*rows.CARD).where(_t.id.in_(bindparam("ids", expanding=True)), GATE)
_NEWEST = (
    select(*rows.CARD, _t.published_at)
    .where(_t.series_id.is_(None), GATE)
    .where(tuple_(_t.published_at, _t.id) < tuple_(bindparam("at"), bindparam("id")))
    .order_by(_t.published_at.desc(), _t.id.desc())
    .limit(bindparam("limit"))
)
_NEWEST_OF_GENRE = (
    select(*rows.CARD, _t.published_at)
    .join_from(tables.genres, tables.titles, _g.title_id == _t.id)
    .where(
        _g.slug == bindparam("slug"), tuple_(_g.published_at, _g.title_id) < tuple_(bindparam("at"), bindparam("id"))
    )
    .where(GATE)
    .order_by(_g.published_at.desc(), _g.title_id.desc())
    .limit(bindparam("limit"))
)
_GENRES = (
    select(func.min(_g.name))
    .join_from(tables.genres, tables.titles, _g.title_id == _t.id)
    .where(GATE)
    .group_by(_g.slug)
    .order_by(func.count().desc(), _g.slug)
)
_PICTURES = (
    select(_t.poster_id, _t.portrait_id)
    .where(_t.series_id == bindparam("series"), _t.poster_id.is_not(None), GATE)
    .order_by((_t.season == 0), _t.season, _t.number)
    .limit(1)
)
_NAMES = select(*rows.NAME).where(_t.id.in_(bindparam("ids", expanding=True)))


def visible(connection: Connection, asked: Gate, now: datetime) -> list[Card]:
    """The cards of those that may be seen, in the order asked."""
    cards: dict[str, Card] = {}
    for ids in rows.pieces_of(asked.title_ids):
        found = connection.execute(_VISIBLE, {"ids": ids, **gate(asked.viewer, now)})
        cards.update((row.id, rows.card(row, asked.languages)) for row in found)
    ordered = [cards[title_id] for title_id in asked.title_ids if title_id in cards]
    return with_series_titles(connection, _with_pictures(connection, ordered, asked.viewer, now), asked.languages)


def with_series_titles(connection: Connection, cards: list[Card], languages: Sequence[Language]) -> list[Card]:
    """The cards, those of episodes with the title of their series."""
    wanted = sorted({card.episode.series_id for card in cards if card.episode})
    if not wanted:
        return cards
    pieces = (connection.execute(_NAMES, {"ids": ids}) for ids in rows.pieces_of(wanted))
    names = {row.id: rows.name(row, languages) for found in pieces for row in found}
    return [replace(card, series_title=names.get(card.episode.series_id)) if card.episode else card for card in cards]


def page(connection: Connection, asked: Browse, before: tuple[int, str] | None, now: datetime) -> Page:
    """One page of the newest, of a genre where it is given, after the place `before`."""
    at, title_id = before or (rows.FOREVER, "")
    limit = asked.limit
    values: dict[str, Any] = {"at": at, "id": title_id, "limit": limit + 1, **gate(asked.viewer, now)}
    if asked.genre is None:
        found = connection.execute(_NEWEST, values).all()
    else:
        found = connection.execute(_NEWEST_OF_GENRE, {"slug": slug(asked.genre), **values}).all()
    following = rules.cursor(found[limit - 1].published_at, found[limit - 1].id) if len(found) > limit else None
    cards = [rows.card(row, asked.languages) for row in found[:limit]]
    return Page(_with_pictures(connection, cards, asked.viewer, now), following)


def _with_pictures(connection: Connection, cards: list[Card], viewer: Viewer, now: datetime) -> list[Card]:
    """The cards, where a series without a picture has that of its first episode which this viewer may see."""
    return [
        _with_picture(connection, card, viewer, now) if card.kind is Kind.SERIES and card.poster_id is None else card
        for card in cards
    ]


def _with_picture(connection: Connection, card: Card, viewer: Viewer, now: datetime) -> Card:
    found = connection.execute(_PICTURES, {"series": card.id, **gate(viewer, now)}).one_or_none()
    return card if found is None else replace(card, poster_id=found.poster_id, portrait_id=found.portrait_id)


def genres(connection: Connection, viewer: Viewer, now: datetime) -> list[str]:
    """The names of genres with a title for this viewer, the fullest first."""
    return list(connection.execute(_GENRES, gate(viewer, now)).scalars())


def gate(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What `GATE` asks of a viewer."""
    return {"maturity": int(viewer.maturity), "territory": f",{viewer.territory},", "now": milliseconds(now)}
