from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Invalid
from matinee.services.registry.contract import (
    Beat,
    ByInstance,
    ByProperty,
    Instance,
    Instances,
    InstanceState,
    Mark,
    NoSuchInstance,
    NoSuchProperty,
    Observe,
    Properties,
    PropertyChanged,
    Registry,
    SetProperty,
)
from matinee.services.registry.properties import PropertyService
from matinee.services.registry.rules import BELIEVED_S, EXPIRES_S, SHOWN_S
from matinee.services.registry.service import Service

Wired = Callable[..., Awaitable[Any]]
UP, DRAINING, DOWN = InstanceState.UP, InstanceState.DRAINING, InstanceState.DOWN


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def real_now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.at)

    now = real_now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/registry.db", migrations="matinee.services.registry")
    yield opened
    await opened.close()


@pytest.fixture
async def registry(database: Database, clock: Hand, wired: Wired) -> Registry:
    return await wired(Registry, Service(database, clock))


@pytest.fixture
async def properties(database: Database, clock: Hand, wired: Wired) -> Properties:
    return await wired(Properties, PropertyService(database, clock))


def api(number: int, **said: Any) -> Instance:
    return Instance(f"api-{number}", "api", f"unix:/run/api-{number}.sock", **said)


async def now(registry: Registry, after: int = -1, wait_s: float = 0) -> Instances:
    return await registry.observe(Observe(after, wait_s))


async def states(registry: Registry) -> dict[str, InstanceState]:
    return {each.id: each.state for each in (await now(registry)).instances}


async def beat_all(registry: Registry, numbers: range) -> None:
    for number in numbers:
        await registry.beat(Beat(f"api-{number}"))


async def test_who_registers_is_known_with_what_it_said(registry: Registry) -> None:
    lease = await registry.register(api(1, zone="a", version="0.1.0", state=InstanceState.STARTING))
    assert 2 * lease.every_s < lease.expires_s
    [known] = (await now(registry)).instances
    assert (known.url, known.zone, known.version, known.state) == (
        "unix:/run/api-1.sock",
        "a",
        "0.1.0",
        InstanceState.STARTING,
    )
    assert known.since is not None
    assert (await registry.beat(Beat("api-1", UP))).state is UP
    assert await states(registry) == {"api-1": UP}


async def test_registering_again_changes_nothing(registry: Registry, clock: Hand) -> None:
    await registry.register(api(1))
    first = await now(registry)
    clock.at += 2
    await registry.register(api(1))
    assert await now(registry) == first


async def test_a_lease_that_is_not_renewed_ends(registry: Registry, clock: Hand) -> None:
    for number in range(3):
        await registry.register(api(number))
    clock.at += EXPIRES_S - 1
    await beat_all(registry, range(2))
    clock.at += 2
    assert await states(registry) == {"api-0": UP, "api-1": UP, "api-2": DOWN}
    with pytest.raises(NoSuchInstance):
        await registry.beat(Beat("api-2"))
    await registry.register(api(2))
    assert (await states(registry))["api-2"] is UP


async def test_who_has_been_down_for_long_is_forgotten(registry: Registry, clock: Hand) -> None:
    for number in range(3):
        await registry.register(api(number))
    clock.at += EXPIRES_S - 1
    await beat_all(registry, range(2))
    clock.at += 2
    assert (await states(registry))["api-2"] is DOWN
    clock.at += SHOWN_S + 1
    await beat_all(registry, range(2))
    assert set(await states(registry)) == {"api-0", "api-1"}


async def test_when_most_fall_silent_at_once_none_is_taken_for_down(registry: Registry, clock: Hand) -> None:
    for number in range(4):
        await registry.register(api(number))
    clock.at += 10 * EXPIRES_S
    await beat_all(registry, range(1))
    assert set((await states(registry)).values()) == {UP}
    clock.at += EXPIRES_S - 1
    await beat_all(registry, range(3))
    clock.at += 2
    assert await states(registry) == {"api-0": UP, "api-1": UP, "api-2": UP, "api-3": DOWN}


async def test_who_stays_silent_for_an_hour_is_down_though_most_are_silent(registry: Registry, clock: Hand) -> None:
    await registry.register(api(1))
    clock.at += BELIEVED_S - 1
    assert await states(registry) == {"api-1": UP}
    clock.at += EXPIRES_S + 2
    assert await states(registry) == {"api-1": DOWN}


async def test_who_leaves_is_gone_at_once(registry: Registry) -> None:
    await registry.register(api(1))
    await registry.leave(ByInstance("api-1"))
    await registry.leave(ByInstance("api-1"))
    assert await states(registry) == {}


async def test_a_change_is_told_to_who_waits(registry: Registry) -> None:
    before = await now(registry)
    waiting = asyncio.create_task(now(registry, before.cursor, 20))
    await asyncio.sleep(0)
    await registry.register(api(1))
    told = await asyncio.wait_for(waiting, 5)
    assert [each.id for each in told.instances] == ["api-1"]
    assert told.cursor != before.cursor


