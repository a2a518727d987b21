"""Units of work on the rows of sessions. Each takes the connection of the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, update

from matinee.services.playback.contract import Ended
from matinee.services.playback.rules import Fit
from matinee.services.playback.tables import ended, sessions
from matinee.terms.rendition import Rendition
from matinee.terms.thumbnails import Thumbnails

Rows = Sequence[Row[Any]]

_HEAVY = {sessions.c.renditions, sessions.c.thumbnails, sessions.c.fit}
_LIGHT = [column for column in sessions.c if column not in _HEAVY]

# Built once: a statement costs more to build than to run.
_ADD = insert(sessions)
_FIND = select(sessions).where(sessions.c.id == bindparam("session_id"))
_BEAT = update(sessions).where(sessions.c.id == bindparam("session_id")).values(beat_at=bindparam("at_ms"))
_END = update(sessions).where(sessions.c.id.in_(bindparam("ids", expanding=True))).values(ended_at=bindparam("at_ms"))
_REFIT = (
    update(sessions)
    .where(sessions.c.id == bindparam("session_id"), sessions.c.fit.is_not(None))
    .values(renditions=bindparam("chosen"), thumbnails=bindparam("small"), fit=bindparam("again"))
)
"""A session whose encode was complete before stays as it is: another that asked at the same time knew more."""

_LIST = insert(ended)
_NEWEST = select(func.max(ended.c.cursor))
_FORGET = delete(ended).where(
    ended.c.media_expires_at <= bindparam("now_ms"), ended.c.cursor < _NEWEST.scalar_subquery()
)
"""Keeps the newest row whatever its age: the cursor is read off it."""

_ENDED = (
    select(ended.c.session_id)
    .where(
        ended.c.cursor > bindparam("start"),
        ended.c.cursor <= bindparam("newest"),
        ended.c.media_expires_at > bindparam("now_ms"),
    )
    .order_by(ended.c.cursor)
)


def add(
    connection: Connection,
    renditions: list[Rendition],
    thumbnails: Thumbnails | None,
    fit: Fit | None,
    **columns: Any,
) -> None:
    """Writes a session; `columns` are the others of the table."""
    packed = {"renditions": _packed(renditions), "thumbnails": _packed(thumbnails), "fit": _packed(fit)}
    connection.execute(_ADD, {**packed, **columns})


def _packed(value: Any) -> bytes | None:
    return None if value is None else msgspec.msgpack.encode(value)


def refit(
    connection: Connection, session_id: str, renditions: list[Rendition], thumbnails: Thumbnails | None, fit: Fit | None
) -> None:
    """Writes what was chosen anew; without a fit nothing more is."""
    packed = {"chosen": _packed(renditions), "small": _packed(thumbnails), "again": _packed(fit)}
    connection.execute(_REFIT, {"session_id": session_id, **packed})


def find(connection: Connection, session_id: str) -> Row[Any] | None:
    """The session's row, ended or not."""
    return connection.execute(_FIND, {"session_id": session_id}).one_or_none()


def renditions(row: Row[Any]) -> list[Rendition]:
    """Those that were chosen for the session, best first."""
    return msgspec.msgpack.decode(row.renditions, type=list[Rendition])


def fit(row: Row[Any]) -> Fit:
    """What is chosen for, of a session whose encode is not complete."""
    return msgspec.msgpack.decode(row.fit, type=Fit)


def thumbnails(row: Row[Any]) -> Thumbnails | None:
    """The film's, where it had them when the session began."""
    return msgspec.msgpack.decode(row.thumbnails, type=Thumbnails) if row.thumbnails else None


def not_ended(connection: Connection, where: ColumnElement[bool]) -> Rows:
    """Rows without the renditions, locked against another that counts them at the same time."""
    query = select(*_LIGHT).where(where, sessions.c.ended_at.is_(None)).order_by(sessions.c.id)
    return connection.execute(query.with_for_update()).all()


def beat(connection: Connection, session_id: str, at_ms: int) -> None:
    """Holds the lease from this moment of real time."""
    connection.execute(_BEAT, {"session_id": session_id, "at_ms": at_ms})


def end(connection: Connection, rows: Rows, now_ms: int) -> None:
    """Ends them. Those whose media token still counts go onto the list that appliances follow."""
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        connection.execute(_END, {"ids": ids[start : start + 500], "at_ms": now_ms})
    listed = [
        {"session_id": row.id, "media_expires_at": row.media_expires_at}
        for row in rows
        if row.media_expires_at > now_ms
    ]
    if listed:
        connection.execute(_LIST, listed)
        connection.execute(_FORGET, {"now_ms": now_ms})


def ended_after(connection: Connection, after: int, now_ms: int) -> Ended:
    """Sessions put on the list after the cursor whose media tokens have not expired.

    A negative cursor, or one that this database never gave (it was restored or reset), asks for all.
    """
    newest = connection.scalar(_NEWEST) or 0
    start = after if 0 <= after <= newest else 0
    found = connection.scalars(_ENDED, {"start": start, "newest": newest, "now_ms": now_ms})
    return Ended(newest, list(found))
