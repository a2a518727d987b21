"""Computations whose answers are kept: the same one is never under way twice in a process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from matinee.backends.cache.port import Cache
from matinee.runtime.errors import MatineeError


class Memoised:
    """Answers from the cache, or computes once for all who ask meanwhile. A cache that fails is a cache that misses."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._flights: dict[str, _Flight] = {}

    async def get(self, key: str, ttl_s: float, compute: Callable[[], Awaitable[bytes]]) -> bytes:
        """The kept answer, at most `ttl_s` old, else the answer of `compute`. Raises what `compute` raises, to all who
        wait, and keeps nothing then. `compute` runs under the deadline of who asked first, and ends when nobody waits."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(self._answer(key, ttl_s, compute)))
        try:
            return await flight.join()
        finally:
            if flight.over and self._flights.get(key) is flight:
                del self._flights[key]

    async def _answer(self, key: str, ttl_s: float, compute: Callable[[], Awaitable[bytes]]) -> bytes:
        with contextlib.suppress(MatineeError):
            kept = await self._cache.get(key)
            if kept is not None:
                return kept
        answer = await compute()
        with contextlib.suppress(MatineeError):
            await self._cache.set(key, answer, ttl_s)
        return answer


class _Flight:
    """One computation and how many wait for it."""

    def __init__(self, task: asyncio.Future[bytes]) -> None:
        self._task = task
        self._waiting = 0
        self.over = False

    async def join(self) -> bytes:
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            self.over = self._task.done() or not self._waiting
            if not self._waiting:
                self._task.cancel()
