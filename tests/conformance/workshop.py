"""Prepares films as the house does, in this process, without its doors: what the corpus needs of ingest stands here alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from ingesting import WorkingHouse
from matinee.ingest.contract import ByPreparation, ObservePreparations, Phase, Preparation, Sidecar, Start
from matinee.ingest.limits import Limits
from matinee.ingest.source import Source
from matinee.runtime.errors import MatineeError
from matinee.services.catalog.contract import ByTitle, NotPlayable
from matinee.services.jobs.contract import ListJobs
from matinee.terms.encode import Encode
from matinee.terms.title import Metadata

T = TypeVar("T")
_AT_ONCE = 2
_LONGEST_S = 90


@dataclass(frozen=True)
class Made:
    """What became of a film: a `sentence`, or an encode whose files lie in `root`."""

    sentence: str = ""
    notes: list[str] = field(default_factory=list[str])
    source: Source | None = None
    encode: Encode | None = None
    root: Path = Path()


class Workshop:
    """Ingest and what it needs, at work in a thread until it is closed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._count = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._run(self._open())

    async def _open(self) -> None:
        house = WorkingHouse(self.home, Limits(spare_gib=0), at_once=_AT_ONCE)
        self._house, self._ingest, self._jobs, self._catalog = house, house.ingest, house.jobs, house.catalog
        self._working = asyncio.create_task(house.worker.run())

    def close(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)
        await self._house.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_LONGEST_S)

    def prepare(
        self,
        path: Path,
        sidecars: list[Sidecar] | None = None,
        poster: Path | None = None,
        further: Sequence[Path] = (),
    ) -> Made:
        """Waits until the film plays in all its renditions, or failed. `further` are the files in which it goes on."""
        return self._run(self._prepare(path, sidecars or [], poster, further))

    def begin(self, path: Path) -> str:
        """Hands a film over and does not wait. Raises Invalid."""
        return self._run(self._begin(path, [], None, ())).id

    def finish(self, preparation_id: str) -> Made:
        return self._run(self._finish(preparation_id))

    def titles(self) -> list[str]:
        """The encodes whose files lie among the objects, in part or whole."""
        return sorted(path.name for path in (self.home / "objects" / "media").glob("*/*"))

    async def _begin(
        self, path: Path, sidecars: list[Sidecar], poster: Path | None, further: Sequence[Path]
    ) -> Preparation:
        self._count += 1
        picture = str(poster) if poster else None
        film = Metadata(f"Film {self._count}")
        start = Start(f"film-{self._count}", str(path), path.name[:255], film, sidecars, poster=picture)
        return await self._ingest.start(replace(start, further=[str(one) for one in further]))

    async def _prepare(self, path: Path, sidecars: list[Sidecar], poster: Path | None, further: Sequence[Path]) -> Made:
        try:
            began = await self._begin(path, sidecars, poster, further)
        except MatineeError as error:
            return Made(sentence=error.detail)
        return await self._finish(began.id)

    async def _finish(self, preparation_id: str) -> Made:
        done = await self._over(preparation_id)
        if done.phase is not Phase.PLAYABLE:
            await self._check_unpublished(done.title_id)
            return Made(sentence=done.message)
        encode = await self._catalog.encode(ByTitle(done.title_id))
        root = self.home / "objects" / "media" / done.title_id / encode.id
        return Made("", [found.message for found in done.findings], await self._source(done.title_id), encode, root)

    async def _over(self, preparation_id: str) -> Preparation:
        cursor = 1
        while True:
            found = await self._ingest.preparation(ByPreparation(preparation_id))
            if found.phase not in {Phase.UPLOADING, Phase.PREPARING, Phase.IMPROVING}:
                return found
            cursor = (await self._ingest.observe(ObservePreparations(cursor, 1))).cursor

    async def _check_unpublished(self, title_id: str) -> None:
        try:
            await self._catalog.encode(ByTitle(title_id))
        except (NotPlayable, MatineeError):
            return
        raise AssertionError(f"{title_id} failed, and has an encode")

    async def _source(self, title_id: str) -> Source:
        job, *_ = (await self._jobs.list_jobs(ListJobs(subject=title_id))).jobs
        found = next(task.result["source"] for task in job.tasks if "source" in task.result)
        return msgspec.convert(found, Source)
