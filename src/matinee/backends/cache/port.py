"""The cache port: bytes by key, with a time to live. What it loses, its owner can make again."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """Raises Unavailable where the cache cannot be reached."""

    async def get(self, key: str) -> bytes | None:
        """The value while it lives; None where it is absent, has run out or was pushed out by others."""
        ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keeps the value for at most `ttl_s` seconds; one that is too large, or has no time to live, only drops the older one."""
        ...

    async def delete(self, key: str) -> None:
        """Harmless where it is absent."""
        ...

    async def close(self) -> None: ...
