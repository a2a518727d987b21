"""Bookmarks in SQLite: the latest wins in one statement, and those of one moment share a commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, false, or_, select, true, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from matinee.backends.sql.port import Database
from matinee.runtime.clock import milliseconds, moment
from matinee.services.history.contract import FINISHED_PERCENT, Bookmark
from matinee.services.history.rules import BEGUN_MS
from matinee.services.history.tables import bookmarks

_b = bookmarks.c
_PROFILE = _b.profile_id == bindparam("profile")
_ONE = and_(_PROFILE, _b.title_id == bindparam("title"))
_ORDER = ("at", "position_ms", "duration_ms")  # as `rules.order`
_new = insert(bookmarks)
_PUT = _new.on_conflict_do_update(
    index_elements=["profile_id", "title_id"],
    set_={name: _new.excluded[name] for name in ("account_id", "position_ms", "duration_ms", "at", "forgotten")},
    where=or_(
        _new.excluded.at > _b.at,
        and_(
            _b.forgotten == false(),
            tuple_(*(_new.excluded[name] for name in _ORDER)) > tuple_(*(_b[name] for name in _ORDER)),
        ),
    ),
)
_COLUMNS = select(_b.account_id, _b.profile_id, _b.title_id, _b.position_ms, _b.duration_ms, _b.at).where(
    _b.forgotten == false()
)
_GET = _COLUMNS.where(_ONE)
_GET_ALL = _COLUMNS.where(_PROFILE, _b.title_id.in_(bindparam("titles", expanding=True))).order_by(
    _b.at.desc(), _b.title_id
)
_RECENT = _COLUMNS.where(_PROFILE).order_by(_b.at.desc(), _b.title_id).limit(bindparam("limit"))
_UNFINISHED = _RECENT.where(
    _b.position_ms >= BEGUN_MS,
    or_(_b.duration_ms == 0, _b.position_ms * 100 < _b.duration_ms * FINISHED_PERCENT),
)
_FORGET = update(bookmarks).where(_ONE).values(forgotten=true(), position_ms=0, duration_ms=0)
_FORGET_PROFILE = delete(bookmarks).where(_PROFILE)


class SqliteStore:
    """The Store on one SQLite database, which it closes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, bookmark: Bookmark) -> None:
        row = {
            "profile_id": bookmark.profile_id,
            "title_id": bookmark.title_id,
            "account_id": bookmark.account_id,
            "position_ms": bookmark.position_ms,
            "duration_ms": bookmark.duration_ms,
            "at": milliseconds(bookmark.at),
            "forgotten": False,
        }
        await self._write(_PUT, row)

    async def get(self, profile_id: str, title_id: str) -> Bookmark | None:
        found = await self._read(_GET, {"profile": profile_id, "title": title_id})
        return found[0] if found else None

    async def get_all(self, profile_id: str, title_ids: Sequence[str]) -> list[Bookmark]:
        if not title_ids:
            return []
        return await self._read(_GET_ALL, {"profile": profile_id, "titles": list(title_ids)})

    async def recent(self, profile_id: str, limit: int, *, unfinished: bool) -> list[Bookmark]:
        return await self._read(_UNFINISHED if unfinished else _RECENT, {"profile": profile_id, "limit": limit})

    async def forget(self, profile_id: str, title_id: str) -> None:
        await self._write(_FORGET, {"profile": profile_id, "title": title_id})

    async def forget_profile(self, profile_id: str) -> None:
        await self._write(_FORGET_PROFILE, {"profile": profile_id})

    async def close(self) -> None:
        await self._database.close()

    async def _read(self, query: Any, asked: dict[str, Any]) -> list[Bookmark]:
        def unit(connection: Connection) -> list[Bookmark]:
            return [_bookmark(row) for row in connection.execute(query, asked)]

        return await self._database.read(unit, fresh=True)

    async def _write(self, statement: Any, values: dict[str, Any]) -> None:
        def unit(connection: Connection) -> None:
            connection.execute(statement, values)

        await self._database.transact(unit)


def _bookmark(row: Any) -> Bookmark:
    account_id, profile_id, title_id, position_ms, duration_ms, at = row
    return Bookmark(account_id, profile_id, title_id, position_ms, duration_ms, moment(at))
