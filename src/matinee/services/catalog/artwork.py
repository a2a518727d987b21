"""The artwork of titles: what may stand for a title in each shape, and which of it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from matinee.runtime.errors import Conflict, NotFound
from matinee.services.catalog import rows, shelves, tables
from matinee.services.catalog.contract import Candidates
from matinee.terms.artwork import Artwork, Candidate, Poster, Shape
from matinee.terms.title import Title
from matinee.terms.viewer import Role, Viewer

MOST = 100
"""Pieces of artwork a title."""

_a, _t = tables.artwork.c, tables.titles.c
_COLUMN = {Shape.LANDSCAPE: "poster", Shape.PORTRAIT: "portrait", Shape.SQUARE: "square"}

# In the order in which one stands for its title before another.
_OF_TITLE = (
    select(tables.artwork)
    .where(_a.title_id == bindparam("title_id"))
    .order_by(_a.picked.desc(), _a.supplied.desc(), _a.score.desc(), _a.id.desc())
)
_ANY = select(_a.image).where(_a.id == bindparam("image"))
_CHOSEN = (
    _ANY.join_from(tables.artwork, tables.titles, _a.title_id == _t.id)
    .where(or_(_t.poster_id == _a.id, _t.portrait_id == _a.id, _t.square_id == _a.id))
    .where(shelves.GATE)
)


def add(connection: Connection, title_id: str, offered: Sequence[Artwork]) -> None:
    """Those that are new. Raises Conflict where they are too many."""
    known = set(connection.execute(select(_a.id).where(_a.title_id == title_id)).scalars())
    new = {each.image.id: _values(title_id, each) for each in offered if each.image.id not in known}
    if len(known) + len(new) > MOST:
        raise Conflict(f"A title keeps at most {MOST} pictures; remove some of its own first.")
    if new:
        connection.execute(insert(tables.artwork), list(new.values()))


def pick(connection: Connection, title_id: str, shape: Shape, image_id: str | None) -> None:
    """The editor's wish for one shape, or none. Raises NotFound."""
    of_shape = (_a.title_id == title_id, _a.shape == shape.value)
    connection.execute(update(tables.artwork).where(*of_shape).values(picked=False))
    if image_id is None:
        return
    picked = connection.execute(update(tables.artwork).where(*of_shape, _a.id == image_id).values(picked=True))
    if picked.rowcount == 0:
        raise NotFound("This title has no such picture of this shape")


def drop(connection: Connection, title_id: str, image_id: str) -> None:
    """Forgets one that was supplied. Raises NotFound, Conflict."""
    row = connection.execute(select(_a.supplied).where(_a.title_id == title_id, _a.id == image_id)).one_or_none()
    if row is None:
        raise NotFound("This title has no such picture")
    if not row.supplied:
        raise Conflict("A frame of the film stays; choose another picture instead.")
    connection.execute(delete(tables.artwork).where(_a.id == image_id))


def forget(connection: Connection, title_id: str) -> None:
    """All of a title's."""
    connection.execute(delete(tables.artwork).where(_a.title_id == title_id))


def hung(connection: Connection, title: Title) -> Title:
    """The title with the first of each shape to stand for it."""
    first: dict[str, Poster] = {}
    for row in connection.execute(_OF_TITLE, {"title_id": title.id}):
        first.setdefault(_COLUMN[Shape(row.shape)], rows.image(row.image))
    return replace(title, **{column: first.get(column) for column in _COLUMN.values()})


def candidates(connection: Connection, title_id: str) -> Candidates:
    """All of a title's, by shape, those supplied first, then the best."""
    known = connection.execute(_OF_TITLE, {"title_id": title_id}).all()
    shapes = list(Shape)
    first = {shape: next((row.id for row in known if row.shape == shape.value), None) for shape in shapes}
    found = [_candidate(row, chosen=first[Shape(row.shape)] == row.id) for row in known]
    found.sort(key=lambda each: (shapes.index(each.artwork.shape), not each.artwork.supplied, -each.artwork.score))
    return Candidates(found)


def shown(connection: Connection, image_id: str, viewer: Viewer, now: datetime) -> Poster | None:
    """The picture, where it stands for a title that this viewer may see; an editor may see any."""
    if Role.EDITOR in viewer.roles:
        found = connection.execute(_ANY, {"image": image_id}).scalar()
    else:
        found = connection.execute(_CHOSEN, {"image": image_id, **shelves.gate(viewer, now)}).scalar()
    return rows.image(found) if found else None


def _candidate(row: Row[Any], *, chosen: bool) -> Candidate:
    artwork = Artwork(rows.image(row.image), Shape(row.shape), row.score, row.supplied)
    return Candidate(artwork, chosen=chosen, picked=row.picked)


def _values(title_id: str, of: Artwork) -> dict[str, Any]:
    return {
        "id": of.image.id,
        "title_id": title_id,
        "shape": of.shape.value,
        "image": rows.image_text(of.image),
        "score": of.score,
        "supplied": of.supplied,
        "picked": False,
    }
