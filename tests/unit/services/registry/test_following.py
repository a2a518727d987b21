from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from matinee.runtime.errors import Invalid, Unavailable
from matinee.services.registry.contract import ByProperty, Observe, Property, PropertyList, SetProperty
from matinee.services.registry.following import Following


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    in_flight: int = 100


class Told:
    """Properties that say what a test says."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[PropertyList | Exception] = asyncio.Queue()
        self.asked: list[int] = []

    async def observe(self, message: Observe) -> PropertyList:
        self.asked.append(message.after)
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def set(self, message: SetProperty) -> Property:
        raise NotImplementedError

    async def versions(self, message: ByProperty) -> PropertyList:
        raise NotImplementedError


def given(name: str, value: Any, version: int = 1) -> Property:
    return Property(name, value, version, "ada", datetime(2026, 11, 21, tzinfo=UTC))


def positive(limits: Limits) -> None:
    if limits.in_flight < 1:
        raise Invalid("in_flight: at least one")


class Use:
    """Whoever subscribes, with what it was told."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def apply(self, value: Any) -> None:
        self.values.append(value)

    def apply_named(self, name: str, value: Any) -> None:
        self.values.append((name, value))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "core.properties.json"


def test_a_value_is_told_once_and_again_when_it_changes(file: Path) -> None:
    following, use = Following(Told(), file), Use()
    following.subscribe("gateway.limits", Limits, use.apply)
    following.hear([given("gateway.limits", {"in_flight": 5}), given("gateway.other", 1)])
    following.hear([given("gateway.limits", {"in_flight": 5}, 2)])
    following.hear([given("gateway.limits", {"in_flight": 6}, 3)])
    following.hear([given("gateway.limits", None, 4)])
    assert use.values == [Limits(5), Limits(6), None]


def test_who_subscribes_late_is_told_at_once(file: Path) -> None:
    following, use = Following(Told(), file), Use()
    following.hear([given("gateway.limits", {"in_flight": 5})])
    following.subscribe("gateway.limits", Limits, use.apply)
    assert use.values == [Limits(5)]


@pytest.mark.parametrize("bad", [{"in_flight": 0}, {"in_flight": "many"}, {"inflight": 1}, [], 5])
def test_a_value_that_makes_no_sense_is_said_once_and_the_last_good_one_stands(
    file: Path, caplog: pytest.LogCaptureFixture, bad: Any
) -> None:
    following, use = Following(Told(), file), Use()
    following.subscribe("gateway.limits", Limits, use.apply, positive)
    following.hear([given("gateway.limits", {"in_flight": 5})])
    caplog.clear()
    for _ in range(3):
        following.hear([given("gateway.limits", bad, 2)])
    assert use.values == [Limits(5)]
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert errors[0].startswith("version 2 of the property gateway.limits is not used: ")

    again = Use()
    Following(Told(), file).subscribe("gateway.limits", Limits, again.apply, positive)
    assert again.values == [Limits(5)]


def test_a_fault_of_one_does_not_keep_others_from_being_told(file: Path) -> None:
    following, use = Following(Told(), file), Use()

    def broken(value: Limits | None) -> None:
        raise KeyError(value)

    following.subscribe("gateway.limits", Limits, broken)
    following.subscribe("gateway.limits", Limits, use.apply)
    following.hear([given("gateway.limits", {"in_flight": 5})])
    assert use.values == [Limits(5)]


def test_a_family_is_told_by_what_follows_its_name(file: Path) -> None:
    following, use = Following(Told(), file), Use()
    following.subscribe_below("gateway.filters", dict[str, bool], use.apply_named)
    following.hear([given("gateway.filters.cors", {"on": True}), given("gateway.filtersx", {"on": True})])
    assert use.values == [("cors", {"on": True})]


def test_what_counted_last_counts_at_the_next_start(file: Path) -> None:
    first, use = Following(Told(), file), Use()
    first.subscribe("gateway.limits", Limits, use.apply)
    first.hear([given("gateway.limits", {"in_flight": 5})])

    second, again = Following(Told(), file), Use()
    second.subscribe("gateway.limits", Limits, again.apply)
    assert again.values == [Limits(5)]
    second.hear([given("gateway.limits", {"in_flight": 5})])
    second.hear([given("gateway.limits", {"in_flight": 7}, 2)])
    assert again.values == [Limits(5), Limits(7)]


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[{}]", b"\xff"])
def test_a_spoilt_file_is_as_good_as_none(file: Path, spoilt: bytes) -> None:
    file.write_bytes(spoilt)
    following, use = Following(Told(), file), Use()
    following.subscribe("gateway.limits", Limits, use.apply)
    following.hear([given("gateway.limits", {"in_flight": 5})])
    assert use.values == [Limits(5)]


async def test_properties_that_are_away_change_nothing(file: Path) -> None:
    told, use = Told(), Use()
    following = Following(told, file)
    following.subscribe("gateway.limits", Limits, use.apply)
    told.answers.put_nowait(PropertyList(7, [given("gateway.limits", {"in_flight": 5})]))
    told.answers.put_nowait(Unavailable())
    told.answers.put_nowait(PropertyList(7, [given("gateway.limits", {"in_flight": 5})]))
    running = asyncio.create_task(following.run())
    async with asyncio.timeout(5):
        while len(told.asked) < 4:
            await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert told.asked == [-1, 7, -1, 7]
    assert use.values == [Limits(5)]
