from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Struct

from matinee.app.timers import GROUP, TIMERS, Timekeeper, Timer, handler, kind
from matinee.runtime.errors import Unavailable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Answer(Struct):
    more: bool


class Submissions:
    """Stands where the jobs service does and remembers what was asked of it."""

    def __init__(self) -> None:
        self.submitted: list[Any] = []

    async def submit(self, message: Any) -> None:
        self.submitted.append(message)


def counting(answers: list[bool], done: list[int]) -> Timer:
    async def work(_ask: Any) -> Answer:
        done.append(len(done))
        return Answer(answers[len(done) - 1])

    return Timer("count", 60, work)


async def test_a_timer_is_submitted_once_a_slot() -> None:
    jobs = Submissions()
    keeper = Timekeeper(jobs, None, [counting([], [])])  # type: ignore[arg-type]
    for seconds in (0, 1, 59, 60, 61, 180):
        await keeper.tick(NOON + timedelta(seconds=seconds))
    assert [each.key for each in jobs.submitted] == [
        f"timer:count:{int(NOON.timestamp()) // 60 + slot}" for slot in (0, 1, 3)
    ]
    assert {each.capacity_group for each in jobs.submitted} == {GROUP}
    assert jobs.submitted[0].steps[0].kind == kind(counting([], []))


async def test_work_goes_on_while_there_is_more() -> None:
    done: list[int] = []
    await handler(counting([True, True, False], done), lambda contract: contract)(None)  # type: ignore[arg-type,return-value]
    assert len(done) == 3


async def test_work_without_an_end_is_said() -> None:
    with pytest.raises(Unavailable, match="count does not come to an end"):
        await handler(counting([True] * 1000, []), lambda contract: contract)(None)  # type: ignore[arg-type,return-value]


def test_names_are_told_apart() -> None:
    assert len({timer.name for timer in TIMERS}) == len(TIMERS)
