"""One running process: what it has built, what it offers to others, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from matinee.app import lifeline
from matinee.app.admission import carried
from matinee.app.home import Home
from matinee.config import Settings
from matinee.runtime import telemetry
from matinee.runtime.clock import SharedClock, SystemClock
from matinee.runtime.errors import DeadlineExceeded, Unavailable
from matinee.runtime.ids import Ids
from matinee.runtime.rpc.channel import LocalChannel, connect
from matinee.runtime.rpc.http import HttpChannel

C = TypeVar("C")
log = logging.getLogger(__name__)

DRAIN_S = 10.0
"""How long what is under way may take to come to its end when a process stops."""


class Process:
    """What targets build into. `name` is the process's own; `options` are the flags of `matinee serve`."""

    def __init__(self, name: str, home: Home, settings: Settings, options: dict[str, Any]) -> None:
        self.name = name
        self.home = home
        self.settings = settings
        self.options = options
        self.clock = SharedClock(home.clock) if options.get("test_clock") else SystemClock()
        self.ids = Ids(self.clock)
        self.admission = carried(home)
        self.registry = telemetry.registry()
        self.offered: dict[type, object] = {}
        self.opened: dict[str, Any] = {}
        self.zone: str = options.get("zone") or settings.zone
        self.drain_s: float = options.get("drain", DRAIN_S)
        self.ready = False
        self._drains: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        self._last: list[Callable[[], Awaitable[None]]] = []
        self._work: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []
        self._closers: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        self._stopping = asyncio.Event()
        self._hurried = asyncio.Event()

    def offer(self, contract: type, service: object) -> None:
        """This process runs the service; others reach it at this process's socket."""
        self.offered[contract] = service

    def client(self, contract: type[C]) -> C:
        """The service: the object itself when it runs here, else a client of where the settings say it is."""
        service = self.offered.get(contract)
        if service is not None:
            return connect(contract, LocalChannel(service))
        name = contract.__name__.lower()
        url = self.settings.services.get(name, f"unix:{self.home.socket(name)}")
        if self.admission is not None and name not in self.settings.services:
            url = self.admission.url
        return connect(contract, self.once(f"channel {url}", lambda: self._channel(url)))

    def _channel(self, url: str) -> HttpChannel:
        let_in = self.admission
        if let_in is not None and url == let_in.url:
            tls = ssl.create_default_context(cadata=let_in.certificate) if let_in.certificate else None
            channel = HttpChannel(url, let_in.token, tls)
        else:
            channel = HttpChannel(url)
        self.on_stop(f"channel {url}", channel.close)
        return channel

    def once(self, key: str, make: Callable[[], C]) -> C:
        """What this process opens at most once, under one key."""
        if key not in self.opened:
            self.opened[key] = make()
        return cast("C", self.opened[key])

    def run(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Work that goes on while the process lives; should it end in an error, it is begun again after a moment."""
        self._work.append((name, work))

    def at_last(self, step: Callable[[], Awaitable[None]]) -> None:
        """A step of the start that waits until everything else of this process is built."""
        self._last.append(step)

    def on_drain(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """A step before the stop, while everything still runs: takes nothing new, and lets what is under way end. Steps run in the
        reverse of the order in which they were given; together they have `drain_s`."""
        self._drains.append((name, step))

    def on_stop(self, name: str, closer: Callable[[], Awaitable[None]]) -> None:
        """Closers run in the reverse of the order in which they were given."""
        self._closers.append((name, closer))

    def on_close(self, closer: Callable[[], None]) -> None:
        async def close() -> None:
            closer()

        self.on_stop(getattr(closer, "__qualname__", "part"), close)

    def stop(self) -> None:
        """Lets what is under way end; asked once more, it waits for that no longer."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    async def live(self) -> None:
        """Lives until it is told to stop; then closes everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        lifeline.watch()
        for step in self._last:
            await step()
        tasks = [asyncio.create_task(self._forever(name, work), name=name) for name, work in self._work]
        self.ready = True
        try:
            await self._stopping.wait()
        finally:
            self.ready = False
            await self._drain()
            await self.close(tasks)

    async def _drain(self) -> None:
        draining = asyncio.create_task(self._drained())
        hurried = asyncio.create_task(self._hurried.wait())
        over, _ = await asyncio.wait({draining, hurried}, timeout=self.drain_s, return_when=asyncio.FIRST_COMPLETED)
        if draining not in over:
            log.info("what is still under way is broken off")
        for task in (draining, hurried):
            task.cancel()
        await asyncio.gather(draining, hurried, return_exceptions=True)

    async def _drained(self) -> None:
        for name, step in reversed(self._drains):
            await self._step(name, step)

    async def _step(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception:
            log.exception("%s did not drain in order", name)

    async def close(self, tasks: list[asyncio.Task[None]] | None = None) -> None:
        for task in tasks or []:
            task.cancel()
        await asyncio.gather(*(tasks or []), return_exceptions=True)
        for name, closer in reversed(self._closers):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await closer()
                continue
            log.warning("%s did not close in order", name)

    async def _forever(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        pause = 0.2
        while True:
            try:
                await work()
            except asyncio.CancelledError:
                raise
            except (Unavailable, DeadlineExceeded) as away:
                log.info("%s waits: %s", name, away.detail)
            except Exception:
                log.exception("%s broke off and is begun again", name)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
