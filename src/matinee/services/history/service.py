from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from matinee.backends.log.port import Log, Record
from matinee.runtime.clock import Clock
from matinee.runtime.events import Event
from matinee.runtime.ids import EVENT, Ids
from matinee.services.history import rules
from matinee.services.history.contract import Bookmark, Bookmarks, ByProfile, ByTitle, ByTitles, NoBookmark, Recent
from matinee.services.history.store import Store

TOPIC = "history"


class Service:
    """The contract `History` on one store and the log. A write is acknowledged when both hold it; repeats are harmless."""

    def __init__(self, store: Store, log: Log, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._log = log
        self._clock = clock
        self._ids = ids

    async def record(self, message: Bookmark) -> None:
        rules.check(message)
        event = Event(
            id=rules.event_id(message),
            source="matinee/history",
            type="matinee.history.bookmarked",
            time=message.at,
            subject=message.title_id,
            data={
                "account_id": message.account_id,
                "profile_id": message.profile_id,
                "title_id": message.title_id,
                "position_ms": message.position_ms,
                "duration_ms": message.duration_ms,
            },
        )
        record = Record(message.account_id.encode(), msgspec.json.encode(event))
        # Neither waits for the other: whichever a crash leaves out, the player's repeat brings.
        outcomes = await asyncio.gather(
            self._log.append(TOPIC, [record]), self._store.put(message), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def bookmark(self, message: ByTitle) -> Bookmark:
        found = await self._store.get(message.profile_id, message.title_id)
        if found is None:
            raise NoBookmark
        return found

    async def bookmarks(self, message: ByTitles) -> Bookmarks:
        return Bookmarks(await self._store.get_all(message.profile_id, message.title_ids))

    async def recent(self, message: Recent) -> Bookmarks:
        found = await self._store.recent(message.profile_id, message.limit, unfinished=message.unfinished)
        return Bookmarks(found)

    async def forget(self, message: ByTitle) -> None:
        await self._store.forget(message.profile_id, message.title_id)
        data = {"profile_id": message.profile_id, "title_id": message.title_id}
        await self._tell("forgotten", message.title_id, message.profile_id, data)

    async def forget_profile(self, message: ByProfile) -> None:
        await self._store.forget_profile(message.profile_id)
        data = {"profile_id": message.profile_id}
        await self._tell("profile_forgotten", message.profile_id, message.profile_id, data)

    async def _tell(self, kind: str, subject: str, key: str, data: dict[str, Any]) -> None:
        event_id = self._ids.new(EVENT)
        event = Event(event_id, "matinee/history", f"matinee.history.{kind}", self._clock.now(), subject, data)
        await self._log.append(TOPIC, [Record(key.encode(), msgspec.json.encode(event))])
