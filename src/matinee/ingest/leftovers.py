"""What is deleted when a film's preparation is over, and when that is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.objects import stored
from matinee.backends.sql.port import Database
from matinee.ingest import pipeline, scratch
from matinee.ingest.contract import folder
from matinee.ingest.intake import originals, rows
from matinee.ingest.intake.rows import Intake, State
from matinee.ingest.pictures import ids, sending
from matinee.ingest.pipeline import Order
from matinee.runtime.clock import milliseconds
from matinee.runtime.errors import NotFound
from matinee.services.catalog.contract import Attach, ByTitle, Catalog, NotPlayable
from matinee.services.jobs.contract import Job, JobState, Reason
from matinee.terms.finding import Finding

FAILURE_KEPT_MS = 7 * 24 * 3_600_000
"""A film that failed is shown this long, and its bytes are kept for another try."""


class Leftovers:
    def __init__(self, database: Database, objects: ObjectStore, catalog: Catalog) -> None:
        self._database = database
        self._objects = objects
        self._catalog = catalog

    async def close(
        self, film: Intake, state: State, order: Order | None = None, findings: Sequence[Finding] = ()
    ) -> None:
        """Deletes the film's bytes and its sidecars', what its steps made, what was put for viewers but never became the title's,
        and the draft of a film that nobody waits for any more. A film that plays stays as good as it is.

        `order` is that of its job, where it has one that is known; `findings` are kept, for its title's page.
        """
        belonging = await self._database.read(lambda connection: rows.of_film(connection, film.id), fresh=True)
        await self._delete_bytes(belonging)
        if film.job_id is not None:
            await stored.delete_under(self._objects, scratch.work_of(film.job_id))
        if film.title_id is not None:
            await self._close_title(film.title_id, state, order)

        def unit(connection: Connection) -> None:
            rows.forget_pieces(connection, belonging)
            rows.change(connection, belonging, state=state.value)
            rows.change(connection, [film.id], findings=msgspec.to_builtins(findings))

        await self._database.transact(unit)
        await self._delete_bytes(belonging)  # of a piece that came meanwhile

    async def _delete_bytes(self, belonging: Iterable[str]) -> None:
        for intake_id in belonging:
            await stored.delete_under(self._objects, folder(intake_id))
            await stored.delete_under(self._objects, originals.key(intake_id, ""))

    async def drop_sent(self, waiting: Collection[str], now: datetime) -> None:
        """Deletes the pictures that people sent as artwork and of which nothing was made, as late as the bytes of films that
        failed. Those with the ids `waiting` have a job that is not over."""
        async for meta in stored.listed(self._objects, sending.FOLDER):
            late = milliseconds(now) - milliseconds(meta["last_modified"]) > FAILURE_KEPT_MS
            if late and meta["path"].removeprefix(sending.FOLDER) not in waiting:
                await stored.delete(self._objects, meta["path"])

    async def _close_title(self, title_id: str, state: State, order: Order | None) -> None:
        try:
            encode = await self._catalog.encode(ByTitle(title_id))
        except (NotFound, NotPlayable):
            await stored.delete_under(self._objects, f"media/{title_id}/")
            for image_id in ids.every(order.image_id) if order else ():
                await stored.delete_under(self._objects, f"images/{image_id}/")
            if state is not State.FAILED:
                await self._catalog.discard(ByTitle(title_id))
            return
        if not encode.complete and order is not None and encode.id == order.encode_id:
            await self._catalog.attach(Attach(title_id, msgspec.structs.replace(encode, complete=True)))


def left_by(job: Job) -> State | None:
    """The state in which the end of its job leaves a film; None while someone can go on with it."""
    if not pipeline.is_final(job):
        return None
    return State.FAILED if job.reason is Reason.INVALID else State.CLOSED


def is_stale(job: Job, now: datetime) -> bool:
    """Whether the job ended so long ago that nobody will try it again, or look why it failed."""
    ends = [task.finished_at for task in job.tasks if task.finished_at is not None]
    late = milliseconds(now) - milliseconds(max(ends, default=job.created_at)) > FAILURE_KEPT_MS
    return job.state is JobState.FINISHED and late
