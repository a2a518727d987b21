"""Units of work on the rows of sessions. Each takes the connection of the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from matinee.services.playback.contract import Ended
from matinee.services.playback.leases import Stream
from matinee.services.playback.tables import ended, sessions
from matinee.terms.rendition import Rendition

Rows = Sequence[Row[Any]]

_STREAM = (
    sessions.c.id,
    sessions.c.profile_id,
    sessions.c.login,
    sessions.c.title_id,
    sessions.c.device,
    sessions.c.started_at,
    sessions.c.beat_at,
)


def add(connection: Connection, renditions: list[Rendition], **columns: Any) -> None:
    """Writes a session; `columns` are the others of the table."""
    connection.execute(insert(sessions).values(renditions=msgspec.msgpack.encode(renditions), **columns))


def find(connection: Connection, session_id: str) -> Row[Any] | None:
    """The session's row, ended or not."""
    return connection.execute(select(sessions).where(sessions.c.id == session_id)).one_or_none()


def renditions(row: Row[Any]) -> list[Rendition]:
    """Those that were chosen for the session, best first."""
    return msgspec.msgpack.decode(row.renditions, type=list[Rendition])


def streams(connection: Connection, account_id: str) -> list[Stream]:
    """The account's sessions that have not ended, locked against another that counts them at the same time."""
    query = select(*_STREAM).where(sessions.c.account_id == account_id, sessions.c.ended_at.is_(None))
    return [Stream(*row) for row in connection.execute(query.with_for_update())]


def beat(connection: Connection, session_id: str, at_ms: int) -> None:
    """Holds the lease from this moment of real time."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(beat_at=at_ms))


def end(connection: Connection, where: ColumnElement[bool], now_ms: int) -> Rows:
    """Ends those that have not ended; returns their rows. Those whose media token still counts go onto the list."""
    query = select(sessions).where(where, sessions.c.ended_at.is_(None)).order_by(sessions.c.id).with_for_update()
    rows = connection.execute(query).all()
    if not rows:
        return rows
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        part = sessions.c.id.in_(ids[start : start + 500])
        connection.execute(update(sessions).where(part).values(ended_at=now_ms))
    listed = [
        {"session_id": row.id, "media_expires_at": row.media_expires_at}
        for row in rows
        if row.media_expires_at > now_ms
    ]
    if listed:
        connection.execute(insert(ended), listed)
        _forget_expired(connection, now_ms)
    return rows


def ended_after(connection: Connection, after: int, now_ms: int) -> Ended:
    """Sessions put on the list after the cursor whose media tokens have not expired.

    A negative cursor, or one that this database never gave (it was restored or reset), asks for all.
    """
    newest = connection.scalar(select(func.max(ended.c.cursor))) or 0
    start = after if 0 <= after <= newest else 0
    query = (
        select(ended.c.session_id)
        .where(ended.c.cursor > start, ended.c.cursor <= newest, ended.c.media_expires_at > now_ms)
        .order_by(ended.c.cursor)
    )
    return Ended(newest, list(connection.scalars(query)))


def _forget_expired(connection: Connection, now_ms: int) -> None:
    """Keeps the newest row whatever its age: the cursor is read off it."""
    newest = connection.scalar(select(func.max(ended.c.cursor)))
    connection.execute(delete(ended).where(ended.c.media_expires_at <= now_ms, ended.c.cursor < newest))
