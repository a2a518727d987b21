"""Titles as rows, and rows as titles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from matinee.runtime.clock import milliseconds, moment
from matinee.services.catalog import rules, tables
from matinee.services.catalog.contract import ListTitles
from matinee.terms.artwork import Poster
from matinee.terms.encode import Encode, File
from matinee.terms.genre import slug
from matinee.terms.language import Language, lookup
from matinee.terms.maturity import Maturity
from matinee.terms.title import Card, Episode, Kind, Metadata, Rights, State, Title, Words

FOREVER = 2**63 - 1
_TOGETHER = 1000  # ids in one query; a gate asks for far fewer

_t = tables.titles.c
_genres = msgspec.json.Decoder(list[str])
_by_language = msgspec.json.Decoder(dict[str, str])
_poster = msgspec.json.Decoder(Poster)
_encode = msgspec.msgpack.Decoder(Encode)
_files = msgspec.msgpack.Decoder(list[File])

NAME = (_t.id, _t.title, _t.language, _t.names)
CARD = (
    *NAME,
    *(_t.year, _t.maturity, _t.genres, _t.duration_ms, _t.poster_id, _t.portrait_id),
    *(_t.kind, _t.series_id, _t.season, _t.number, _t.number_to),
)
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


def listed(connection: Connection, asked: ListTitles) -> list[Title]:
    """One page of the studio's list, newest first."""
    query = select(tables.titles).order_by(_t.id.desc()).limit(asked.limit)
    if asked.before is not None:
        query = query.where(_t.id < asked.before)
    if asked.state is not None:
        query = query.where(_t.state == asked.state.value)
    if asked.kind is not None:
        query = query.where(_t.kind == asked.kind.value)
    if asked.text.strip():
        query = query.where(_t.folded.contains(rules.folded(asked.text.strip()), autoescape=True))
    return [title(row) for row in connection.execute(query)]


def languages(connection: Connection) -> list[Language]:
    """Those of published titles, each found by one step in the index."""
    found: list[Language] = []
    language = tables.languages.c.language
    while following := connection.scalar(select(func.min(language)).where(language > (found[-1] if found else ""))):
        found.append(following)
    return found


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
    """Writes the title over its former self, and where it is published its languages, and its genres unless it is an
    episode: they are its series'."""
    connection.execute(update(tables.titles).where(_t.id == changed.id).values(**_values(changed)))
    for table in (tables.genres, tables.languages):
        connection.execute(delete(table).where(table.c.title_id == changed.id))
    if changed.state is State.PUBLISHED and changed.published_at:
        _save_languages(connection, changed)
        if changed.metadata.genres and changed.kind is not Kind.EPISODE:
            _save_genres(connection, changed, milliseconds(changed.published_at))


def _save_genres(connection: Connection, of: Title, published_at: int) -> None:
    names = {slug(name): name for name in reversed(of.metadata.genres)}
    shared = {"title_id": of.id, "published_at": published_at}
    connection.execute(insert(tables.genres), [{"slug": key, "name": name, **shared} for key, name in names.items()])


def _save_languages(connection: Connection, of: Title) -> None:
    spoken = {of.metadata.language, *of.metadata.translations}
    connection.execute(insert(tables.languages), [{"language": tag, "title_id": of.id} for tag in sorted(spoken)])


def forget(connection: Connection, title_id: str) -> None:
    """Deletes a title that is not published, with its encode."""
    connection.execute(delete(tables.encodes).where(tables.encodes.c.title_id == title_id))
    connection.execute(delete(tables.titles).where(_t.id == title_id))


def save_encode(connection: Connection, title_id: str, encode: Encode) -> None:
    """Puts the encode in place of the one before."""
    body = msgspec.msgpack.encode(msgspec.structs.replace(encode, files=[]))
    files = msgspec.msgpack.encode(encode.files)
    connection.execute(delete(tables.encodes).where(tables.encodes.c.title_id == title_id))
    connection.execute(insert(tables.encodes).values(title_id=title_id, body=body, files=files))


