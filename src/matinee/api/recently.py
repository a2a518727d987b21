from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from matinee.backends.cache.memoised import Memoised
from matinee.backends.cache.port import Cache

T = TypeVar("T")


class Recently:
    """Answers that many viewers share, kept in the cache for a few seconds, each worked out once however many ask."""

    def __init__(self, cache: Cache, ttl_s: float) -> None:
        self._memoised = Memoised(cache)
        self._ttl_s = ttl_s

    async def get(self, key: str, kind: type[T], make: Callable[[], Awaitable[T]]) -> T:
        """An answer of `kind`, which msgpack can carry. Raises what `make` raises, and keeps nothing then."""

        async def encoded() -> bytes:
            return msgspec.msgpack.encode(await make())

        return msgspec.msgpack.decode(await self._memoised.get(key, self._ttl_s, encoded), type=kind)
