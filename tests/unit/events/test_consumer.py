from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from matinee.backends.log.port import Entry, Record
from matinee.events.consumer import Consumer, skip_counter
from matinee.runtime.errors import Invalid, Unavailable
from matinee.runtime.events import Event

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def event(number: int) -> Event:
    return Event(f"evt_{number}", "test", "matinee.test.event", NOW, "x", {"number": number})


def encoded(*numbers: int) -> list[bytes]:
    return [msgspec.json.encode(event(number)) for number in numbers]


class Tape:
    """A log of one partition that lives in memory; it gives what it has and then waits for ever."""

    def __init__(self, values: list[bytes], fails: int = 0) -> None:
        self.values = values
        self.committed = 0
        self.fails = fails
        self.opened = 0
        self._given = 0
        self.drained = asyncio.Event()

    async def reader(self, _: str, __: str) -> Tape:
        self.opened += 1
        self._given = self.committed
        return self

    async def poll(self, limit: int, _: float) -> list[Entry]:
        if self.fails:
            self.fails -= 1
            raise Unavailable("the log is away")
        if self._given == len(self.values):
            self.drained.set()
            await asyncio.Event().wait()
        batch = self.values[self._given : self._given + limit]
        entries = [Entry(0, self._given + place, Record(b"", value)) for place, value in enumerate(batch)]
        self._given += len(batch)
        return entries

    async def commit(self) -> None:
        self.committed = self._given

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        raise NotImplementedError

    async def close(self) -> None: ...


class Told:
    def __init__(self, *failures: Any) -> None:
        self.numbers: list[int] = []
        self._failures = list(failures)

    async def apply(self, events: Sequence[Event]) -> None:
        numbers = [event.data["number"] for event in events]
        if self._failures and isinstance(self._failures[0], Exception):
            raise self._failures.pop(0)
        if bad := set(numbers) & set(self._failures):
            raise ValueError(f"cannot take {bad}")
        self.numbers += numbers


async def consumed(tape: Tape, told: Told) -> float | None:
    """How many events were skipped, as Prometheus is told."""
    metrics = CollectorRegistry()
    consumer = Consumer(tape, "topic", "group", told, skip_counter(metrics))
    running = asyncio.create_task(consumer.run())
    async with asyncio.timeout(10):
        await tape.drained.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    return metrics.get_sample_value("matinee_events_skipped_total", {"topic": "topic", "group": "group"})


async def test_each_event_takes_effect_in_order_and_is_done() -> None:
    tape, told = Tape(encoded(*range(1200))), Told()
    skipped = await consumed(tape, told)
    assert told.numbers == list(range(1200))
    assert (tape.committed, skipped) == (1200, 0)


@pytest.mark.parametrize("poison", [b"", b"\xff", b"{}", b"[" * 100_000, b'{"id": 1}', b"null"], ids=range(6))
async def test_what_cannot_be_read_is_skipped(poison: bytes) -> None:
    tape, told = Tape([*encoded(1), poison, *encoded(2)]), Told()
    skipped = await consumed(tape, told)
    assert (told.numbers, tape.committed, skipped) == ([1, 2], 3, 1)


async def test_what_cannot_be_applied_is_skipped_alone() -> None:
    tape, told = Tape(encoded(1, 2, 3, 4)), Told(2, 4)
    skipped = await consumed(tape, told)
    assert (told.numbers, tape.committed, skipped) == ([1, 3], 4, 2)


async def test_where_the_other_side_is_away_it_is_tried_again() -> None:
    tape, told = Tape(encoded(1, 2)), Told(Unavailable(), Unavailable())
    skipped = await consumed(tape, told)
    assert (told.numbers, tape.committed, skipped) == ([1, 2], 2, 0)


async def test_a_batch_is_not_done_before_its_effect() -> None:
    tape, told = Tape(encoded(1)), Told(Unavailable(), Invalid())
    skipped = await consumed(tape, told)
    assert (told.numbers, tape.committed, skipped) == ([], 1, 1)
    assert tape.opened == 1


async def test_a_log_that_comes_back_is_read_on() -> None:
    tape, told = Tape(encoded(1, 2), fails=1), Told()
    await consumed(tape, told)
    assert (told.numbers, tape.opened) == ([1, 2], 2)
