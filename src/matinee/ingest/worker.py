"""The worker: takes steps of preparations, as many at once as it has processors, and clears up after them."""

from __future__ import annotations

import asyncio
import logging

from matinee.ingest import pipeline
from matinee.ingest.scratch import Scratch
from matinee.ingest.steps import Steps
from matinee.runtime.errors import MatineeError
from matinee.services.jobs.contract import ByJob, Jobs, NoSuchJob
from matinee.services.jobs.executor import Worker
from matinee.services.jobs.room import Room

_log = logging.getLogger(__name__)
_SWEEP_S = 15.0


class IngestWorker:
    """Works on ingest jobs, `at_once` of them, and clears its scratch of those that are over."""

    def __init__(
        self,
        jobs: Jobs,
        steps: Steps,
        scratch: Scratch,
        worker_id: str,
        at_once: int = 1,
        room: Room | None = None,
    ) -> None:
        self._jobs = jobs
        self._scratch = scratch
        self._workers = [
            Worker(jobs, pipeline.GROUP, steps.handlers(), f"{worker_id}/{place}", room=room)
            for place in range(at_once)
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
        for job_id in await self._scratch.jobs():
            if await self._is_done_with(job_id):
                await self._scratch.drop(job_id)

    async def _is_done_with(self, job_id: str) -> bool:
        try:
            job = await self._jobs.job(ByJob(job_id))
        except NoSuchJob:
            return True
        return pipeline.is_final(job)
