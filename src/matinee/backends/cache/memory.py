"""The memory tier: bounded by bytes; when it is full, what would run out first goes first."""

from __future__ import annotations

from cachebox import VTTLCache

_OVERHEAD_BYTES = 120  # what an entry costs beside its key and value


class Memory:
    """A cache of this process, of at most `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._entries: VTTLCache[str, bytes] = VTTLCache(most_bytes, getsizeof=_weight)

    async def get(self, key: str) -> bytes | None:
        return self._entries.get(key)

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        if ttl_s <= 0 or _weight(key, value) > self._most_bytes:
            self._entries.pop(key, None)  # an older value would be wrong by now
        else:
            self._entries.insert(key, value, ttl_s)

    async def delete(self, key: str) -> None:
        self._entries.pop(key, None)

    async def close(self) -> None:
        self._entries.clear()


def _weight(key: str, value: bytes) -> int:
    return len(key) + len(value) + _OVERHEAD_BYTES
