"""Ingest, as the contract has it: takes films in, starts their preparation, shows how far it is, and clears up after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import msgspec
import msgspec.structs
from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.objects import stored
from matinee.backends.sql.port import Database
from matinee.ingest import leftovers, pipeline
from matinee.ingest.board import Board
from matinee.ingest.contract import (
    Again,
    Announce,
    Append,
    ByPreparation,
    ByUpload,
    CreateUpload,
    LatestOfTitle,
    ObservePreparations,
    OfTitle,
    Phase,
    Preparation,
    Preparations,
    RetryPreparation,
    Start,
    Sweep,
    Take,
    Taken,
    Upload,
)
from matinee.ingest.encoding.settings import Encoding
from matinee.ingest.intake import rows
from matinee.ingest.intake.drafts import Drafts
from matinee.ingest.intake.originals import Files
from matinee.ingest.intake.rows import IDLE_MS, Intake, State
from matinee.ingest.intake.taking import Taking, differences
from matinee.ingest.intake.upload import Uploads, uploaded
from matinee.ingest.leftovers import Leftovers
from matinee.ingest.limits import Limits
from matinee.ingest.pictures import sending
from matinee.ingest.pipeline import Order
from matinee.runtime.bell import Bell, first, heard
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Conflict, Invalid, MatineeError, NotFound
from matinee.runtime.ids import ENCODE, IMAGE, Ids
from matinee.runtime.rpc import deadline
from matinee.services.catalog.contract import Catalog
from matinee.services.jobs.contract import ByJob, Job, Jobs, ListJobs, NoSuchJob, Observe, Retry

_log = logging.getLogger(__name__)
T = TypeVar("T")
LONGEST_WAIT_S = 30.0
_READ_WITHIN_S = 5.0
"""How long a call waits until an upload that is whole was read; that goes on behind it."""


class Service:
    """Implements the contract `Ingest`."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it keeps, whom it asks, how it is set
        self,
        database: Database,
        objects: ObjectStore,
        jobs: Jobs,
        catalog: Catalog,
        clock: Clock,
        ids: Ids,
        limits: Limits,
        encoding: Encoding | None = None,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._catalog = catalog
        self._clock = clock
        self._ids = ids
        self._uploads = Uploads(database, objects, clock, ids, limits, lambda: stored.free_bytes(objects))
        self._board = Board(milliseconds(clock.real_now()))
        self._drafts = Drafts(database, catalog)
        self._taking = Taking(database, objects, catalog, self._uploads, clock, ids)
        self._leftovers = Leftovers(database, objects, catalog)
        self._encoding = encoding or Encoding()
        self._cursor = 0
        self._loading = asyncio.Lock()
        self._bell = Bell()
        self._begun: dict[str, asyncio.Task[Any]] = {}
        self._contents: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def create_upload(self, message: CreateUpload) -> Upload:
        new = await self._uploads.create(message)
        if new.film_id is None:
            try:
                new = await self._drafts.with_title(new)
            except (Conflict, Invalid):  # another has its place in the series, say
                await self._taking.undo(new)
                raise
            self._show(new.preparation)
        return new.upload

    async def upload(self, message: ByUpload) -> Upload:
        found = await self._uploads.find(message.account_id, message.upload_id)
        await self._go_on(found)
        return found.upload

    async def announce(self, message: Announce) -> Upload:
        found = await self._uploads.announce(message)
        await self._go_on(found)
        return found.upload

    async def append(self, message: Append) -> Upload:
        found = await self._uploads.append(message)
        await self._go_on(found)
        return found.upload

    async def terminate(self, message: ByUpload) -> None:
        found = await self._uploads.find(message.account_id, message.upload_id)
        if found.film_id is None:
            await self.cancel(ByPreparation(found.id))
            return
        await self._uploads.drop_sidecar(found)
        with contextlib.suppress(NotFound):
            await self._go_on(await self._read(found.film_id))

    async def _go_on(self, upload: Intake) -> None:
        """Starts the film's preparation when it and all its sidecars are there."""
        film = upload if upload.film_id is None else await self._read(upload.film_id)
        if film.state is not State.OPEN:
            return
        there = [sidecar for sidecar in await self._uploads.sidecars_of(film) if sidecar.whole]
        if film.whole and len(there) >= film.sidecars:
            await self._begin(film, uploaded(film, there))
        else:
            self._show(film.preparation)

    async def _begin(self, film: Intake, files: Files) -> None:
        """Prepares an upload. One that must be read first, to see whether it is known, takes longer than a call may."""
        task = self._once(film.id, lambda: self._prepared_unless_known(film, files))
        await asyncio.wait([task], timeout=_READ_WITHIN_S)
        if task.done():
            task.result()

    async def _prepared_unless_known(self, film: Intake, files: Files) -> None:
        film = await self._taking.digested(film)
        async with self._contents.setdefault(film.sha256 or "", asyncio.Lock()):
            if await self._twin(film) is None:
                await self._prepare(film, files)
            else:
                await self._leftovers.close(film, State.KNOWN)
                await self.preparation(ByPreparation(film.id))

    async def _twin(self, film: Intake, again: Again = Again.GONE) -> Intake | None:
        return await self._taking.standing(await self._taking.twins(film), again)

    async def start(self, message: Start) -> Preparation:
        return (await self.take(Take(message, Again.ALWAYS))).preparation

    async def take(self, message: Take) -> Taken:
        """A large file takes longer than a call may: the work goes on, and the same call again waits for it."""
        return await asyncio.shield(self._once(message.start.key, lambda: self._take(message)))

    def _once(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """The work under this key, begun where it is not under way."""
        if (task := self._begun.get(key)) is None:
            task = asyncio.create_task(work())
            self._begun[key] = task
            task.add_done_callback(lambda _: self._begun.pop(key, None))
        return task

    async def _take(self, message: Take) -> Taken:
        start, taking = message.start, self._taking
        film = await taking.began(start.key)
        if film is not None and film.job_id is not None:
            return Taken(await self.preparation(ByPreparation(film.id)), new=True)
        if film is None:
            if (twin := await taking.known(message)) is not None:
                return await self._known_already(twin, start)
            film = await taking.noted(start)
        film, files = await taking.fill(film, message, self._copying)
        async with self._contents.setdefault(film.sha256 or "", asyncio.Lock()):
            twin = await self._twin(film, message.again)
            if twin is not None:
                await self._undo(film)
                return await self._known_already(twin, start)
            try:
                film = await self._drafts.with_title(film)
            except (Conflict, Invalid):
                await self._undo(film)
                raise
            return Taken(await self._prepare(film, files), new=True)

    async def _undo(self, film: Intake) -> None:
        await self._taking.undo(film)
        if self._board.shows(film.id):
            self._show(_canceled(film.preparation))

    async def _known_already(self, twin: Intake, start: Start) -> Taken:
        try:
            shown = await self.preparation(ByPreparation(twin.id))
        except NotFound:  # its job is forgotten
            shown = msgspec.structs.replace(twin.remembered, phase=Phase.PLAYABLE)
        return Taken(shown, new=False, differs=differences(twin, start))

    def _copying(self, film: Intake, fraction: float) -> None:
        if fraction < 1:  # a small file needs no word
            self._show(msgspec.structs.replace(film.preparation, progress=round(fraction, 2)))

    async def _prepare(self, film: Intake, files: Files) -> Preparation:
        order = Order(
            intake_id=film.id,
            title_id=film.title_id or "",
            encode_id=self._ids.new(ENCODE),
            image_id=self._ids.new(IMAGE),
            title=film.metadata.title,
            filename=film.filename,
            source=files.film,
            size=film.size or 0,
            sidecars=files.sidecars,
            publish=film.publish,
            language=film.metadata.language,
            poster=files.poster,
            protection=film.protection,
            encoding=self._encoding,
            further=files.further,
        )
        job = await self._jobs.submit(pipeline.submission(order))

        def unit(connection: Connection) -> bool:
            known = rows.find(connection, film.id)
            if known is None or known.state is State.CANCELED:
                return False
            belonging = [film.id, *(sidecar.id for sidecar in rows.sidecars_of(connection, film))]
            rows.change(connection, belonging, job_id=job.id, state=State.PREPARING.value)
            return True

        if not await self._database.transact(unit):
            job = await self._jobs.cancel(ByJob(job.id))
        return await self._show_job(job)

    async def preparation(self, message: ByPreparation) -> Preparation:
        film = await self._read(message.id)
        if film.state is State.KNOWN:
            return self._show(film.known_as(await self._twin(film)))
        if film.job_id is None:
            return self._show(_with_state(film.preparation, film))
        return await self._show_job(await self._jobs.job(ByJob(film.job_id)))

    async def observe(self, message: ObservePreparations) -> Preparations:
        until = self._clock.monotonic() + deadline.patience(message.wait_s, LONGEST_WAIT_S)
        await self._refresh(0)
        while True:
            rung = self._bell.listen()
            found = self._board.since(message.after)
            left = until - self._clock.monotonic()
            if found.preparations or message.after <= 0 or left <= 0:
                return found
            await first(heard(rung, left), self._refresh(left))

    async def _refresh(self, wait_s: float) -> None:
        async with self._loading:
            if self._cursor == 0:
                await self._load()
        observed = await self._jobs.observe(Observe(self._cursor, wait_s, pipeline.NAME))
        for job in observed.jobs:
            await self._show_job(job)
        self._cursor = max(self._cursor, observed.cursor)

    async def _load(self) -> None:
        """What this process does not know yet: films that wait for something or someone, and jobs that may have ended before
        it began."""
        cursor = (await self._jobs.observe(Observe(0, 0, pipeline.NAME))).cursor
        for film in await self._waiting():
            with contextlib.suppress(NoSuchJob):  # the sweep closes it
                await self.preparation(ByPreparation(film.id))
        for job in reversed((await self._jobs.list_jobs(ListJobs(name=pipeline.NAME))).jobs):
            await self._show_job(job)
        self._cursor = cursor

    async def _waiting(self) -> list[Intake]:
        states = State.OPEN, State.PREPARING, State.FAILED, State.KNOWN
        found = await self._database.read(lambda connection: rows.in_state(connection, *states), fresh=True)
        return [film for film in found if film.film_id is None]

    async def cancel(self, message: ByPreparation) -> Preparation:
        film = await self._read(message.id)
        if film.state in {State.CANCELED, State.CLOSED}:
            return await self.preparation(message)
        if film.job_id is None:
            return await self._give_up(film)
        return await self._show_job(await self._jobs.cancel(ByJob(film.job_id)))

    async def retry(self, message: RetryPreparation) -> Preparation:
        film = await self._read(message.id)
        if film.job_id is None or film.state is not State.PREPARING:
            raise Conflict("This film's file is not here any more; send it again.")
        return await self._show_job(await self._jobs.retry(Retry(film.job_id, message.step)))

    async def pause(self, message: ByPreparation) -> Preparation:
        return await self._changed(message, self._jobs.pause)

    async def resume(self, message: ByPreparation) -> Preparation:
        return await self._changed(message, self._jobs.resume)

    async def _changed(self, message: ByPreparation, change: Callable[[ByJob], Awaitable[Job]]) -> Preparation:
        film = await self._read(message.id)
        if film.job_id is None:
            raise Conflict("The film is not being prepared yet.")
        return await self._show_job(await change(ByJob(film.job_id)))

    async def of_title(self, message: OfTitle) -> LatestOfTitle:
        film = await self._database.read(lambda connection: rows.of_title(connection, message.title_id), fresh=True)
        try:
            return LatestOfTitle(await self.preparation(ByPreparation(film.id)) if film else None)
        except NoSuchJob:
            return LatestOfTitle(film.remembered if film else None)

    async def sweep(self, message: Sweep) -> None:  # noqa: ARG002 - the contract's
        for film in await self._waiting():
            try:
                await self._swept(film)
            except MatineeError as error:
                _log.warning("%s waits: %s", film.id, error.detail)
        sent = (await self._jobs.list_jobs(ListJobs(name=sending.NAME, unfinished=True, limit=200))).jobs
        await self._leftovers.drop_sent({sending.sent(job.data).image_id for job in sent}, self._clock.now())

    async def _swept(self, film: Intake) -> None:
        idle_ms = milliseconds(self._clock.now()) - film.touched_at
        job = await self._job_of(film)
        if job is not None:
            stale = leftovers.is_stale(job, self._clock.now())
            await self._show_job(await self._jobs.cancel(ByJob(job.id)) if stale else job)
        elif film.state is State.KNOWN:
            if idle_ms > leftovers.FAILURE_KEPT_MS:
                await self._give_up(film)
        elif idle_ms > (IDLE_MS if film.job_id is None else leftovers.FAILURE_KEPT_MS):
            await (self._give_up(film) if film.job_id or not film.whole or film.key else self._without_sidecars(film))
        elif film.key is None:
            await self._go_on(await self._drafts.with_title(film))

    async def _without_sidecars(self, film: Intake) -> None:
        """The film is there, and what should come with it never came."""
        there = [sidecar for sidecar in await self._uploads.sidecars_of(film) if sidecar.whole]
        await self._begin(film, uploaded(film, there))

    async def _job_of(self, film: Intake) -> Job | None:
        """None before it has one, and where that ended so long ago that it is forgotten."""
        if film.job_id is None:
            return None
        try:
            return await self._jobs.job(ByJob(film.job_id))
        except NoSuchJob:
            return None

    async def _give_up(self, film: Intake) -> Preparation:
        await self._leftovers.close(film, State.CANCELED)
        return self._show(_canceled(film.preparation))

    async def _show_job(self, job: Job) -> Preparation:
        """Shows it; what nobody can go on with is cleared up."""
        order = pipeline.order(job.data)
        film = await self._read(order.intake_id)
        left = leftovers.left_by(job)
        if film.state in {State.PREPARING, State.FAILED} and left is not None and left is not film.state:
            await self._leftovers.close(film, left, order, pipeline.findings(job))
        return self._show(_with_state(pipeline.preparing(job), film))

    def _show(self, preparation: Preparation) -> Preparation:
        shown = self._board.put(preparation)
        self._bell.ring()
        return shown

    async def _read(self, intake_id: str) -> Intake:
        film = await self._database.read(lambda connection: rows.find(connection, intake_id), fresh=True)
        if film is None or film.film_id is not None:
            raise NotFound("There is no such preparation.")
        return film


def _with_state(preparation: Preparation, film: Intake) -> Preparation:
    return _canceled(preparation) if film.state is State.CANCELED else preparation  # outranks what the job says


def _canceled(preparation: Preparation) -> Preparation:
    return msgspec.structs.replace(preparation, phase=Phase.CANCELED, step="", doing="", message="")
