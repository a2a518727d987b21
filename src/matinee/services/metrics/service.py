from __future__ import annotations

from matinee.runtime.clock import Clock
from matinee.services.metrics import rules
from matinee.services.metrics.contract import Counts, Ranking, Series, SeriesQuery, Top
from matinee.services.metrics.store import Store


class Service:
    """The contract `Metrics` on one store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def count(self, message: Counts) -> None:
        now = self._clock.now()
        if message.counts:
            await self._store.add([rules.accepted(count, now) for count in message.counts], now)

    async def top(self, message: Top) -> Ranking:
        return Ranking(await self._store.top(message.metric, message.since, self._clock.now(), message.limit))

    async def series(self, message: SeriesQuery) -> Series:
        found = await self._store.series(message.metric, message.key, message.since, self._clock.now())
        return Series(found)
