"""What the workers of one machine may still take on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import Struct

from matinee.services.jobs.contract import Task
from matinee.services.jobs.machine import disk_mb, memory

_WHILE_BUSY_S = 1.0


class Free(Struct, frozen=True):
    memory_mb: int
    disk_mb: int


class Room:
    """The machine's free memory and disk, less what the tasks at hand have asked for: one that has just begun has not taken it
    yet. Share one Room among all workers of a process; they ask for tasks one after the other, so that no two are given
    the same room."""

    def __init__(self, measure: Callable[[], Free]) -> None:
        self._measure = measure
        self._at_hand: list[Task] = []
        self._empty = measure()
        self._asking = asyncio.Lock()

    @asynccontextmanager
    async def asking(self) -> AsyncGenerator[Free]:
        """What may be asked for now; nobody else asks meanwhile."""
        async with self._asking:
            yield self._free()

    def patience_s(self, most_s: float) -> float:
        """How long to ask with the same figures: while there are tasks at hand, their ends change them."""
        return min(most_s, _WHILE_BUSY_S) if self._at_hand else most_s

    def take(self, task: Task) -> None:
        """The task is at hand from now."""
        self._at_hand.append(task)

    def give_back(self, task: Task) -> None:
        self._at_hand.remove(task)

    def _free(self) -> Free:
        now = self._measure()
        if not self._at_hand:
            self._empty = now
        held = Free(sum(task.memory_mb for task in self._at_hand), sum(task.disk_mb for task in self._at_hand))
        return Free(
            max(0, min(now.memory_mb, self._empty.memory_mb - held.memory_mb)),
            max(0, min(now.disk_mb, self._empty.disk_mb - held.disk_mb)),
        )


def of_machine(folder: Path, spare_mb: int = 0) -> Room:
    """This machine's, with `spare_mb` of the disk under `folder` left free."""
    return Room(lambda: Free(memory().free_mb, max(0, disk_mb(folder) - spare_mb)))
