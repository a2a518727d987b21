from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.fleet import Fleet
from matinee.runtime.errors import Unavailable
from matinee.services.registry.contract import (
    Beat,
    ByInstance,
    Instance,
    Instances,
    InstanceState,
    Lease,
    Mark,
    Observe,
)

MORNING, NOON = datetime(2026, 11, 21, 8, tzinfo=UTC), datetime(2026, 11, 21, 12, tzinfo=UTC)


class Told:
    """A registry that says what a test says."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[Instances | Exception] = asyncio.Queue()
        self.asked: list[int] = []

    async def observe(self, message: Observe) -> Instances:
        self.asked.append(message.after)
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def register(self, message: Instance) -> Lease:
        raise NotImplementedError

    async def beat(self, message: Beat) -> Lease:
        raise NotImplementedError

    async def leave(self, message: ByInstance) -> None:
        raise NotImplementedError

    async def mark(self, message: Mark) -> Instance:
        raise NotImplementedError


def api(name: str, since: datetime = MORNING, **said: Any) -> Instance:
    return Instance(name, "api", f"unix:/{name}", since=since, **said)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.instances.json"


def made(file: Path, registry: Told | None = None) -> Fleet:
    return Fleet(registry or Told(), file, lambda name: Cluster(name, [], Random(1)), {"api": ["unix:/settings"]})


def urls(fleet: Fleet) -> list[str]:
    return [server.url for server in fleet.cluster("api").servers]


def test_the_servers_of_the_settings_stand_where_nothing_was_told(file: Path) -> None:
    fleet = made(file)
    assert urls(fleet) == ["unix:/settings"]
    fleet.hear(Instances(1, []))
    assert urls(fleet) == ["unix:/settings"]
    assert fleet.cluster("push").servers == ()


def test_what_is_told_takes_their_place(file: Path) -> None:
    fleet = made(file)
    cluster = fleet.cluster("api")
    fleet.hear(Instances(1, [api("a", zone="east"), api("b"), Instance("g", "gateway", "http://127.0.0.1:1")]))
    assert [(server.url, server.zone) for server in cluster.servers] == [("unix:/a", "east"), ("unix:/b", "home")]
    assert fleet.cluster("api") is cluster
    assert list(fleet) == [cluster]


def test_a_server_stays_the_same_object_until_it_is_started_anew(file: Path) -> None:
    fleet = made(file)
    cluster = fleet.cluster("api")
    fleet.hear(Instances(1, [api("a"), api("b")]))
    first, second = cluster.servers
    fleet.hear(Instances(2, [api("a", state=InstanceState.DRAINING), api("b")]))
    assert (cluster.servers[0] is first, first.draining) == (True, True)
    assert {cluster.pick(()) for _ in range(20)} == {second}
    fleet.hear(Instances(3, [api("a", since=NOON), api("b")]))
    assert (cluster.servers[0] is first, cluster.servers[1] is second) == (False, True)
    assert cluster.servers[0].draining is False


def test_who_comes_to_others_is_on_probation_and_who_comes_with_all_is_not(file: Path) -> None:
    fleet = made(file)
    cluster = fleet.cluster("api")
    fleet.hear(Instances(1, [api("a"), api("b")]))
    assert [server.standing.on_probation for server in cluster.servers] == [False, False]
    fleet.hear(Instances(2, [api("a"), api("b"), api("c")]))
    assert [server.standing.on_probation for server in cluster.servers] == [False, False, True]


def test_what_was_told_last_counts_at_the_next_start(file: Path) -> None:
    made(file).hear(Instances(1, [api("a"), api("b")]))
    again = made(file)
    assert urls(again) == ["unix:/a", "unix:/b"]
    again.hear(Instances(9, [api("c")], whole=False))
    assert urls(again) == ["unix:/a", "unix:/b", "unix:/c"]
    again.hear(Instances(10, [api("c")]))
    assert urls(again) == ["unix:/c"]


@pytest.mark.parametrize("spoilt", [b"", b"[]", b'{"api": [{}]}', b"\xff"])
def test_a_spoilt_file_is_as_good_as_none(file: Path, spoilt: bytes) -> None:
    file.write_bytes(spoilt)
    assert urls(made(file)) == ["unix:/settings"]


def test_an_instance_that_cannot_be_reached_by_its_url_is_left_out(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = made(file)
    fleet.cluster("api")
    for _ in range(2):
        fleet.hear(Instances(1, [Instance("a", "api", "ftp://host"), api("b")]))
        fleet.hear(Instances(2, [Instance("a", "api", "ftp://host"), api("b", state=InstanceState.DRAINING)]))
    assert urls(fleet) == ["unix:/b"]
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


async def test_a_registry_that_is_away_changes_nothing(file: Path) -> None:
    told = Told()
    fleet = made(file, told)
    fleet.cluster("api")
    told.answers.put_nowait(Instances(5, [api("a")]))
    told.answers.put_nowait(Unavailable())
    told.answers.put_nowait(Instances(1, [], whole=False))
    following = asyncio.create_task(fleet.follow())
    async with asyncio.timeout(5):
        while len(told.asked) < 4:
            await asyncio.sleep(0)
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following
    assert told.asked == [-1, 5, -1, 1]
    assert urls(fleet) == ["unix:/a"]
