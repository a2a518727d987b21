"""Ingest and what it asks, put together in one folder and this process, without doors."""

from __future__ import annotations

import asyncio
from pathlib import Path

from matinee.backends.objects.open import open as open_objects
from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.ingest.contract import ByPreparation, Ingest, ObservePreparations, Phase, Preparation
from matinee.ingest.limits import Limits
from matinee.ingest.scratch import Scratch
from matinee.ingest.service import Service
from matinee.ingest.steps import Steps
from matinee.ingest.toolchain import installed
from matinee.ingest.worker import IngestWorker
from matinee.runtime.clock import SharedClock
from matinee.runtime.ids import Ids
from matinee.runtime.rpc.channel import LocalChannel, connect
from matinee.services.catalog.contract import Catalog
from matinee.services.catalog.service import Service as CatalogService
from matinee.services.fill.contract import Fill
from matinee.services.fill.service import Service as FillService
from matinee.services.jobs import rules
from matinee.services.jobs.contract import Jobs
from matinee.services.jobs.open import open as open_programs
from matinee.services.jobs.service import Service as JobsService
from matinee.services.playback.contract import Playback
from matinee.services.playback.masters import Masters
from matinee.services.playback.service import Service as PlaybackService


class IngestHouse:
    """Ingest without workers: what comes in waits."""

    def __init__(self, home: Path, limits: Limits | None = None, lease_ms: int = rules.LEASE_MS) -> None:
        home.mkdir(exist_ok=True)
        self.home = home
        self.limits = limits or Limits()
        self.clock = SharedClock(home / "clock")
        self.ids = Ids(self.clock)
        self.databases: dict[str, Database] = {}
        self.objects = open_objects(f"file://{home}/objects")
        jobs = JobsService(self._database("jobs", "matinee.services.jobs"), self.clock, self.ids, lease_ms)
        self.jobs = connect(Jobs, LocalChannel(jobs))
        catalog = CatalogService(self._database("catalog", "matinee.services.catalog"), self.clock, self.ids)
        self.catalog = connect(Catalog, LocalChannel(catalog))
        own = self._database("ingest", "matinee.ingest")
        self.service = Service(own, self.objects, self.jobs, self.catalog, self.clock, self.ids, self.limits)
        self.ingest = connect(Ingest, LocalChannel(self.service))

    def _database(self, name: str, owner: str) -> Database:
        self.databases[name] = open_database(f"sqlite:///{self.home}/{name}.db", migrations=owner)
        return self.databases[name]

    async def close(self) -> None:
        for database in self.databases.values():
            await database.close()


class WorkingHouse(IngestHouse):
    """With a worker, `at_once` steps wide, that whoever holds the house lets run."""

    def __init__(
        self, home: Path, limits: Limits | None = None, lease_ms: int = rules.LEASE_MS, at_once: int = 1
    ) -> None:
        super().__init__(home, limits, lease_ms)
        self.fill = connect(Fill, LocalChannel(FillService(self._database("fill", "matinee.services.fill"))))
        keys = self._database("playback", "matinee.services.playback")
        service = PlaybackService(keys, self.clock, self.ids, [b"session" * 5], Masters([b"m" * 32]))
        playback, programs = connect(Playback, LocalChannel(service)), open_programs("processes:")
        self.scratch = Scratch(home / "scratch", self.objects, self.limits.spare)
        steps = Steps(self.catalog, self.fill, playback, self.objects, programs, installed(), self.scratch, self.clock)
        self.worker = IngestWorker(self.jobs, steps, self.scratch, "w", at_once)

    def files(self, folder: str) -> list[str]:
        root = self.home / folder
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def over(house: WorkingHouse, preparation_id: str) -> Preparation:
    cursor = 0
    async with asyncio.timeout(60):
        while True:
            found = await house.ingest.preparation(ByPreparation(preparation_id))
            if found.phase not in {Phase.UPLOADING, Phase.PREPARING, Phase.IMPROVING}:
                return found
            cursor = (await house.ingest.observe(ObservePreparations(max(1, cursor), 2))).cursor
