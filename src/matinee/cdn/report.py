"""What the appliance says of itself every second: health, load, what it holds, what it gave."""

from __future__ import annotations

import asyncio
import logging
import time

from msgspec import Struct

from matinee.cdn.core import Core
from matinee.cdn.gate import Gate
from matinee.cdn.server import Server
from matinee.cdn.shelf import Shelf
from matinee.cdn.store import Store
from matinee.runtime.clock import Clock
from matinee.runtime.errors import MatineeError
from matinee.services.steering.contract import Report

EVERY_S = 1.0
_SMOOTHING = 0.3
_LEAST_FREE = 64 << 20
_VERSION = "1"
_SILENT_AFTER = 10
_log = logging.getLogger(__name__)


class Identity(Struct, frozen=True):
    """`boot` is new with each start; `capacity_bps` what its line can give."""

    appliance_id: str
    url: str
    zone: str
    boot: str
    capacity_bps: int


class Reporter:
    """Tells the core once a second."""

    def __init__(
        self, identity: Identity, clock: Clock, server: Server, gate: Gate, shelf: Shelf, store: Store
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._server = server
        self._gate = gate
        self._shelf = shelf
        self._store = store
        self._load = 0.0
        self._unheard = 0
        self._before = (clock.monotonic(), 0.0, 0)

    async def run(self, core: Core) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self._tell(core)
            due = max(due + EVERY_S, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _tell(self, core: Core) -> None:
        """A core that is away is spoken of once, when it is no longer just starting, and once when it is back."""
        try:
            await core.report(self.report())
        except MatineeError as wrong:
            self._unheard += 1
            if self._unheard == _SILENT_AFTER:
                _log.warning("the core does not hear our reports: %s", wrong.detail)
        else:
            if self._unheard >= _SILENT_AFTER:
                _log.warning("the core hears our reports again")
            self._unheard = 0

    def report(self) -> Report:
        self._load += _SMOOTHING * (self._measured() - self._load)
        return Report(
            appliance_id=self._identity.appliance_id,
            url=self._identity.url,
            zone=self._identity.zone,
            boot=self._identity.boot,
            load=round(self._load, 3),
            healthy=self._gate.sees,
            encodes=self._shelf.library.held(),
            bytes_served=self._server.bytes_served,
            origin_bytes=self._shelf.origin_bytes,
            version=_VERSION,
            full=self._store.free_bytes() < _LEAST_FREE,
        )

    def _measured(self) -> float:
        """The scarcest of processor, line and connections since the last report, 0 to 1."""
        at, cpu, sent = self._before
        now = self._before = self._clock.monotonic(), time.process_time(), self._server.bytes_served
        elapsed = max(0.001, now[0] - at)
        processor = (now[1] - cpu) / elapsed
        line = (now[2] - sent) * 8 / elapsed / self._identity.capacity_bps
        return min(1.0, max(processor, line, self._server.fullness))
