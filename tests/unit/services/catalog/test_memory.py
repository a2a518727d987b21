from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from matinee.services.catalog.memory import Memory

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Counted:
    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> list[str]:
        self.times += 1
        return [f"genre {self.times}"]


async def test_each_question_is_counted_once() -> None:
    memory, count = Memory(), Counted()
    assert await memory.names((18, "DE"), NOW, count) == ["genre 1"]
    assert await memory.names((18, "DE"), NOW + timedelta(seconds=4), count) == ["genre 1"]
    assert await memory.names((0, "DE"), NOW, count) == ["genre 2"]
    assert await memory.names("languages", NOW, count) == ["genre 3"]


async def test_they_are_counted_again_after_five_seconds_and_when_the_clock_steps_back() -> None:
    memory, count = Memory(), Counted()
    await memory.names("key", NOW, count)
    assert await memory.names("key", NOW + timedelta(seconds=5), count) == ["genre 2"]
    assert await memory.names("key", NOW, count) == ["genre 3"]


async def test_what_was_counted_before_a_change_is_not_remembered_after_it() -> None:
    memory, count, changed = Memory(), Counted(), asyncio.Event()

    async def slow() -> list[str]:
        await changed.wait()
        return ["old"]

    counting = asyncio.create_task(memory.names("key", NOW, slow))
    await asyncio.sleep(0)
    memory.forget()
    changed.set()
    assert await counting == ["old"]
    assert await memory.names("key", NOW, count) == ["genre 1"]
