"""A house of several processes of a kind, in zones: gateways, APIs and balancers, before one registry and one core."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import httpx
import psutil
from house import Served, eventually, free_port

from matinee.app.process import Process
from matinee.cli.options import ask
from matinee.runtime.errors import Unavailable
from matinee.services.registry.contract import Instance, InstanceState, Observe, Properties, Registry, SetProperty

T = TypeVar("T")

SERVICES = "accounts billing catalog search history metrics playback steering fill jobs ingest events".split()
SHARED = ("registry", "core")
"""Those with a store of their own that one process alone may open: they run once."""


class Spot(NamedTuple):
    """Where a process stands: its zone, the address at which it takes connections, and where an API answers at a port, too."""

    zone: str
    host: str = "127.0.0.1"
    listen: str = ""


class Fleet(Served):
    """A home with the processes of `spots`; a process's name begins with its target: `gateway-1`, `api-2`, `balancer-a`. The
    first gateway is the front door; where there is none, others are asked at `urls`."""

    def __init__(self, spots: Mapping[str, Spot], drain_s: float = 3, **environment: str) -> None:
        super().__init__(None, **environment)
        self.spots = spots
        self.drain_s = drain_s
        doors = [name for name in spots if not name.startswith("api")]
        self.ports = {name: self.port if name == doors[0] else free_port() for name in doors}
        self.urls = {name: f"http://{spots[name].host}:{port}" for name, port in self.ports.items()}
        self.url = self.urls[doors[0]]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def open(self, *targets: str) -> None:
        """All processes, and with them the services that are `targets` besides."""
        self.home.parent.mkdir(exist_ok=True)
        for name in (*SHARED, *self.spots):
            self.begin(name, *targets)
        self.processes = list(self.running.values())
        eventually(self._is_open, 60)
        eventually(self.is_whole, 60)

    def begin(self, name: str, *more: str) -> None:
        targets = [*SERVICES, *more] if name == "core" else [name.partition("-")[0]]
        spot = self.spots.get(name, Spot("home"))
        command = [sys.executable, "-m", "matinee", "serve", *targets, "--name", name, "--home", str(self.home)]
        command += ["--drain", str(self.drain_s), "--zone", spot.zone, "--port", str(self.ports.get(name, 0))]
        command += ["--listen", spot.listen] if spot.listen else []
        stands = {"MATINEE_GATEWAY_HOST": spot.host, "MATINEE_BALANCER_HOST": spot.host}
        with self.written.open("ab") as log:
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, env={**self.environment, **stands})

    def end(self, name: str, number: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it had ended."""
        began = time.monotonic()
        self.running[name].send_signal(number)
        code = self.running[name].wait(20)
        assert code == (0 if number is signal.SIGTERM else -number), self.log()
        return time.monotonic() - began

    def strike(self, *names: str) -> None:
        """All at once, each with the programs that it runs."""
        found = [each for name in names for each in self._tree(name)]
        for each in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        for name in names:
            self.running[name].wait(20)

    def _tree(self, name: str) -> Iterator[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.running[name].pid)
            yield process
            yield from process.children(recursive=True)

    def instances(self) -> dict[str, Instance]:
        """By the name of their process."""

        async def look(process: Process) -> list[Instance]:
            return (await process.client(Registry).observe(Observe())).instances

        return {each.id.partition(".")[0]: each for each in self.ask(look)}

    def states(self) -> dict[str, InstanceState]:
        try:
            return {name: each.state for name, each in self.instances().items()}
        except Unavailable:
            return {}

    def is_whole(self) -> bool:
        """Whether the registry knows all that register as up."""
        return self.states() == dict.fromkeys(self.registered, InstanceState.UP)

    @property
    def registered(self) -> list[str]:
        return [name for name in self.spots if not name.startswith("balancer")]

    def restart(self, name: str) -> None:
        if name not in self.registered:
            self.end(name)
            self.begin(name)
            eventually(lambda: httpx.get(self.urls[name], timeout=2))
            return
        before = self.instances()[name].since
        self.end(name)
        self.begin(name)
        eventually(
            lambda: (new := self.instances().get(name)) and new.since != before and new.state is InstanceState.UP
        )

    def set(self, name: str, value: Any) -> None:
        async def work(process: Process) -> None:
            await process.client(Properties).set(SetProperty(name, value, by="test"))

        self.ask(work)

    def ask(self, work: Callable[[Process], Awaitable[T]]) -> T:
        """Runs work that reaches the services."""

        async def within(process: Process) -> T:
            try:
                return await work(process)
            finally:
                await process.close()

        return ask(self.home, within)

    def close(self) -> None:
        self.strike(*self.running)
        self.processes = list(self.running.values())
        super().close()
