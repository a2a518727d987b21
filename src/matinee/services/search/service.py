from __future__ import annotations

from matinee.services.search.contract import Documents, Found, Popularity, Removal, SearchQuery, State, StateQuery
from matinee.services.search.store import Store


class Service:
    """The contract `Search` on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def index(self, message: Documents) -> None:
        await self._store.index(message.documents)

    async def remove(self, message: Removal) -> None:
        await self._store.remove([message])

    async def set_popularity(self, message: Popularity) -> None:
        await self._store.set_popularity(message.plays)

    async def state(self, message: StateQuery) -> State:
        del message
        return self._store.state()

    async def search(self, message: SearchQuery) -> Found:
        return Found(await self._store.search(message))
