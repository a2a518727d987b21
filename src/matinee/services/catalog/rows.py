"""Titles as rows, and rows as titles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from matinee.runtime.clock import milliseconds, moment
from matinee.services.catalog import tables
from matinee.services.catalog.contract import Card, Encode, File, Metadata, Poster, Rights, State, Title, slug
from matinee.terms.maturity import Maturity

FOREVER = 2**63 - 1
_TOGETHER = 1000  # ids in one query; a gate asks for far fewer

_t = tables.titles.c
_genres = msgspec.json.Decoder(list[str])
_poster = msgspec.json.Decoder(Poster)
_encode = msgspec.msgpack.Decoder(Encode)
_files = msgspec.msgpack.Decoder(list[File])

CARD = (_t.id, _t.title, _t.year, _t.maturity, _t.genres, _t.duration_ms, _t.poster_id)
_ONE = select(tables.titles).where(_t.id == bindparam("title_id"))
_ONE_TO_CHANGE = _ONE.with_for_update()
_BY_KEY = select(tables.titles).where(_t.creation_key == bindparam("key"))
_BY_IDS = select(tables.titles).where(_t.id.in_(bindparam("ids", expanding=True)))
_WITH_ENCODE = (
    select(tables.titles, tables.encodes.c.body)
    .outerjoin(tables.encodes, tables.encodes.c.title_id == _t.id)
    .where(_t.id == bindparam("title_id"))
)
_ENCODE = (
    select(_t.id, tables.encodes.c.body, tables.encodes.c.files)
    .outerjoin(tables.encodes, tables.encodes.c.title_id == _t.id)
    .where(_t.id == bindparam("title_id"))
)


def find(connection: Connection, title_id: str) -> Title | None:
    """The title to read."""
    row = connection.execute(_ONE, {"title_id": title_id}).one_or_none()
    return None if row is None else title(row)


def find_to_change(connection: Connection, title_id: str) -> Title | None:
    """The title, held until the transaction ends."""
    row = connection.execute(_ONE_TO_CHANGE, {"title_id": title_id}).one_or_none()
    return None if row is None else title(row)


def find_by_key(connection: Connection, key: str) -> Title | None:
    """The title that was created with this key."""
    row = connection.execute(_BY_KEY, {"key": key}).one_or_none()
    return None if row is None else title(row)


def find_all(connection: Connection, title_ids: list[str]) -> dict[str, Title]:
    """Those of the ids that are known."""
    pieces = (connection.execute(_BY_IDS, {"ids": piece}) for piece in pieces_of(title_ids))
    return {row.id: title(row) for rows in pieces for row in rows}


def find_with_encode(connection: Connection, title_id: str) -> tuple[Title, Encode | None] | None:
    """The title and its encode without the list of files."""
    row = connection.execute(_WITH_ENCODE, {"title_id": title_id}).one_or_none()
    return None if row is None else (title(row), row.body and _encode.decode(row.body))


def find_encode(connection: Connection, title_id: str) -> tuple[str, Encode | None] | None:
    """The title's id and its whole encode; None where the title is unknown."""
    row = connection.execute(_ENCODE, {"title_id": title_id}).one_or_none()
    if row is None:
        return None
    if row.body is None:
        return row.id, None
    return row.id, msgspec.structs.replace(_encode.decode(row.body), files=_files.decode(row.files))


def add(connection: Connection, key: str, made: Title) -> None:
    """Writes a new title. Raises IntegrityError where the key is taken."""
    connection.execute(insert(tables.titles).values(id=made.id, creation_key=key, **_values(made)))


def save(connection: Connection, changed: Title) -> None:
    """Writes the title over its former self, and its genres where it is published."""
    connection.execute(update(tables.titles).where(_t.id == changed.id).values(**_values(changed)))
    connection.execute(delete(tables.genres).where(tables.genres.c.title_id == changed.id))
    if changed.state is State.PUBLISHED and changed.published_at and changed.metadata.genres:
        at = milliseconds(changed.published_at)
        of_title = {slug(name): name for name in reversed(changed.metadata.genres)}
        rows = [{"slug": key, "title_id": changed.id, "name": of_title[key], "published_at": at} for key in of_title]
        connection.execute(insert(tables.genres), rows)


def forget(connection: Connection, title_id: str) -> None:
    """Deletes a title that has neither genres nor an encode."""
    connection.execute(delete(tables.titles).where(_t.id == title_id))


def save_encode(connection: Connection, title_id: str, encode: Encode) -> None:
    """Puts the encode in place of the one before."""
    body = msgspec.msgpack.encode(msgspec.structs.replace(encode, files=[]))
    files = msgspec.msgpack.encode(encode.files)
    connection.execute(delete(tables.encodes).where(tables.encodes.c.title_id == title_id))
    connection.execute(insert(tables.encodes).values(title_id=title_id, body=body, files=files))


def pieces_of(title_ids: list[str]) -> Iterable[list[str]]:
    """The ids, as many at a time as one query takes."""
    return (title_ids[start : start + _TOGETHER] for start in range(0, len(title_ids), _TOGETHER))


def title(row: Row[Any]) -> Title:
    """The title of a whole row."""
    metadata = Metadata(
        row.title, row.synopsis, row.year, _genres.decode(row.genres), Maturity(row.maturity), row.language
    )
    return Title(
        id=row.id,
        state=State(row.state),
        metadata=metadata,
        rights=_rights(row),
        duration_ms=row.duration_ms,
        poster=row.poster and _poster.decode(row.poster),
        encode_id=row.encode_id,
        created_at=moment(row.created_at),
        published_at=None if row.published_at is None else moment(row.published_at),
        revision=row.revision,
    )


def card(columns: Any) -> Card:
    """The card of a row that begins with the columns `CARD`."""
    title_id, name, year, maturity, genres, duration_ms, poster_id = columns[:7]
    return Card(title_id, name, year, Maturity(maturity), _genres.decode(genres), duration_ms, poster_id)


def poster(text: str) -> Poster:
    """The picture of the column `poster`."""
    return _poster.decode(text)


def _rights(row: Row[Any]) -> Rights:
    return Rights(
        frozenset(row.territories.strip(",").split(",")) if row.territories else frozenset(),
        moment(row.starts_at) if row.starts_at else None,
        moment(row.ends_at) if row.ends_at != FOREVER else None,
    )


def _values(of: Title) -> dict[str, Any]:
    metadata, rights = of.metadata, of.rights
    return {
        "state": of.state.value,
        "title": metadata.title,
        "synopsis": metadata.synopsis,
        "year": metadata.year,
        "genres": msgspec.json.encode(metadata.genres).decode(),
        "maturity": int(metadata.maturity),
        "language": metadata.language,
        "territories": f",{','.join(sorted(rights.territories))}," if rights.territories else "",
        "starts_at": _ms(rights.starts_at) or 0,
        "ends_at": FOREVER if rights.ends_at is None else milliseconds(rights.ends_at),
        "duration_ms": of.duration_ms,
        "poster_id": of.poster and of.poster.id,
        "poster": of.poster and msgspec.json.encode(of.poster).decode(),
        "encode_id": of.encode_id,
        "created_at": milliseconds(of.created_at),
        "published_at": _ms(of.published_at),
        "revision": of.revision,
    }


def _ms(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)
