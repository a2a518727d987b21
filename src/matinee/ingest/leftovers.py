"""What is deleted when a film's preparation is over, and when that is."""

from __future__ import annotations

from datetime import datetime

from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.sql.port import Database
from matinee.ingest import intake, sources
from matinee.ingest.intake import Intake, State
from matinee.ingest.pipeline import Order
from matinee.runtime.clock import milliseconds
from matinee.runtime.errors import NotFound
from matinee.services.catalog.contract import ByTitle, Catalog
from matinee.services.jobs.contract import Job, JobState, Reason

RETRIABLE_MS = 7 * 24 * 3_600_000
"""A failed film's bytes are kept this long for another try."""

_FINAL = {Reason.NORMAL, Reason.KILLED, Reason.INVALID}


class Leftovers:
    def __init__(self, database: Database, objects: ObjectStore, catalog: Catalog) -> None:
        self._database = database
        self._objects = objects
        self._catalog = catalog

    async def close(self, film: Intake, state: State, order: Order | None) -> None:
        """Deletes the film's bytes and its sidecars', and what was put for viewers but never became the title's."""
        belonging = await self._database.read(lambda connection: intake.of_film(connection, film.id), fresh=True)
        for intake_id in belonging:
            await sources.delete_under(self._objects, sources.folder(intake_id))
            await sources.delete_under(self._objects, sources.key(intake_id, ""))
        if order is not None and not await self._is_attached(order):
            await sources.delete_under(self._objects, f"media/{order.title_id}/{order.encode_id}/")
            await sources.delete_under(self._objects, f"images/{order.image_id}/")

        def unit(connection: Connection) -> None:
            intake.forget_pieces(connection, belonging)
            intake.change(connection, belonging, state=state.value)

        await self._database.transact(unit)

    async def _is_attached(self, order: Order) -> bool:
        try:
            return (await self._catalog.title(ByTitle(order.title_id))).encode_id == order.encode_id
        except NotFound:
            return False


def is_final(job: Job) -> bool:
    """Whether nobody can go on with this job: it ended well, by a person's will, or for what the film is."""
    return job.state is JobState.FINISHED and job.reason in _FINAL


def is_stale(job: Job, now: datetime) -> bool:
    """Whether the job failed so long ago that nobody will try it again."""
    ends = [task.finished_at for task in job.tasks if task.finished_at is not None]
    late = milliseconds(now) - milliseconds(max(ends, default=job.created_at)) > RETRIABLE_MS
    return job.state is JobState.FINISHED and job.reason not in _FINAL and late
