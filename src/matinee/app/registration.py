"""A process tells the registry what it offers: while it runs that it does, and before it ends that nothing more be sent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

from msgspec.structs import replace

import matinee
from matinee.app.process import Process
from matinee.runtime.errors import MatineeError
from matinee.services.registry.contract import (
    Beat,
    ByInstance,
    Instance,
    InstanceState,
    NoSuchInstance,
    Registry,
)

log = logging.getLogger(__name__)

Told = Callable[[bool], None]
_RESTS = frozenset({InstanceState.DRAINING, InstanceState.DOWN})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 3.0
_LAST_WORD_S = 1.0
_HOST_BYTES = 40


def registration(process: Process) -> Registration:
    """What this process offers; it is told as long as the process runs."""

    def make() -> Registration:
        made = Registration(process, process.client(Registry))
        process.run("registration", made.run)
        process.on_stop("registration", made.leave)
        return made

    return process.once("registration", make)


def name_of(process: Process, service: str) -> str:
    """The instance that this process is of a service."""
    return f"{process.name}.{service}@{socket.gethostname()[:_HOST_BYTES]}"


class Registration:
    """Keeps the leases of this process's instances. That the registry is away changes nothing for them."""

    def __init__(self, process: Process, registry: Registry) -> None:
        self._process = process
        self._registry = registry
        self._since = process.clock.real_now()
        self._offers: dict[str, tuple[Instance, Told]] = {}
        self._known: set[str] = set()
        self._draining: asyncio.Task[None] | None = None
        self._away = False

    def offer(self, service: str, url: str, told: Told = lambda _: None) -> None:
        """From now on this process serves `service` at `url`. `told(drains)` is called when an operator drains it and when he
        takes that back."""
        process = self._process
        offered = Instance(
            name_of(process, service),
            service,
            url,
            process.zone,
            matinee.__version__,
            since=self._since,
        )
        self._offers[offered.id] = offered, told

    async def run(self) -> None:
        """Renews the leases until it is cancelled."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                every_s = 1.0
                for offered, told in list(self._offers.values()):
                    every_s = await self._tell(offered, told)
            except MatineeError as wrong:
                if not self._away:
                    self._away = True
                    log.info("the registry is away, which changes nothing here: %s", wrong.detail)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                self._away = False
                pause = _FIRST_PAUSE_S
                await asyncio.sleep(every_s)

    async def drain(self) -> None:
        """Tells that this process takes no new work; who asks again waits for the same telling."""
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        await asyncio.shield(self._draining)

    async def leave(self) -> None:
        """This process is gone."""
        with contextlib.suppress(MatineeError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD_S):
                for instance_id in self._known:
                    await self._registry.leave(ByInstance(instance_id))

    async def _drain(self) -> None:
        self._offers = {
            name: (replace(offered, state=InstanceState.DRAINING), told)
            for name, (offered, told) in self._offers.items()
        }
        with contextlib.suppress(MatineeError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD_S):
                for offered, told in self._offers.values():
                    await self._tell(offered, told)

    async def _tell(self, offered: Instance, told: Told) -> float:
        """Seconds until the next beat."""
        if offered.id in self._known:
            try:
                lease = await self._registry.beat(Beat(offered.id, offered.state))
            except NoSuchInstance:
                lease = await self._registry.register(offered)
        else:
            lease = await self._registry.register(offered)
            self._known.add(offered.id)
        told(lease.state in _RESTS)
        return lease.every_s
