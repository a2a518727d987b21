"""Several gateways and APIs on one machine: all are restarted one after the other under load, and the registry dies."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from typing import Self

import httpx
import pytest
from fleet import Fleet, Spot
from house import eventually, matinee

from matinee.services.registry.contract import InstanceState

ZONES = {"gateway-1": "a", "gateway-2": "b", "api-1": "a", "api-2": "b", "api-3": "b"}
SPOTS = {name: Spot(zone, listen="127.0.0.1:0" if name == "api-3" else "") for name, zone in ZONES.items()}


class Members:
    """Members at both gateways who ask all the time, as behind a balancer: one that takes no connection is passed over."""

    def __init__(self, urls: list[str], token: str, at_once: int = 6) -> None:
        self._urls = urls
        self._headers = {"authorization": f"Bearer {token}"}
        self._at_once = at_once
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        self.answered = 0
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self._at_once):
                group.create_task(self._one(number))

    async def _one(self, number: int) -> None:
        async with httpx.AsyncClient(timeout=15, headers=self._headers) as client:
            while not self._stopping.is_set():
                for url in self._urls[number % 2 :] + self._urls[: number % 2]:
                    try:
                        await self._ask(client, url, number)
                    except httpx.ConnectError:
                        continue
                    break
                else:
                    self.wrong.append("no gateway took a connection")
                await asyncio.sleep(0.02)

    async def _ask(self, client: httpx.AsyncClient, url: str, number: int) -> None:
        try:
            if number % 3:
                answer = await client.get(f"{url}/api/session")
            else:  # one that no gateway may send twice
                answer = await client.post(f"{url}/api/session", json={"email": "nobody@example.org", "password": "x"})
            if answer.status_code not in {200, 401, 429}:
                self.wrong.append(f"{answer.request.method} {answer.status_code} {answer.text}")
            self.answered += 1
        except httpx.ConnectError:
            raise
        except httpx.HTTPError as error:
            self.wrong.append(f"{number} {url} {error!r}")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    built = Fleet(SPOTS)
    try:
        built.open()
        yield built
    finally:
        built.close()


@pytest.fixture
def members(fleet: Fleet) -> Iterator[Members]:
    owner = fleet.owner()
    token = owner.http.headers["authorization"].partition(" ")[2]
    with Members([*fleet.urls.values()], token) as asking:
        eventually(lambda: asking.answered > 50)
        yield asking


def test_each_process_says_what_it_serves_where(fleet: Fleet) -> None:
    found = fleet.instances()
    assert {name: each.zone for name, each in found.items()} == ZONES
    assert {name: each.service for name, each in found.items()} == {name: name.partition("-")[0] for name in ZONES}
    assert {name: found[name].url for name in fleet.ports} == fleet.urls
    assert found["api-1"].url.startswith("unix:/")
    assert found["api-3"].url.startswith("http://127.0.0.1:")


def test_all_are_restarted_under_load_and_no_member_sees_it(fleet: Fleet, members: Members) -> None:
    for name in ZONES:
        before = members.answered
        fleet.restart(name)
        eventually(lambda before=before: members.answered > before + 20)
    assert members.wrong == []


def test_an_operator_takes_a_gateway_out_of_work_and_back(fleet: Fleet) -> None:
    ready = f"{fleet.urls['gateway-1']}/health/ready"
    assert httpx.get(ready).status_code == 200
    assert matinee("instances", "drain", "gateway-1", "--home", fleet.home).returncode == 0
    eventually(lambda: httpx.get(ready).status_code == 503)
    assert httpx.get(f"{fleet.urls['gateway-1']}/api/signup/plans").headers["connection"] == "close"
    assert fleet.states()["gateway-1"] is InstanceState.DRAINING
    assert matinee("instances", "up", "gateway-1", "--home", fleet.home).returncode == 0
    eventually(lambda: httpx.get(ready).status_code == 200)


def test_a_property_counts_at_every_gateway_and_at_a_start_without_the_registry(fleet: Fleet) -> None:
    api = {"name": "api", "match": {"prefix": "/api"}, "to": "api"}
    hello = {"name": "hello", "match": {"prefix": "/hello"}, "answer": {"body": "from the table"}}
    fleet.set("gateway.routes", {"routes": [api, hello]})
    for url in fleet.urls.values():
        eventually(lambda url=url: httpx.get(f"{url}/hello").text == "from the table", 5)
    fleet.end("registry", signal.SIGKILL)
    fleet.end("gateway-1")
    fleet.begin("gateway-1")
    eventually(lambda: httpx.get(f"{fleet.urls['gateway-1']}/hello").text == "from the table")
    assert httpx.get(f"{fleet.urls['gateway-1']}/api/signup/plans").status_code == 200
    fleet.begin("registry")
    eventually(fleet.is_whole)
    fleet.set("gateway.routes", None)
    eventually(lambda: httpx.get(f"{fleet.urls['gateway-1']}/hello").text != "from the table", 5)


def test_a_registry_that_dies_changes_nothing_for_who_runs(fleet: Fleet, members: Members) -> None:
    fleet.end("registry", signal.SIGKILL)
    before = members.answered
    eventually(lambda: members.answered > before + 100)
    fleet.end("api-1")
    fleet.begin("api-1")
    fleet.end("gateway-2")
    fleet.begin("gateway-2")
    eventually(lambda: httpx.get(f"{fleet.urls['gateway-2']}/api/signup/plans").status_code == 200)
    fleet.begin("registry")
    eventually(fleet.is_whole)
    before = members.answered
    eventually(lambda: members.answered > before + 100)
    assert members.wrong == []
