"""What a viewer finds on the shelves: cards, pages, genres and pictures, each by one query that holds the gate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, tuple_

from matinee.runtime.clock import milliseconds
from matinee.services.catalog import rows, rules, tables
from matinee.services.catalog.contract import Card, Page, Poster, State, slug
from matinee.terms.viewer import Role, Viewer

_t, _g = tables.titles.c, tables.genres.c

# The same rule as `rules.may_see`; a test compares the two.
GATE = and_(
    _t.state == State.PUBLISHED.value,
    _t.maturity <= bindparam("maturity"),
    or_(_t.territories == "", func.instr(_t.territories, bindparam("territory")) > 0),
    _t.starts_at <= bindparam("now"),
    _t.ends_at > bindparam("now"),
)
_VISIBLE = select(*rows.CARD).where(_t.id.in_(bindparam("ids", expanding=True)), GATE)
_NEWEST = (
    select(*rows.CARD, _t.published_at)
    .where(GATE, tuple_(_t.published_at, _t.id) < tuple_(bindparam("at"), bindparam("id")))
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
_ANY_POSTER = select(_t.poster).where(_t.poster_id == bindparam("image"))
_POSTER = _ANY_POSTER.where(GATE)


def visible(connection: Connection, title_ids: list[str], viewer: Viewer, now: datetime) -> list[Card]:
    """The cards of those that may be seen, in the order asked."""
    cards: dict[str, Card] = {}
    for ids in rows.pieces_of(title_ids):
        found = connection.execute(_VISIBLE, {"ids": ids, **_gate(viewer, now)})
        cards.update((row[0], rows.card(row)) for row in found)
    return [cards[title_id] for title_id in title_ids if title_id in cards]


def page(
    connection: Connection, viewer: Viewer, now: datetime, genre: str | None, before: tuple[int, str] | None, limit: int
) -> Page:
    """One page of the newest, of a genre where it is given, after the place `before`."""
    at, title_id = before or (rows.FOREVER, "")
    asked: dict[str, Any] = {"at": at, "id": title_id, "limit": limit + 1, **_gate(viewer, now)}
    if genre is None:
        found = connection.execute(_NEWEST, asked).all()
    else:
        found = connection.execute(_NEWEST_OF_GENRE, {"slug": slug(genre), **asked}).all()
    following = rules.cursor(found[limit - 1].published_at, found[limit - 1].id) if len(found) > limit else None
    return Page([rows.card(row) for row in found[:limit]], following)


def genres(connection: Connection, viewer: Viewer, now: datetime) -> list[str]:
    """The names of genres with a title for this viewer, the fullest first."""
    return list(connection.execute(_GENRES, _gate(viewer, now)).scalars())


def poster(connection: Connection, image_id: str, viewer: Viewer, now: datetime) -> Poster | None:
    """The picture, where this viewer may see its title; an editor may see any."""
    if Role.EDITOR in viewer.roles:
        found = connection.execute(_ANY_POSTER, {"image": image_id}).scalar()
    else:
        found = connection.execute(_POSTER, {"image": image_id, **_gate(viewer, now)}).scalar()
    return rows.poster(found) if found else None


def _gate(viewer: Viewer, now: datetime) -> dict[str, Any]:
    return {"maturity": int(viewer.maturity), "territory": f",{viewer.territory},", "now": milliseconds(now)}
