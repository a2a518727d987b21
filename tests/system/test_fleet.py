"""Several gateways and APIs on one machine: all are restarted one after the other under load, and the registry dies."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

import httpx
import pytest
from house import Served, eventually, free_port, matinee

from matinee.app.process import Process
from matinee.cli.options import ask
from matinee.runtime.errors import Unavailable
from matinee.services.registry.contract import Instance, InstanceState, Observe, Properties, Registry, SetProperty

SERVICES = "accounts billing catalog search history metrics playback steering fill jobs ingest events".split()
ZONES = {"gateway-1": "a", "gateway-2": "b", "api-1": "a", "api-2": "b", "api-3": "b"}
DRAIN_S = "3"


class Fleet(Served):
    """A home whose front door is two gateways before three APIs, in two zones."""

    def __init__(self) -> None:
        super().__init__()
        self.ports = {"gateway-1": self.port, "gateway-2": free_port()}
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports.values()]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def open(self) -> None:
        self.home.parent.mkdir(exist_ok=True)
        for name in ("registry", "core", *ZONES):
            self.begin(name)
        self.processes = list(self.running.values())
        eventually(self._is_open, 60)
        eventually(lambda: self.states() == dict.fromkeys(ZONES, InstanceState.UP), 60)

    def begin(self, name: str) -> None:
        targets = SERVICES if name == "core" else [name.partition("-")[0]]
        command = [sys.executable, "-m", "matinee", "serve", *targets, "--name", name, "--home", str(self.home)]
        command += ["--drain", DRAIN_S, "--zone", ZONES.get(name, "home"), "--port", str(self.ports.get(name, 0))]
        if name == "api-3":
            command += ["--listen", "127.0.0.1:0"]
        with self.written.open("ab") as log:
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it had ended."""
        began = time.monotonic()
        self.running[name].send_signal(number)
        code = self.running[name].wait(20)
        assert code == (0 if number is signal.SIGTERM else -number), self.log()
        return time.monotonic() - began

    def instances(self) -> dict[str, Instance]:
        """By the name of their process."""

        async def work(process: Process) -> list[Instance]:
            try:
                return (await process.client(Registry).observe(Observe())).instances
            finally:
                await process.close()

        return {each.id.partition(".")[0]: each for each in ask(self.home, work)}

    def states(self) -> dict[str, InstanceState]:
        try:
            return {name: each.state for name, each in self.instances().items()}
        except Unavailable:
            return {}

    def restart(self, name: str) -> None:
        before = self.instances()[name].since
        self.end(name)
        self.begin(name)
        eventually(
            lambda: (new := self.instances().get(name)) and new.since != before and new.state is InstanceState.UP
        )

    def set(self, name: str, value: Any) -> None:
        async def work(process: Process) -> None:
            try:
                await process.client(Properties).set(SetProperty(name, value, by="test"))
            finally:
                await process.close()

        ask(self.home, work)

    def close(self) -> None:
        self.processes = list(self.running.values())
        super().close()


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
    built = Fleet()
    try:
        built.open()
        yield built
    finally:
        built.close()


@pytest.fixture
def members(fleet: Fleet) -> Iterator[Members]:
    owner = fleet.owner()
    token = owner.http.headers["authorization"].partition(" ")[2]
    with Members(fleet.urls, token) as asking:
        eventually(lambda: asking.answered > 50)
        yield asking


def test_each_process_says_what_it_serves_where(fleet: Fleet) -> None:
    found = fleet.instances()
    assert {name: each.zone for name, each in found.items()} == ZONES
    assert {name: each.service for name, each in found.items()} == {name: name.partition("-")[0] for name in ZONES}
    assert [found[name].url for name in fleet.ports] == fleet.urls
    assert found["api-1"].url.startswith("unix:/")
    assert found["api-3"].url.startswith("http://127.0.0.1:")


def test_all_are_restarted_under_load_and_no_member_sees_it(fleet: Fleet, members: Members) -> None:
    for name in ZONES:
        before = members.answered
        fleet.restart(name)
        eventually(lambda before=before: members.answered > before + 20)
    assert members.wrong == []


def test_an_operator_takes_a_gateway_out_of_work_and_back(fleet: Fleet) -> None:
    ready = f"{fleet.urls[0]}/health/ready"
    assert httpx.get(ready).status_code == 200
    assert matinee("instances", "drain", "gateway-1", "--home", fleet.home).returncode == 0
    eventually(lambda: httpx.get(ready).status_code == 503)
    assert httpx.get(f"{fleet.urls[0]}/api/signup/plans").headers["connection"] == "close"
    assert fleet.states()["gateway-1"] is InstanceState.DRAINING
    assert matinee("instances", "up", "gateway-1", "--home", fleet.home).returncode == 0
    eventually(lambda: httpx.get(ready).status_code == 200)


def test_a_property_counts_at_every_gateway_and_at_a_start_without_the_registry(fleet: Fleet) -> None:
    api = {"name": "api", "match": {"prefix": "/api"}, "to": "api"}
    hello = {"name": "hello", "match": {"prefix": "/hello"}, "answer": {"body": "from the table"}}
    fleet.set("gateway.routes", {"routes": [api, hello]})
    for url in fleet.urls:
        eventually(lambda url=url: httpx.get(f"{url}/hello").text == "from the table", 5)
    fleet.end("registry", signal.SIGKILL)
    fleet.end("gateway-1")
    fleet.begin("gateway-1")
    eventually(lambda: httpx.get(f"{fleet.urls[0]}/hello").text == "from the table")
    assert httpx.get(f"{fleet.urls[0]}/api/signup/plans").status_code == 200
    fleet.begin("registry")
    eventually(lambda: fleet.states() == dict.fromkeys(ZONES, InstanceState.UP))
    fleet.set("gateway.routes", None)
    eventually(lambda: httpx.get(f"{fleet.urls[0]}/hello").text != "from the table", 5)


def test_a_registry_that_dies_changes_nothing_for_who_runs(fleet: Fleet, members: Members) -> None:
    fleet.end("registry", signal.SIGKILL)
    before = members.answered
    eventually(lambda: members.answered > before + 100)
    fleet.end("api-1")
    fleet.begin("api-1")
    fleet.end("gateway-2")
    fleet.begin("gateway-2")
    eventually(lambda: httpx.get(f"{fleet.urls[1]}/api/signup/plans").status_code == 200)
    fleet.begin("registry")
    eventually(lambda: fleet.states() == dict.fromkeys(ZONES, InstanceState.UP))
    before = members.answered
    eventually(lambda: members.answered > before + 100)
    assert members.wrong == []
