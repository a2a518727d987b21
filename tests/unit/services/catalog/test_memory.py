from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from matinee.services.catalog.memory import GenreMemory
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Viewer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ADULT = Viewer("acc", "lgn", "prf", frozenset(), Maturity.EIGHTEEN, "DE", "DE")


class Counted:
    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> list[str]:
        self.times += 1
        return [f"genre {self.times}"]


async def test_genres_are_counted_once_for_a_class_of_viewers() -> None:
    memory, count = GenreMemory(), Counted()
    assert await memory.names(ADULT, NOW, count) == ["genre 1"]
    assert await memory.names(replace(ADULT, account_id="other"), NOW + timedelta(seconds=4), count) == ["genre 1"]
    assert await memory.names(replace(ADULT, maturity=Maturity.ALL), NOW, count) == ["genre 2"]
    assert await memory.names(replace(ADULT, territory="US"), NOW, count) == ["genre 3"]


async def test_they_are_counted_again_after_five_seconds_and_when_the_clock_steps_back() -> None:
    memory, count = GenreMemory(), Counted()
    await memory.names(ADULT, NOW, count)
    assert await memory.names(ADULT, NOW + timedelta(seconds=5), count) == ["genre 2"]
    assert await memory.names(ADULT, NOW, count) == ["genre 3"]


async def test_what_was_counted_before_a_change_is_not_remembered_after_it() -> None:
    memory, count, changed = GenreMemory(), Counted(), asyncio.Event()

    async def slow() -> list[str]:
        await changed.wait()
        return ["old"]

    counting = asyncio.create_task(memory.names(ADULT, NOW, slow))
    await asyncio.sleep(0)
    memory.forget()
    changed.set()
    assert await counting == ["old"]
    assert await memory.names(ADULT, NOW, count) == ["genre 1"]
