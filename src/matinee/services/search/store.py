"""Where titles lie to be searched. All of it can be made again from topic `titles`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from matinee.services.search.contract import Document, Removal, SearchQuery, State


class Store(Protocol):
    """Writes are durable and searchable on return. Raises OutOfSpace, Unavailable."""

    async def index(self, documents: Sequence[Document]) -> None:
        """Each in place of its older version; one that is not newer than what is known, a removal too, changes nothing.
        A document's popularity counts where it is above zero or none is known."""
        ...

    async def remove(self, removals: Sequence[Removal]) -> None:
        """As `index`: remembered by revision, so that an older version that comes later stays out."""
        ...

    async def set_popularity(self, plays: Mapping[str, float]) -> None: ...

    async def search(self, query: SearchQuery) -> list[str]:
        """Title ids, best first. No text makes it raise."""
        ...

    def state(self) -> State: ...

    async def close(self) -> None: ...