async def test_who_waits_for_nothing_is_answered_at_the_end_of_his_patience(registry: Registry) -> None:
    before = await now(registry)
    assert await asyncio.wait_for(now(registry, before.cursor, 0), 5) == before


async def test_an_operator_drains_an_instance_and_takes_that_back(registry: Registry) -> None:
    await registry.register(api(1))
    marked = await registry.mark(Mark("api-1", DRAINING))
    assert (marked.state, marked.marked) == (DRAINING, DRAINING)
    assert (await registry.beat(Beat("api-1", UP))).state is DRAINING
    assert await states(registry) == {"api-1": DRAINING}
    assert (await registry.mark(Mark("api-1", None))).state is UP
    assert (await registry.beat(Beat("api-1"))).state is UP


async def test_an_operators_word_does_not_bring_back_who_is_leaving(registry: Registry) -> None:
    await registry.register(api(1))
    await registry.mark(Mark("api-1", DRAINING))
    await registry.beat(Beat("api-1", DOWN))
    assert await states(registry) == {"api-1": DOWN}
    with pytest.raises(Invalid):
        await registry.mark(Mark("api-1", UP))
    with pytest.raises(NoSuchInstance):
        await registry.mark(Mark("api-9", DRAINING))


async def test_after_a_restart_words_stand_and_nothing_is_whole_for_one_lease(
    database: Database, clock: Hand, wired: Wired
) -> None:
    before: Registry = await wired(Registry, Service(database, clock))
    await before.register(api(1))
    await before.mark(Mark("api-1", DRAINING))
    cursor = (await now(before)).cursor
    clock.at += 1

    after: Registry = await wired(Registry, Service(database, clock))
    told = await asyncio.wait_for(now(after, cursor, 20), 5)
    assert (told.instances, told.whole) == ([], False)
    with pytest.raises(NoSuchInstance):
        await after.beat(Beat("api-1"))
    assert (await after.register(api(1))).state is DRAINING
    clock.at += EXPIRES_S - 1
    await after.beat(Beat("api-1"))
    clock.at += 1
    whole = await now(after)
    assert (whole.whole, [each.state for each in whole.instances]) == (True, [DRAINING])


def to(value: Any, name: str = "gateway.limits", **more: Any) -> SetProperty:
    return SetProperty(name, value, by="ada", **more)


async def test_a_property_has_a_version_for_each_change(properties: Properties) -> None:
    first = await properties.set(to({"in_flight": 10}, comment="calm"))
    assert (first.version, first.value, first.by, first.comment) == (1, {"in_flight": 10}, "ada", "calm")
    assert await properties.set(to({"in_flight": 10}, comment="the same")) == first
    await properties.set(to(None))
    kept = (await properties.versions(ByProperty("gateway.limits"))).properties
    assert [(each.version, each.value) for each in kept] == [(2, None), (1, {"in_flight": 10})]


async def test_the_order_of_an_objects_members_is_no_change(properties: Properties) -> None:
    first = await properties.set(to({"a": 1, "b": [1.5, "x", None, True]}))
    assert await properties.set(to({"b": [1.5, "x", None, True], "a": 1})) == first


async def test_the_last_hundred_versions_are_kept(properties: Properties) -> None:
    for number in range(105):
        await properties.set(to(number))
    kept = (await properties.versions(ByProperty("gateway.limits"))).properties
    assert [kept[0].version, kept[-1].version, len(kept)] == [105, 6, 100]


async def test_who_writes_over_what_he_has_not_seen_is_told(properties: Properties) -> None:
    await properties.set(to(1, if_version=0))
    with pytest.raises(PropertyChanged) as told:
        await properties.set(to(2, if_version=0))
    assert told.value.extra == {"version": 1}
    assert (await properties.set(to(2, if_version=1))).version == 2


async def test_only_what_json_can_say_is_a_value(properties: Properties) -> None:
    with pytest.raises(Invalid):
        await properties.set(to("x" * (1 << 20)))
    with pytest.raises(Invalid):
        await properties.set(to({"most": 2**64}))
    with pytest.raises(Invalid):
        await properties.set(SetProperty("gateway.limits", 1, by=""))
    for name in ("Gateway", "gateway..limits", "gateway.limits\n", ""):
        with pytest.raises(Invalid):
            await properties.set(SetProperty(name, 1, by="ada"))
    with pytest.raises(NoSuchProperty):
        await properties.versions(ByProperty("gateway.limits"))


async def test_a_new_value_is_told_to_who_waits(properties: Properties) -> None:
    await properties.set(to(1, "b"))
    before = await properties.observe(Observe())
    waiting = asyncio.create_task(properties.observe(Observe(before.cursor, 20)))
    await asyncio.sleep(0)
    await properties.set(to({"on": True}, "a.b-c"))
    told = await asyncio.wait_for(waiting, 5)
    assert [(each.name, each.value) for each in told.properties] == [("a.b-c", {"on": True}), ("b", 1)]
    assert (await properties.observe(Observe(told.cursor, 0))).cursor == told.cursor
