from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from matinee.app.home import Home
from matinee.app.process import Process
from matinee.app.registration import Registration
from matinee.config import Settings
from matinee.runtime.errors import Unavailable
from matinee.services.registry.contract import (
    Beat,
    ByInstance,
    Instance,
    Instances,
    InstanceState,
    Lease,
    Mark,
    NoSuchInstance,
    Observe,
)

UP, DRAINING = InstanceState.UP, InstanceState.DRAINING


class Told:
    """A registry that remembers who has told it what, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []
        self.known: set[str] = set()
        self.state = UP
        self.away = False

    def _hear(self, what: str, which: object) -> None:
        if self.away:
            raise Unavailable
        self.heard.append((what, which))

    async def register(self, message: Instance) -> Lease:
        self._hear("register", message.state)
        self.known.add(message.id)
        self.instance = message
        return Lease(0.001, 10, self.state)

    async def beat(self, message: Beat) -> Lease:
        self._hear("beat", message.state)
        if message.instance_id not in self.known:
            raise NoSuchInstance
        return Lease(0.001, 10, self.state)

    async def leave(self, message: ByInstance) -> None:
        self._hear("leave", message.instance_id)

    async def mark(self, message: Mark) -> Instance:
        raise NotImplementedError

    async def observe(self, message: Observe) -> Instances:
        raise NotImplementedError


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def registered(told: Told, tmp_path: Path) -> AsyncIterator[Registration]:
    process = Process("api-1", Home(tmp_path), Settings(), {"zone": "east"})
    made = Registration(process, told)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.001)


async def test_a_process_says_once_what_it_offers_and_then_that_it_lives(told: Told, registered: Registration) -> None:
    registered.offer("api", "unix:/run/api.sock")
    await until(lambda: len(told.heard) > 3)
    assert told.heard[:3] == [("register", UP), ("beat", UP), ("beat", UP)]
    offered = told.instance
    assert (offered.service, offered.url, offered.zone) == ("api", "unix:/run/api.sock", "east")
    assert offered.id.startswith("api-1.api@")
    assert offered.since is not None


async def test_a_registry_that_has_forgotten_is_told_anew(told: Told, registered: Registration) -> None:
    registered.offer("api", "unix:/run/api.sock")
    await until(lambda: len(told.heard) > 2)
    since = told.instance.since
    told.known.clear()
    await until(lambda: told.heard.count(("register", UP)) == 2)
    assert told.instance.since == since


async def test_a_registry_that_is_away_is_told_when_it_is_back(told: Told, registered: Registration) -> None:
    told.away = True
    registered.offer("api", "unix:/run/api.sock")
    await asyncio.sleep(0)
    await registered.drain()
    await registered.leave()
    assert told.heard == []
    told.away = False
    await until(lambda: told.heard != [])
    assert told.heard[0] == ("register", DRAINING)


async def test_who_ends_says_first_that_it_drains_and_last_that_it_is_gone(
    told: Told, registered: Registration
) -> None:
    registered.offer("api", "unix:/run/api.sock")
    await until(lambda: told.known != set())
    await asyncio.gather(registered.drain(), registered.drain())
    assert [state for _, state in told.heard].count(DRAINING) >= 1
    told.heard.clear()
    await registered.leave()
    assert ("leave", told.instance.id) in told.heard


async def test_what_an_operator_says_is_passed_on(told: Told, registered: Registration) -> None:
    drains: list[bool] = []
    registered.offer("gateway", "http://127.0.0.1:8080", drains.append)
    await until(lambda: drains != [])
    assert drains[-1] is False
    told.state = DRAINING
    await until(lambda: drains[-1])
    told.state = UP
    await until(lambda: not drains[-1])
