"""Wakes who waits for a change in this process; others' changes are seen by looking again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


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


async def first(*ways: Coroutine[Any, Any, None]) -> None:
    """Returns when the first of them does; the others are cancelled. Raises what the first raised."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
