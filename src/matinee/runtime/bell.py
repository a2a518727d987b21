"""Wakes who waits for a change in this process; others' changes are seen by looking again."""

from __future__ import annotations

import asyncio


class Bell:
    """`listen` before looking, so that what changes while one looks is not missed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def listen(self) -> asyncio.Event:
        return self._next

    def ring(self) -> None:
        """All who listen now are woken."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()


async def heard(rung: asyncio.Event, seconds: float) -> None:
    """Returns when it has rung since `listen`, or when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await rung.wait()
    except TimeoutError:
        return
