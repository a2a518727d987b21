"""The Open Connect appliance: put together here, run until cancelled."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from matinee.cdn.connection import Connection
from matinee.cdn.core import CORE_AUDIENCE, ORIGIN_AUDIENCE, Core, Signature
from matinee.cdn.delivery import Delivery
from matinee.cdn.ended import Follower
from matinee.cdn.fill import Filler, Pace
from matinee.cdn.gate import Gate
from matinee.cdn.library import Library
from matinee.cdn.pull import Origin
from matinee.cdn.report import Identity, Reporter
from matinee.cdn.server import Server
from matinee.cdn.shelf import Shelf
from matinee.cdn.store import Store
from matinee.runtime.clock import Clock
from matinee.runtime.errors import MatineeError
from matinee.runtime.http1 import Client
from matinee.runtime.signing import Keyring


class Settings(Struct, frozen=True):
    """`url` is where viewers reach it; `{host}` stands for the name by which they reached the gateway, `{port}` for the port
    that it listens at. `core` and `origin` are `http://host:port` or `unix:/path`. `fill_bps` bounds what fill takes from the
    origin, 0: nothing does."""

    appliance_id: str
    core: str
    origin: str
    url: str = "http://{host}:{port}"
    zone: str = "home"
    capacity_bps: Annotated[int, Meta(gt=0)] = 1_000_000_000
    fill_bps: Annotated[int, Meta(ge=0)] = 0
    connections: Annotated[int, Meta(gt=0)] = 4096


class Stats(Struct, frozen=True):
    """What the process's own page shows of it."""

    connections: int
    refused_connections: int
    sessions: int
    bytes_served: int
    origin_bytes: int
    encodes: int
    missing_files: int
    sees_core: bool


class Appliance:
    """Serves at `listener`, over TLS where there is a context for it, keeps its files under `folder`, signs as `keyring`. `boot` is
    new with each start."""

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        folder: Path,
        keyring: Keyring,
        clock: Clock,
        boot: str,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._clients = Client(settings.core), Client(settings.origin)
        self._core = Core(self._clients[0], Signature(settings.appliance_id, CORE_AUDIENCE, keyring, clock))
        origin = Origin(self._clients[1], Signature(settings.appliance_id, ORIGIN_AUDIENCE, keyring, clock))
        store = Store(folder)
        self._shelf = Shelf(Library(), store, origin)
        self._gate = Gate(clock, self._core.keys)
        self._filler = Filler(self._core, self._shelf, store, Pace(settings.fill_bps // 8), self._cut)
        self._delivery = Delivery(self._gate, self._shelf, self._filler.ask_now)
        self._server = Server(listener, self._delivery, clock, most=settings.connections, tls=tls)
        url = settings.url.replace("{port}", str(self._server.port))
        identity = Identity(settings.appliance_id, url, settings.zone, boot, settings.capacity_bps)
        self._reporter = Reporter(identity, clock, self._server, self._gate, self._shelf, store)
        self._follower = Follower(self._core, self._gate, clock, self._cut)
        self.started = asyncio.Event()

    @property
    def port(self) -> int:
        return self._server.port

    async def run(self) -> None:
        """Until cancelled. `started` is set once it accepts connections."""
        await self._filler.start()
        self._tick()
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in (
                    self._server.run(),
                    self._follower.run(),
                    self._filler.follow(),
                    self._filler.run(),
                    self._reporter.run(self._core),
                    self._watch(),
                ):
                    tasks.create_task(work)
                self.started.set()
        finally:
            await self._shelf.close()
            for client in self._clients:
                await client.close()

    def stats(self) -> Stats:
        return Stats(
            connections=self._server.connections,
            refused_connections=self._server.refused,
            sessions=len(self._gate.grants),
            bytes_served=self._server.bytes_served,
            origin_bytes=self._shelf.origin_bytes,
            encodes=len(self._shelf.library.held()),
            missing_files=len(self._shelf.library.missing()),
            sees_core=self._gate.sees,
        )

    async def _watch(self) -> None:
        """Keys at the start and each minute; the time that tokens are held against; silence of the core."""
        looks = 0
        while True:
            if looks <= 0 and await self._looked():
                looks = 60
            looks -= 1
            await asyncio.sleep(1)
            self._tick()
            if self._gate.tick():
                self._cut()

    async def _looked(self) -> bool:
        try:
            await self._gate.look()
        except MatineeError:
            return False
        return True

    def _tick(self) -> None:
        self._delivery.now = self._clock.now().timestamp()

    def _cut(self) -> None:
        """Stops answers under way whose session has ended or whose title was withdrawn."""
        self._server.cut(self._lost)

    def _lost(self, connection: Connection) -> bool:
        grant, content = connection.grant, connection.content
        if grant is not None and self._gate.lost(grant):
            return True
        return content is not None and content.path not in self._shelf.library.files
