"""Jobs, for operators: all that runs. Editors see the films among them as preparations (studio.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import delete, get, post
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from matinee.api.clients import Clients, Injected
from matinee.api.paging import Before, Limit
from matinee.api.viewer import Access
from matinee.ingest.pipeline import NAME, WORDS
from matinee.runtime.errors import Conflict
from matinee.services.jobs.contract import ByJob, Job, JobState, ListJobs, NoSuchJob, Reason, Retry
from matinee.services.jobs.stages import stages, tried
from matinee.terms.stage import Stage
from matinee.terms.task import Try

Unfinished = Annotated[bool, QueryParameter(description="Only those that are not over.")]
OneStep = Annotated[
    str | None,
    QueryParameter(max_length=120, description="Only this step: at once where it waits, anew where it runs."),
]


class ShownJob(Struct, frozen=True):
    """`preparation_id` and `title_id` are of the film where the job prepares one; `eta_s` is None while it cannot be known."""

    id: str
    name: str
    group: str
    preparation_id: str | None
    title_id: str | None
    title: str
    filename: str
    state: JobState
    reason: Reason | None
    message: str
    paused: bool
    progress: float
    eta_s: float | None
    created_at: datetime
    version: int
    stages: list[Stage]


class JobsListed(Struct, frozen=True):
    """Newest first. `next` is what to ask `before`; null on the last page."""

    jobs: list[ShownJob]
    next: str | None


class JobTries(Struct, frozen=True):
    """A job with every try of every step."""

    job: ShownJob
    tasks: list[Try]


@get("/api/operations/jobs", access=Access.OPERATOR)
async def every(
    clients: Injected[Clients],
    before: Before = None,
    limit: Limit = 50,
    *,
    unfinished: Unfinished = False,
) -> JobsListed:
    """All jobs of this installation, timers too, the newest first."""
    found = (await clients.jobs.list_jobs(ListJobs(unfinished=unfinished, limit=limit, before=before))).jobs
    return JobsListed([_shown(job) for job in found], found[-1].id if len(found) == limit else None)


@get("/api/operations/jobs/{job_id:str}", access=Access.OPERATOR, problems=[NoSuchJob])
async def one(job_id: FromPath[str], clients: Injected[Clients]) -> JobTries:
    """One job, with every try of every step."""
    job = await clients.jobs.job(ByJob(job_id))
    return JobTries(_shown(job), [tried(task) for task in job.tasks])


@post(
    "/api/operations/jobs/{job_id:str}/pause", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob, Conflict]
)
async def pause(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Let what runs of a job end, and begin nothing more of it."""
    return _shown(await clients.jobs.pause(ByJob(job_id)))


@post(
    "/api/operations/jobs/{job_id:str}/resume", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob, Conflict]
)
async def resume(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Go on with a paused job."""
    return _shown(await clients.jobs.resume(ByJob(job_id)))


@post(
    "/api/operations/jobs/{job_id:str}/retry", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob, Conflict]
)
async def retry(job_id: FromPath[str], clients: Injected[Clients], step: OneStep = None) -> ShownJob:
    """Try a failed job again, or one step of any."""
    return _shown(await clients.jobs.retry(Retry(job_id, step)))


@delete("/api/operations/jobs/{job_id:str}", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob])
async def cancel(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Stop a job, or give up one that failed."""
    return _shown(await clients.jobs.cancel(ByJob(job_id)))


def _shown(job: Job) -> ShownJob:
    """A job as it leaves the house: what its steps hand each other stays inside."""
    of_film = job.name == NAME
    return ShownJob(
        id=job.id,
        name=job.name,
        group=job.capacity_group,
        preparation_id=job.key if of_film else None,
        title_id=job.subject if of_film else None,
        title=str(job.data.get("title", "")) if of_film else job.subject,
        filename=str(job.data.get("filename", "")),
        state=job.state,
        reason=job.reason,
        message=job.message,
        paused=job.paused,
        progress=job.progress,
        eta_s=job.eta_s,
        created_at=job.created_at,
        version=job.version,
        stages=stages(job, WORDS),
    )


ROUTES = [every, one, pause, resume, retry, cancel]
