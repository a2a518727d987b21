"""One at a time for each account in this process: a second call waits for the first instead of meeting it half done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator


class Turns:
    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def of(self, account_id: str) -> AsyncGenerator[None]:
        """Waits for the account's turn. Correctness does not rest on it: the tables hold across processes."""
        lock, waiting = self._locks.get(account_id, (asyncio.Lock(), 0))
        self._locks[account_id] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            waiting = self._locks[account_id][1] - 1
            self._locks[account_id] = (lock, waiting)
            if waiting == 0:
                del self._locks[account_id]
