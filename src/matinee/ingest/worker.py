"""The code of each step, and the worker that runs it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
from obstore.store import ObjectStore

from matinee.ingest import inspect, languages, package, pipeline, poster, publish, sources, subtitles
from matinee.ingest.encode import AUDIO_KBPS, encode, outputs
from matinee.ingest.ladder import ladder
from matinee.ingest.package import Captions
from matinee.ingest.pipeline import Order
from matinee.ingest.scratch import Scratch
from matinee.ingest.source import Source
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.clock import Clock
from matinee.runtime.errors import MatineeError
from matinee.services.catalog.contract import Catalog, Encode
from matinee.services.fill.contract import Fill
from matinee.services.jobs.contract import ByJob, Jobs, NoSuchJob
from matinee.services.jobs.executor import Context, Handler, Worker
from matinee.services.jobs.programs import Programs
from matinee.terms.language import UNDETERMINED

_log = logging.getLogger(__name__)
_SWEEP_S = 15.0
_SOURCE = "source"


class Steps:
    """The handlers. Each step's folder is made once; where a step's files are not on this machine it is made again."""

    def __init__(
        self,
        catalog: Catalog,
        fill: Fill,
        objects: ObjectStore,
        programs: Programs,
        tools: Toolchain,
        scratch: Scratch,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._fill = fill
        self._objects = objects
        self._programs = programs
        self._tools = tools
        self._scratch = scratch
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """By kind of step, as `pipeline.STEPS` names them."""
        return {
            "ingest.inspect": self.inspect,
            "ingest.subtitles": self.subtitles,
            "ingest.encode": self.encode,
            "ingest.poster": self.poster,
            "ingest.package": self.package,
            "ingest.publish": self.publish,
        }

    async def inspect(self, context: Context) -> dict[str, Any]:
        """What the film holds."""
        order = pipeline.order(context.job.data)

        async def work(_: Path) -> dict[str, Any]:
            path = await self._source(context, order)
            return msgspec.to_builtins(await inspect.inspect(self._programs, self._tools, path))

        return await self._make(context, pipeline.INSPECT, work)

    async def subtitles(self, context: Context) -> dict[str, Any]:
        """Every text track: those that were sent, and of the film's own those in other languages."""
        order, source = pipeline.order(context.job.data), await self._inspected(context)

        async def work(into: Path) -> dict[str, Any]:
            found = [await self._sidecar(into, place, sidecar) for place, sidecar in enumerate(order.sidecars)]
            sent = {caption.language for caption in found}
            path = await self._source(context, order)
            for track in source.text:
                cues = await subtitles.extract(self._programs, self._tools, path, track)
                if cues and track.language not in sent:
                    found.append(Captions(track.language, track.label or languages.name(track.language), cues))
            return {"captions": msgspec.to_builtins(found)}

        return await self._make(context, pipeline.SUBTITLES, work)

    async def _sidecar(self, into: Path, place: int, sidecar: Any) -> Captions:
        path = into / f"sidecar-{place}"
        await sources.fetch(self._objects, sidecar.source, None, path)
        language = languages.tag(sidecar.language)
        name = f"for {languages.name(language)}" if language != UNDETERMINED else str(place + 1)
        return Captions(language, languages.name(language), subtitles.parse(path.read_bytes(), name))

    async def encode(self, context: Context) -> dict[str, Any]:
        """Every rung and every sound track."""
        order, source = pipeline.order(context.job.data), await self._inspected(context)

        async def work(into: Path) -> dict[str, Any]:
            path = await self._source(context, order)
            self._scratch.check_room(_expected_bytes(source))
            await encode(self._programs, self._tools, path, source, into, context.progress)
            return {"files": outputs(source)}

        return await self._make(context, pipeline.ENCODE, work)

    async def poster(self, context: Context) -> dict[str, Any]:
        """One picture of the film."""
        source = await self._inspected(context)

        async def work(into: Path) -> dict[str, Any]:
            encoded = await self._folder_of(context, pipeline.ENCODE, self.encode)
            rungs = ladder(source.video.width, source.video.height)
            best, small = (encoded / f"{rung.name}.mp4" for rung in (rungs[0], rungs[-1]))
            widths = await poster.poster(self._programs, self._tools, best, small, source.duration_ms / 1000, into)
            return {"widths": widths}

        return await self._make(context, pipeline.POSTER, work)

    async def package(self, context: Context) -> dict[str, Any]:
        """Segments, manifests, and the record of them."""
        order, source = pipeline.order(context.job.data), await self._inspected(context)
        texts = msgspec.convert((await self.subtitles(context))["captions"], list[Captions])

        async def work(into: Path) -> dict[str, Any]:
            encoded = await self._folder_of(context, pipeline.ENCODE, self.encode)
            self._scratch.check_room(sum(path.stat().st_size for path in encoded.iterdir()))
            root = into / "package"
            root.mkdir()
            renditions = await package.package(self._programs, self._tools, encoded, source, texts, root)
            now = self._clock.now()
            record = await asyncio.to_thread(package.described, order.encode_id, source, renditions, root, now)
            return {"encode": msgspec.to_builtins(record)}

        return await self._make(context, pipeline.PACKAGE, work)

    async def publish(self, context: Context) -> dict[str, Any]:
        """To viewers."""
        order = pipeline.order(context.job.data)
        record = msgspec.convert((await self.package(context))["encode"], Encode, strict=False)
        root = await self._folder_of(context, pipeline.PACKAGE, self.package) / "package"
        pictures = await self._folder_of(context, pipeline.POSTER, self.poster)
        widths = msgspec.convert((await self.poster(context))["widths"], list[int])
        await publish.put_package(self._objects, order, record, root, context.progress)
        picture = await publish.put_poster(self._objects, order, widths, pictures)
        await publish.announce(self._catalog, self._fill, order, record, picture)
        return {}

    async def _make(self, context: Context, step: str, work: Any) -> dict[str, Any]:
        return await self._scratch.make(context.job.id, step, context.task.id, work)

    async def _inspected(self, context: Context) -> Source:
        return msgspec.convert(await self.inspect(context), Source)

    async def _folder_of(self, context: Context, step: str, handler: Handler) -> Path:
        await handler(context)
        return self._scratch.folder(context.job.id, step)

    async def _source(self, context: Context, order: Order) -> Path:
        """The film as one file of this machine: the object itself where objects are files, else a copy."""
        if not order.source.endswith("/"):
            local = sources.local_path(self._objects, order.source)
            if local is not None:
                return local

        async def work(into: Path) -> dict[str, Any]:
            self._scratch.check_room(order.size)
            await sources.fetch(self._objects, order.source, order.size, into / "film")
            return {}

        await self._make(context, _SOURCE, work)
        return self._scratch.folder(context.job.id, _SOURCE) / "film"


