"""Viewing history: where each profile is in each title. (Recent rows; roll-up and compression come with the archive.)"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import NotFound
from matinee.runtime.rpc.operation import operation

FINISHED_PERCENT = 95


class NoBookmark(NotFound):
    type, title = "no-bookmark", "This profile has not begun this title"


class Bookmark(Struct, frozen=True):
    """The last by event time `at` wins. `finished` from `FINISHED_PERCENT` of the duration on."""

    account_id: str
    profile_id: str
    title_id: str
    position_ms: int
    duration_ms: int
    at: datetime

    @property
    def finished(self) -> bool:
        return self.duration_ms > 0 and self.position_ms * 100 >= self.duration_ms * FINISHED_PERCENT


class ByTitle(Struct, frozen=True):
    profile_id: str
    title_id: str


class Recent(Struct, frozen=True):
    """`unfinished` leaves out what was watched to its end, and what was left within its first five seconds."""

    profile_id: str
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    unfinished: bool = False


class Bookmarks(Struct, frozen=True):
    """Latest first."""

    bookmarks: list[Bookmark]


class ByTitles(Struct, frozen=True):
    """At most as many as a series has episodes."""

    profile_id: str
    title_ids: Annotated[list[str], Meta(max_length=2000)]


class ByProfile(Struct, frozen=True):
    profile_id: str


class History(Protocol):
    @operation(idempotent=True)
    async def record(self, message: Bookmark) -> None:
        """Appends the event `matinee.history.bookmarked` under an id derived from the write, writes the row, then returns."""
        ...

    @operation(idempotent=True)
    async def bookmark(self, message: ByTitle) -> Bookmark:
        """Raises NoBookmark."""
        ...

    @operation(idempotent=True)
    async def bookmarks(self, message: ByTitles) -> Bookmarks:
        """Those of these titles that the profile has begun."""
        ...

    @operation(idempotent=True)
    async def recent(self, message: Recent) -> Bookmarks:
        """What the profile watched, or with `unfinished` may want to go on with."""
        ...

    @operation(idempotent=True)
    async def forget(self, message: ByTitle) -> None:
        """Removes one title from the profile's history."""
        ...

    @operation(idempotent=True)
    async def forget_profile(self, message: ByProfile) -> None:
        """Nothing of the profile remains."""
        ...
