"""Where bookmarks lie. Shaped by what is asked, so that an engine may keep recent and old rows its own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from matinee.services.history.contract import Bookmark


class Store(Protocol):
    """Every write is durable on return. Raises OutOfSpace, Unavailable."""

    async def put(self, bookmark: Bookmark) -> None:
        """Keeps the bookmark where it is later than what is kept for its profile and title (see `rules.order`), atomically:
        bookmarks that come in any order, doubled or at once, end as the latest of them."""
        ...

    async def get(self, profile_id: str, title_id: str) -> Bookmark | None: ...

    async def get_all(self, profile_id: str, title_ids: Sequence[str]) -> list[Bookmark]:
        """Those of these titles that there are, latest first; ties by title id."""
        ...

    async def recent(self, profile_id: str, limit: int, *, unfinished: bool) -> list[Bookmark]:
        """Latest first; ties by title id. `unfinished` as in the contract's `Recent`."""
        ...

    async def forget(self, profile_id: str, title_id: str) -> None:
        """The title is in no answer until a later bookmark comes; one that was already sent does not bring it back."""
        ...

    async def forget_profile(self, profile_id: str) -> None:
        """Nothing of the profile remains."""
        ...

    async def close(self) -> None: ...