def change_encode(connection: Connection, title_id: str, encode: Encode) -> None:
    """What is said of an encode; its files stay."""
    body = msgspec.msgpack.encode(msgspec.structs.replace(encode, files=[]))
    connection.execute(update(tables.encodes).where(tables.encodes.c.title_id == title_id).values(body=body))


def pieces_of(title_ids: list[str]) -> Iterable[list[str]]:
    """The ids, as many at a time as one query takes."""
    return (title_ids[start : start + _TOGETHER] for start in range(0, len(title_ids), _TOGETHER))


def title(row: Row[Any]) -> Title:
    """The title of a whole row."""
    metadata = Metadata(
        row.title,
        row.synopsis,
        row.year,
        _genres.decode(row.genres),
        Maturity(row.maturity),
        row.language,
        _translations(row),
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
        portrait=row.portrait and _poster.decode(row.portrait),
        square=row.square and _poster.decode(row.square),
        kind=Kind(row.kind),
        episode=_episode(row),
    )


def card(row: Any, languages: Sequence[Language]) -> Card:
    """The card of a row that has the columns `CARD`, in the first of the languages that it has. An episode's lacks the title
    of its series."""
    return Card(
        id=row.id,
        title=name(row, languages),
        year=row.year,
        maturity=Maturity(row.maturity),
        genres=_genres.decode(row.genres),
        duration_ms=row.duration_ms,
        poster_id=row.poster_id,
        portrait_id=row.portrait_id,
        kind=Kind(row.kind),
        episode=_episode(row),
    )


def name(row: Any, languages: Sequence[Language]) -> str:
    """The title of a row that has the columns `NAME`, in the first of the languages that it has."""
    if row.names is None or not languages:
        return row.title
    names: dict[str, str] = _by_language.decode(row.names)
    original: str = row.title
    return names.get(lookup(languages, [row.language, *names]) or "", original)


def image(text: str) -> Poster:
    """The picture that a column holds."""
    return _poster.decode(text)


def image_text(of: Poster) -> str:
    """A picture as a column holds it."""
    return msgspec.json.encode(of).decode()


def _episode(row: Any) -> Episode | None:
    return None if row.series_id is None else Episode(row.series_id, row.season, row.number, row.number_to)


def _translations(row: Any) -> dict[str, Words]:
    if row.names is None:
        return {}
    names: dict[str, str] = _by_language.decode(row.names)
    synopses: dict[str, str] = _by_language.decode(row.synopses)
    return {tag: Words(named, synopses[tag]) for tag, named in names.items()}


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
        **_pictures(of),
        "encode_id": of.encode_id,
        "created_at": milliseconds(of.created_at),
        "published_at": _ms(of.published_at),
        "revision": of.revision,
        **_place(of),
        **_words(metadata),
    }


def _place(of: Title) -> dict[str, Any]:
    place = of.episode
    return {
        "kind": of.kind.value,
        "series_id": place and place.series_id,
        "season": place and place.season,
        "number": place and place.number,
        "number_to": place and place.number_to,
    }


def _words(metadata: Metadata) -> dict[str, str | None]:
    others = metadata.translations
    names = [metadata.title, *(words.title for words in others.values())]
    return {
        "names": _text({tag: words.title for tag, words in others.items()}),
        "synopses": _text({tag: words.synopsis for tag, words in others.items()}),
        "folded": rules.folded("\n".join(names)),
    }


def _text(by_language: dict[str, str]) -> str | None:
    return msgspec.json.encode(by_language).decode() if by_language else None


def _pictures(of: Title) -> dict[str, str | None]:
    shapes = {"poster": of.poster, "portrait": of.portrait, "square": of.square}
    ids = {f"{shape}_id": image and image.id for shape, image in shapes.items()}
    return ids | {shape: image and image_text(image) for shape, image in shapes.items()}


def _ms(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)