def _expected_bytes(source: Source) -> int:
    rungs = ladder(source.video.width, source.video.height)
    kbps = sum(rung.kbps for rung in rungs) + AUDIO_KBPS * len(source.audio)
    return int(Fraction(source.duration_ms, 1000) * kbps * 125)


class IngestWorker:
    """Works on ingest jobs, `at_once` of them, and clears its scratch of those that are over."""

    def __init__(self, jobs: Jobs, steps: Steps, scratch: Scratch, worker_id: str, at_once: int = 1) -> None:
        self._jobs = jobs
        self._scratch = scratch
        self._workers = [
            Worker(jobs, pipeline.GROUP, steps.handlers(), f"{worker_id}/{place}") for place in range(at_once)
        ]

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(worker.run())
            group.create_task(self._sweeping())

    async def _sweeping(self) -> None:
        while True:
            try:
                await self.sweep()
            except MatineeError as error:
                _log.debug("sweep: %s", error.detail)
            await asyncio.sleep(_SWEEP_S)

    async def sweep(self) -> None:
        """Deletes what jobs that are over left here. Of a job that failed all stays while it can be tried again."""
        for job_id in list(self._scratch.jobs()):
            if await self._is_done_with(job_id):
                await self._scratch.drop(job_id)

    async def _is_done_with(self, job_id: str) -> bool:
        try:
            job = await self._jobs.job(ByJob(job_id))
        except NoSuchJob:
            return True
        return pipeline.is_final(job)
