from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from secrets import token_bytes
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row

from matinee.backends.sql.outbox import publish
from matinee.backends.sql.port import Database
from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import Invalid
from matinee.runtime.events import Event
from matinee.runtime.ids import EVENT, SESSION, Ids
from matinee.services.playback import keys, leases, rules, sessions, tables
from matinee.services.playback.contract import (
    Beat,
    Beaten,
    ByToken,
    Close,
    CloseAll,
    ContentKey,
    Ended,
    Licence,
    LicenceQuery,
    MakeKey,
    NoSuchSession,
    NotLicensed,
    ObserveEnded,
    Open,
    Refit,
    Session,
)
from matinee.services.playback.masters import Masters
from matinee.services.playback.rules import Fit
from matinee.services.playback.session_token import SessionTokens
from matinee.services.playback.sessions import Rows
from matinee.terms.rendition import Rendition

LONGEST_WAIT_S = 30.0
_LOOK_AGAIN_S = 1.0  # for what another process of this service ended


class Service:
    """Playback over one database. `secrets` are those of session tokens, the newest first; `masters` wrap the films' keys,
    which `draw` makes: so many random bytes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        secrets: Sequence[bytes],
        masters: Masters,
        draw: Callable[[int], bytes] = token_bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._tokens = SessionTokens(secrets)
        self._masters = masters
        self._draw = draw
        self._bell = Bell()

    async def open(self, message: Open) -> Session:
        if message.viewer.profile_id is None:
            raise Invalid("a stream is opened for a profile; choose one first", field="profile_id")
        chosen = rules.suitable(message.renditions, Fit(message.device, message.max_height))
        session = self._session(message, message.viewer.profile_id, chosen)
        some_ended = await self._database.transact(lambda connection: self._admit(connection, message, session))
        self._ring(some_ended)
        return session

    async def session(self, message: ByToken) -> Session:
        return self._as_session(await self._by_token(message.session_id, message.token))

    async def refit(self, message: Refit) -> Session:
        row = await self._by_token(message.session_id, message.token)
        if row.fit is None:
            return self._as_session(row)
        known = sessions.renditions(row)
        fit = sessions.fit(row)
        chosen = rules.suitable(message.renditions, rules.keeping(fit, known))
        again = None if message.complete else fit
        if message.complete or chosen != known:
            await self._database.transact(
                lambda connection: sessions.refit(connection, row.id, chosen, message.thumbnails, again)
            )
        changed = {"renditions": chosen, "thumbnails": message.thumbnails, "complete": message.complete}
        return replace(self._as_session(row), **changed)

    async def key(self, message: MakeKey) -> ContentKey:
        draft, now = ContentKey(self._draw(16).hex(), self._draw(16)), milliseconds(self._clock.now())
        return await self._database.transact(
            lambda connection: keys.made(connection, message.encode_id, draft, self._masters, now)
        )

    async def licence(self, message: LicenceQuery) -> Licence:
        row = await self._by_token(message.session_id, message.token)
        encode_id = row.encode_path.rpartition("/")[2]
        key = await self._database.read(lambda connection: keys.find(connection, encode_id, self._masters), fresh=True)
        if key is None or (message.key_ids is not None and key.key_id not in message.key_ids):
            raise NotLicensed
        return Licence([key], moment(row.media_expires_at))

    async def rewrap(self) -> int:
        """Wraps every key by the newest master, after that one was made; how many were not yet."""
        return await self._database.transact(lambda connection: keys.rewrap(connection, self._masters))

    async def heartbeat(self, message: Beat) -> Beaten:
        beaten, some_ended = await self._database.transact(lambda connection: self._beat(connection, message))
        self._ring(some_ended)
        return beaten

    async def close(self, message: Close) -> None:
        def unit(connection: Connection) -> bool:
            row = sessions.find(connection, message.session_id)
            if row is None or (row.account_id, row.profile_id) != (message.account_id, message.profile_id):
                raise NoSuchSession
            return self._end_where(connection, tables.sessions.c.id == message.session_id)

        self._ring(await self._database.transact(unit))

    async def close_all(self, message: CloseAll) -> None:
        columns = tables.sessions.c
        given = {
            columns.title_id: message.title_id,
            columns.login: message.login,
            columns.account_id: message.account_id,
        }
        named = [column == value for column, value in given.items() if value is not None]
        if len(named) != 1:
            raise Invalid("name one of title_id, login and account_id")
        self._ring(await self._database.transact(lambda connection: self._end_where(connection, named[0])))

    async def observe_ended(self, message: ObserveEnded) -> Ended:
        rung = self._bell.listen()
        found = await self._ended_after(message.after)
        if message.after < 0:
            return found
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(message.wait_s, LONGEST_WAIT_S)):
                while not found.sessions and found.cursor == message.after:
                    await heard(rung, _LOOK_AGAIN_S)
                    rung = self._bell.listen()
                    found = await self._ended_after(message.after)
        return found

    def _admit(self, connection: Connection, message: Open, session: Session) -> bool:
        """Gives the new session a slot, in one transaction with ending those whose slot it takes."""
        now, calendar = milliseconds(self._clock.real_now()), milliseconds(self._clock.now())
        rows = sessions.not_ended(connection, tables.sessions.c.account_id == session.account_id)
        gone, others = _parted(rows, lambda row: row.media_expires_at <= calendar or _own(row) == _own(session))
        taken = _lapsed(others, message.streams, now)
        self._end(connection, gone)
        self._end(connection, taken, {"taken_by": message.device_name[:200]})
        sessions.add(
            connection,
            session.renditions,
            session.thumbnails,
            None if message.complete else Fit(message.device, message.max_height),
            id=session.id,
            key_id=session.key_id,
            account_id=session.account_id,
            profile_id=session.profile_id,
            login=session.login,
            title_id=session.title_id,
            encode_path=session.encode_path,
            duration_ms=session.duration_ms,
            segment_ms=session.segment_ms,
            territory=session.territory,
            device=message.device_name[:200],
            started_at=milliseconds(session.started_at),
            media_expires_at=milliseconds(session.media_expires_at),
            beat_at=now,
        )
        about = {"series_id": message.series_id, "preview": message.preview}
        self._tell(connection, "started", session, about)
        return bool(gone or taken)

    def _beat(self, connection: Connection, message: Beat) -> tuple[Beaten, bool]:
        row, now = self._own_open(connection, message), milliseconds(self._clock.real_now())
        gone: Rows = []
        if now - row.beat_at >= leases.LEASE_MS:
            rows = sessions.not_ended(connection, tables.sessions.c.account_id == row.account_id)
            gone = _lapsed([each for each in rows if each.id != row.id], message.streams, now)
            self._end(connection, gone, {"taken_by": row.device})
        sessions.beat(connection, row.id, now)
        return Beaten(row.title_id, row.duration_ms), bool(gone)

    async def _by_token(self, session_id: str, token: str) -> Row[Any]:
        """The row of a session that lives, to who has its token."""
        self._tokens.check(session_id, token)
        return self._open(
            await self._database.read(lambda connection: sessions.find(connection, session_id), fresh=True)
        )

    def _own_open(self, connection: Connection, message: Beat) -> Row[Any]:
        row = self._open(sessions.find(connection, message.session_id))
        if (row.account_id, row.profile_id) != (message.account_id, message.profile_id):
            raise NoSuchSession
        return row

    def _open(self, row: Row[Any] | None) -> Row[Any]:
        if row is None or row.ended_at is not None or row.media_expires_at <= milliseconds(self._clock.now()):
            raise NoSuchSession
        return row

    def _end_where(self, connection: Connection, where: ColumnElement[bool]) -> bool:
        rows = sessions.not_ended(connection, where)
        self._end(connection, rows)
        return bool(rows)

    def _end(self, connection: Connection, rows: Rows, about: dict[str, Any] | None = None) -> None:
        sessions.end(connection, rows, milliseconds(self._clock.now()))
        for row in rows:
            self._tell(connection, "ended", row, about)

    def _tell(
        self, connection: Connection, change: str, session: Session | Row[Any], about: dict[str, Any] | None = None
    ) -> None:
        data = {
            **(about or {}),
            "title_id": session.title_id,
            "account_id": session.account_id,
            "profile_id": session.profile_id,
            "territory": session.territory,
            "session_id": session.id,
        }
        kind, now = f"matinee.playback.{change}", self._clock.now()
        event = Event(self._ids.new(EVENT), "matinee/playback", kind, now, session.id, data)
        publish(connection, tables.outbox, "playback", session.account_id, event)

    def _session(self, message: Open, profile_id: str, chosen: list[Rendition]) -> Session:
        session_id, now = self._ids.new(SESSION), _whole_ms(self._clock.now())
        return Session(
            id=session_id,
            token=self._tokens.token(session_id),
            account_id=message.viewer.account_id,
            profile_id=profile_id,
            login=message.viewer.login,
            title_id=message.title_id,
            encode_path=message.encode_path,
            duration_ms=message.duration_ms,
            segment_ms=message.segment_ms,
            renditions=chosen,
            territory=message.viewer.territory,
            started_at=now,
            media_expires_at=rules.media_expires_at(now, message.duration_ms),
            thumbnails=message.thumbnails,
            key_id=message.key_id,
            complete=message.complete,
        )

    def _as_session(self, row: Row[Any]) -> Session:
        return Session(
            id=row.id,
            token=self._tokens.token(row.id),
            account_id=row.account_id,
            profile_id=row.profile_id,
            login=row.login,
            title_id=row.title_id,
            encode_path=row.encode_path,
            duration_ms=row.duration_ms,
            segment_ms=row.segment_ms,
            renditions=sessions.renditions(row),
            territory=row.territory,
            started_at=moment(row.started_at),
            media_expires_at=moment(row.media_expires_at),
            thumbnails=sessions.thumbnails(row),
            key_id=row.key_id,
            complete=row.fit is None,
        )

    async def _ended_after(self, after: int) -> Ended:
        now = milliseconds(self._clock.now())
        return await self._database.read(lambda connection: sessions.ended_after(connection, after, now), fresh=True)

    def _ring(self, some_ended: bool) -> None:  # noqa: FBT001 - what a unit of work answered
        if some_ended:
            self._bell.ring()


def _lapsed(others: Rows, slots: int, now_ms: int) -> list[Row[Any]]:
    """Those that must end so that one more may hold a slot. Raises TooManyStreams."""
    streams = [leases.Stream(row.id, row.title_id, row.device, row.started_at, row.beat_at) for row in others]
    gone = {stream.session_id for stream in leases.admit(streams, slots, now_ms)}
    return [row for row in others if row.id in gone]


def _parted(rows: Rows, goes: Callable[[Row[Any]], bool]) -> tuple[list[Row[Any]], list[Row[Any]]]:
    return [row for row in rows if goes(row)], [row for row in rows if not goes(row)]


def _own(session: Session | Row[Any]) -> tuple[str, str, str]:
    return session.profile_id, session.title_id, session.login


def _whole_ms(at: datetime) -> datetime:
    return moment(milliseconds(at))
