"""Jobs: for editors the films that are being prepared, for operators all that runs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import delete, get, post
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from matinee.api.clients import Clients, Injected
from matinee.api.paging import After, Before, Limit, Wait
from matinee.api.viewer import Access
from matinee.ingest.pipeline import NAME
from matinee.runtime.errors import Conflict
from matinee.services.jobs import stages
from matinee.services.jobs.contract import (
    ByJob,
    Job,
    JobState,
    ListJobs,
    NoSuchJob,
    Observe,
    Reason,
    Retry,
    Task,
    TaskState,
)
from matinee.services.jobs.stages import StageState

Unfinished = Annotated[bool, QueryParameter(description="Only those that are not over.")]
OneStep = Annotated[
    str | None,
    QueryParameter(max_length=120, description="Only this step: at once where it waits, anew where it runs."),
]


class ShownTask(Struct, frozen=True):
    """One try of one step."""

    step: str
    attempt: int
    state: TaskState
    reason: Reason | None
    progress: float
    message: str
    started_at: datetime | None
    finished_at: datetime | None


class ShownStage(Struct, frozen=True):
    """Steps of one name, as the chunks of a film are. `tasks`: those that run, failed, or wait for more than their turn."""

    name: str
    state: StageState
    steps: int
    done: int
    running: int
    progress: float
    message: str
    tasks: list[ShownTask]


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
    stages: list[ShownStage]


class JobsWatched(Struct, frozen=True):
    """`cursor` is what to ask `after` next. `more`: ask again at once; a snapshot ends with the first answer without it."""

    cursor: int
    more: bool
    jobs: list[ShownJob]


class JobsListed(Struct, frozen=True):
    """Newest first. `next` is what to ask `before`; null on the last page."""

    jobs: list[ShownJob]
    next: str | None


class JobTries(Struct, frozen=True):
    """A job with every try of every step."""

    job: ShownJob
    tasks: list[ShownTask]


@get("/api/studio/jobs", access=Access.EDITOR)
async def watch(clients: Injected[Clients], after: After = 0, wait_s: Wait = 0) -> JobsWatched:
    """Films in preparation, with their steps, that changed after the cursor; zero gives at once those that are not over."""
    found = await clients.jobs.observe(Observe(after, wait_s, NAME))
    return JobsWatched(found.cursor, found.more, [shown(job) for job in found.jobs])


@get("/api/studio/jobs/{job_id:str}", access=Access.EDITOR, problems=[NoSuchJob])
async def one(job_id: FromPath[str], clients: Injected[Clients]) -> JobTries:
    """One film in preparation, with every try of every step."""
    job = await _film(clients, job_id)
    return JobTries(shown(job), [_task(task) for task in job.tasks])


@post("/api/studio/jobs/{job_id:str}/pause", access=Access.EDITOR, status_code=200, problems=[NoSuchJob, Conflict])
async def pause(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Let what runs for this film end, and begin nothing more of it."""
    return shown(await clients.jobs.pause(ByJob((await _film(clients, job_id)).id)))


@post("/api/studio/jobs/{job_id:str}/resume", access=Access.EDITOR, status_code=200, problems=[NoSuchJob, Conflict])
async def resume(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Go on with a paused film."""
    return shown(await clients.jobs.resume(ByJob((await _film(clients, job_id)).id)))


@post("/api/studio/jobs/{job_id:str}/retry", access=Access.EDITOR, status_code=200, problems=[NoSuchJob, Conflict])
async def retry(job_id: FromPath[str], clients: Injected[Clients], step: OneStep = None) -> ShownJob:
    """Try a film again that failed, or one step; what is done stays done."""
    return shown(await clients.jobs.retry(Retry((await _film(clients, job_id)).id, step)))


@delete("/api/studio/jobs/{job_id:str}", access=Access.EDITOR, status_code=200, problems=[NoSuchJob])
async def cancel(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Stop preparing a film, or give up one that failed."""
    return shown(await clients.jobs.cancel(ByJob((await _film(clients, job_id)).id)))


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
    return JobsListed([shown(job) for job in found], found[-1].id if len(found) == limit else None)


@post(
    "/api/operations/jobs/{job_id:str}/pause", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob, Conflict]
)
async def pause_any(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Let what runs of a job end, and begin nothing more of it."""
    return shown(await clients.jobs.pause(ByJob(job_id)))


@post(
    "/api/operations/jobs/{job_id:str}/resume", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob, Conflict]
)
async def resume_any(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Go on with a paused job."""
    return shown(await clients.jobs.resume(ByJob(job_id)))


@post(
    "/api/operations/jobs/{job_id:str}/retry", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob, Conflict]
)
async def retry_any(job_id: FromPath[str], clients: Injected[Clients], step: OneStep = None) -> ShownJob:
    """Try a failed job again, or one step of any."""
    return shown(await clients.jobs.retry(Retry(job_id, step)))


@delete("/api/operations/jobs/{job_id:str}", access=Access.OPERATOR, status_code=200, problems=[NoSuchJob])
async def cancel_any(job_id: FromPath[str], clients: Injected[Clients]) -> ShownJob:
    """Stop a job, or give up one that failed."""
    return shown(await clients.jobs.cancel(ByJob(job_id)))


async def _film(clients: Clients, job_id: str) -> Job:
    """The job that prepares a film; an editor has to do with no others."""
    job = await clients.jobs.job(ByJob(job_id))
    if job.name != NAME:
        raise NoSuchJob
    return job


def shown(job: Job) -> ShownJob:
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
        stages=[_stage(stage) for stage in stages.stages(job)],
    )


def _stage(stage: stages.Stage) -> ShownStage:
    return ShownStage(
        name=stage.name,
        state=stage.state,
        steps=stage.steps,
        done=stage.done,
        running=stage.running,
        progress=stage.progress,
        message=stage.message,
        tasks=[_task(task) for task in stage.tasks],
    )


def _task(task: Task) -> ShownTask:
    return ShownTask(
        step=task.step,
        attempt=task.attempt,
        state=task.state,
        reason=task.reason,
        progress=task.progress,
        message=task.message,
        started_at=task.started_at,
        finished_at=task.finished_at,
    )


ROUTES = [watch, one, pause, resume, retry, cancel, every, pause_any, resume_any, retry_any, cancel_any]
