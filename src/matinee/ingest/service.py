"""Ingest, as the contract has it: takes films in, starts their preparation, shows how far it is, and clears up after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

import msgspec
import msgspec.structs
import obstore
from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.sql.port import Database
from matinee.ingest import intake, leftovers, pipeline, sources
from matinee.ingest.board import Board
from matinee.ingest.contract import (
    Append,
    ByPreparation,
    ByUpload,
    CreateUpload,
    ObservePreparations,
    Phase,
    Preparation,
    Preparations,
    Sidecar,
    Start,
    Sweep,
    Upload,
)
from matinee.ingest.intake import Intake, State
from matinee.ingest.leftovers import Leftovers
from matinee.ingest.limits import Limits
from matinee.ingest.pipeline import Order
from matinee.ingest.upload import Uploads
from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Conflict, MatineeError, NotFound
from matinee.runtime.ids import ENCODE, IMAGE, UPLOAD, Ids
from matinee.runtime.rpc import deadline
from matinee.services.catalog.contract import Catalog, CreateTitle
from matinee.services.jobs.contract import ByJob, Job, Jobs, ListJobs, NoSuchJob, Observe

_log = logging.getLogger(__name__)
LONGEST_WAIT_S = 30.0
IDLE_MS = 24 * 3_600_000
"""An upload that nobody goes on with for longer is dropped."""


class Service:
    """Implements the contract `Ingest`."""

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        jobs: Jobs,
        catalog: Catalog,
        clock: Clock,
        ids: Ids,
        limits: Limits,
    ) -> None:
        self._database = database
        self._objects = objects
        self._jobs = jobs
        self._catalog = catalog
        self._clock = clock
        self._ids = ids
        self._uploads = Uploads(database, objects, clock, ids, limits, lambda: sources.free_bytes(objects))
        self._board = Board(milliseconds(clock.real_now()))
        self._leftovers = Leftovers(database, objects, catalog)
        self._cursor = 0
        self._bell = Bell()
        self._taking: dict[str, asyncio.Task[Preparation]] = {}

    async def create_upload(self, message: CreateUpload) -> Upload:
        new = await self._uploads.create(message)
        if new.subtitle_of is None:
            new = await self._with_title(new)
            self._show(new.preparation)
        return new.upload

    async def upload(self, message: ByUpload) -> Upload:
        found = await self._uploads.find(message.account_id, message.upload_id)
        await self._go_on(found)
        return found.upload

    async def append(self, message: Append) -> Upload:
        found = await self._uploads.append(message)
        await self._go_on(found)
        return found.upload

    async def _go_on(self, upload: Intake) -> None:
        """Starts the film's preparation when it and all its sidecars are there."""
        film = upload
        if upload.subtitle_of is not None:
            film = await self._read(upload.subtitle_of)
        if film.state is not State.OPEN:
            return
        there = await self._database.read(lambda connection: intake.sidecars_of(connection, film), fresh=True)
        if not film.whole or len(there) < film.sidecars:
            self._show(film.preparation)
            return
        sidecars = [Sidecar(sources.folder(sidecar.id), sidecar.language) for sidecar in there]
        await self._prepare(film, sources.folder(film.id), sidecars)

    async def start(self, message: Start) -> Preparation:
        """A large file takes longer than a call may: the work goes on, and the same call again waits for it."""
        task = self._taking.get(message.key)
        if task is None:
            task = asyncio.create_task(self._start(message))
            self._taking[message.key] = task
            task.add_done_callback(lambda _: self._taking.pop(message.key, None))
        return await asyncio.shield(task)

    async def _start(self, message: Start) -> Preparation:
        known = await self._database.read(lambda connection: intake.by_key(connection, message.key), fresh=True)
        if known is not None and known.job_id is not None:
            return await self.preparation(ByPreparation(known.id))
        film = await self._with_title(known or await self._noted(message))
        source = sources.key(film.id, "film")
        if await self._is_missing(source):
            await sources.take(self._objects, sources.checked(message.path), source, move=message.move)
        sidecars: list[Sidecar] = []
        for number, sidecar in enumerate(message.sidecars):
            copied = sources.key(film.id, f"sidecar-{number}")
            if await self._is_missing(copied):
                await sources.take(self._objects, sources.checked(sidecar.source), copied, move=message.move)
            sidecars.append(Sidecar(copied, sidecar.language))
        return await self._prepare(film, source, sidecars)

    async def _noted(self, message: Start) -> Intake:
        path = await asyncio.to_thread(sources.checked, message.path)
        for sidecar in message.sidecars:
            await asyncio.to_thread(sources.checked, sidecar.source)
        size = (await asyncio.to_thread(path.stat)).st_size
        now = milliseconds(self._clock.now())
        new = Intake(
            id=self._ids.new(UPLOAD),
            key=message.key,
            filename=message.filename[:255],
            size=size,
            offset=size,
            metadata=message.metadata,
            publish=message.publish,
            created_at=now,
            touched_at=now,
        )
        free = sources.free_bytes(self._objects)

        def unit(connection: Connection) -> Intake:
            if not message.move:  # what is moved lies on the disk already
                self._uploads.check_room(connection, free, size)
            return intake.add(connection, new)

        return await self._database.transact(unit)

    async def _prepare(self, film: Intake, source: str, sidecars: list[Sidecar]) -> Preparation:
        order = Order(
            intake_id=film.id,
            title_id=film.title_id or "",
            encode_id=self._ids.new(ENCODE),
            image_id=self._ids.new(IMAGE),
            title=film.metadata.title,
            filename=film.filename,
            source=source,
            size=film.size,
            sidecars=sidecars,
            publish=film.publish,
            language=film.metadata.language,
        )
        job = await self._jobs.submit(pipeline.submission(order))

        def unit(connection: Connection) -> bool:
            known = intake.find(connection, film.id)
            if known is None or known.state is State.CANCELED:
                return False
            belonging = intake.of_film(connection, film.id)
            intake.change(connection, belonging, job_id=job.id, state=State.PREPARING.value)
            return True

        if not await self._database.transact(unit):
            job = await self._jobs.cancel(ByJob(job.id))
        return await self._show_job(job)

    async def preparation(self, message: ByPreparation) -> Preparation:
        film = await self._read(message.id)
        if film.job_id is None:
            return self._show(_with_state(film.preparation, film))
        return await self._show_job(await self._jobs.job(ByJob(film.job_id)))

    async def observe(self, message: ObservePreparations) -> Preparations:
        wait_s = min(message.wait_s, LONGEST_WAIT_S, deadline.remaining(LONGEST_WAIT_S + 1) - 0.5)
        until = self._clock.monotonic() + max(0.0, wait_s)
        await self._refresh(0)
        while True:
            rung = self._bell.listen()
            found = self._board.since(message.after)
            left = until - self._clock.monotonic()
            if found.preparations or message.after <= 0 or left <= 0:
                return found
            await _first(heard(rung, left), self._refresh(left))

    async def _refresh(self, wait_s: float) -> None:
        if self._cursor == 0:
            await self._load()
        observed = await self._jobs.observe(Observe(self._cursor, wait_s, pipeline.NAME))
        for job in observed.jobs:
            await self._show_job(job)
        self._cursor = max(self._cursor, observed.cursor)

    async def _load(self) -> None:
        """What this process does not know yet: films that wait for something or someone, and jobs that may have ended before
        it began."""
        self._cursor = (await self._jobs.observe(Observe(0, 0, pipeline.NAME))).cursor
        for film in await self._waiting():
            with contextlib.suppress(NoSuchJob):  # the sweep closes it
                await self.preparation(ByPreparation(film.id))
        for job in reversed((await self._jobs.list_jobs(ListJobs(name=pipeline.NAME))).jobs):
            await self._show_job(job)

    async def _waiting(self) -> list[Intake]:
        states = State.OPEN, State.PREPARING, State.FAILED
        found = await self._database.read(lambda connection: intake.in_state(connection, *states), fresh=True)
        return [film for film in found if film.subtitle_of is None]

    async def cancel(self, message: ByPreparation) -> Preparation:
        film = await self._read(message.id)
        if film.state in {State.CANCELED, State.CLOSED}:
            return await self.preparation(message)
        if film.job_id is None:
            return await self._give_up(film)
        return await self._show_job(await self._jobs.cancel(ByJob(film.job_id)))

    async def retry(self, message: ByPreparation) -> Preparation:
        film = await self._read(message.id)
        if film.job_id is None or film.state is not State.PREPARING:
            raise Conflict("This film's file is not here any more; send it again.")
        return await self._show_job(await self._jobs.retry(ByJob(film.job_id)))

    async def sweep(self, message: Sweep) -> None:  # noqa: ARG002 - the contract's
        for film in await self._waiting():
            try:
                await self._swept(film)
            except MatineeError as error:
                _log.warning("%s waits: %s", film.id, error.detail)

    async def _swept(self, film: Intake) -> None:
        idle_ms = milliseconds(self._clock.now()) - film.touched_at
        job = await self._job_of(film)
        if job is not None:
            stale = leftovers.is_stale(job, self._clock.now())
            await self._show_job(await self._jobs.cancel(ByJob(job.id)) if stale else job)
        elif idle_ms > (IDLE_MS if film.job_id is None else leftovers.FAILURE_KEPT_MS):
            await self._give_up(film)
        elif film.key is None:
            await self._go_on(await self._with_title(film))

    async def _job_of(self, film: Intake) -> Job | None:
        """None before it has one, and where that ended so long ago that it is forgotten."""
        if film.job_id is None:
            return None
        try:
            return await self._jobs.job(ByJob(film.job_id))
        except NoSuchJob:
            return None

    async def _give_up(self, film: Intake) -> Preparation:
        await self._leftovers.close(film, State.CANCELED, None)
        return self._show(_with_state(film.preparation, await self._read(film.id)))

    async def _show_job(self, job: Job) -> Preparation:
        """Shows it; what nobody can go on with is cleared up."""
        order = pipeline.order(job.data)
        film = await self._read(order.intake_id)
        left = leftovers.left_by(job)
        if film.state in {State.PREPARING, State.FAILED} and left is not None and left is not film.state:
            await self._leftovers.close(film, left, order)
        return self._show(_with_state(pipeline.preparing(job), film))

    def _show(self, preparation: Preparation) -> Preparation:
        shown = self._board.put(preparation)
        self._bell.ring()
        return shown

    async def _read(self, intake_id: str) -> Intake:
        film = await self._database.read(lambda connection: intake.find(connection, intake_id), fresh=True)
        if film is None or film.subtitle_of is not None:
            raise NotFound("There is no such preparation.")
        return film

    async def _with_title(self, film: Intake) -> Intake:
        """The film with its draft title, which exists from its first byte on."""
        if film.title_id is not None:
            return film
        title = await self._catalog.create(CreateTitle(film.id, film.metadata))
        await self._database.transact(lambda connection: intake.change(connection, [film.id], title_id=title.id))
        return msgspec.structs.replace(film, title_id=title.id)

    async def _is_missing(self, key: str) -> bool:
        try:
            await obstore.head_async(self._objects, key)
        except FileNotFoundError:
            return True
        return False


def _with_state(preparation: Preparation, film: Intake) -> Preparation:
    """A person's cancel outranks what the job says."""
    if film.state is not State.CANCELED:
        return preparation
    return msgspec.structs.replace(preparation, phase=Phase.CANCELED, step="", message="")


async def _first(*ways: Coroutine[Any, Any, None]) -> None:
    """Returns when the first of them does; the others are cancelled. Raises what the first raised."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
