from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from cachebox import LRUCache

from matinee.runtime.clock import Clock

T = TypeVar("T")


class Recently:
    """Answers that many viewers share, each worked out once and kept for a few seconds. Who asks for one that is being
    worked out waits for it; one that failed is not kept."""

    def __init__(self, clock: Clock, ttl_s: float, most: int = 2000) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._kept: LRUCache[Hashable, tuple[float, asyncio.Task[Any]] | None] = LRUCache(maxsize=most)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        found = self._kept.get(key)
        if found is None or self._stale(*found):
            found = (self._clock.monotonic() + self._ttl_s, asyncio.create_task(_awaited(make)))
            self._kept[key] = found
        return await asyncio.shield(found[1])

    def _stale(self, until: float, making: asyncio.Task[Any]) -> bool:
        if not making.done():
            return False
        return until <= self._clock.monotonic() or making.cancelled() or making.exception() is not None


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
