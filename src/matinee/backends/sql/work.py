"""A unit of work on its way between the loop of its caller and the thread that runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

Outcome = tuple[Any, BaseException | None]


class Work:
    """A unit and the caller who waits for it. Made in the caller's loop, run and settled in a thread."""

    __slots__ = ("_future", "_loop", "unit")

    def __init__(self, unit: Callable[[Connection], Any]) -> None:
        self.unit = unit
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Any] = self._loop.create_future()

    @property
    def answer(self) -> asyncio.Future[Any]:
        return self._future

    @property
    def abandoned(self) -> bool:
        """The caller was cancelled before the unit began."""
        return self._future.cancelled()

    def settle(self, outcome: Outcome) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, outcome)

    def _tell(self, outcome: Outcome) -> None:
        if self._future.done():
            return
        value, error = outcome
        if error is None:
            self._future.set_result(value)
        elif isinstance(error, StopIteration) or not isinstance(error, Exception):  # a future cannot carry it
            self._future.set_exception(RuntimeError(f"a unit of work raised {type(error).__name__}"))
        else:
            self._future.set_exception(error)
