"""Jobs, as Titus has them: batch jobs of tasks with states and reasons, leased by workers that pull."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, NotFound
from matinee.runtime.rpc.operation import operation


class NoSuchJob(NotFound):
    type, title = "no-such-job", "There is no such job"


class LeaseLost(Conflict):
    type, title = "lease-lost", "This task was given to another worker or was killed"


class TaskState(StrEnum):
    """Accepted → Launched → Started → (KillInitiated) → Finished."""

    ACCEPTED = "Accepted"
    LAUNCHED = "Launched"
    STARTED = "Started"
    KILL_INITIATED = "KillInitiated"
    FINISHED = "Finished"


class Reason(StrEnum):
    """Why a task finished."""

    NORMAL = "normal"
    FAILED = "failed"
    KILLED = "killed"
    LOST = "lost"
    RUNTIME_LIMIT = "runtimeLimitExceeded"
    INVALID = "invalidRequest"


class JobState(StrEnum):
    ACCEPTED = "Accepted"
    KILL_INITIATED = "KillInitiated"
    FINISHED = "Finished"


class Step(Struct, frozen=True):
    """One task of a job. `kind` names the code that runs it ("ingest.encode", "timer.billing.renew"); `after` names the
    steps of this job that must end normally before it. `retries` are tries after the first that failed or was lost.
    `weight` is its share in the job's progress, against the other steps'."""

    name: str
    kind: str
    after: list[str] = []
    retries: int = 3
    runtime_limit_s: float = 86400
    weight: float = 1.0


class Submit(Struct, frozen=True):
    """Repeats with the same `key` are the same job. `subject` is what it is about (a title's id); `data` is the steps'
    common input. Tasks of one capacity group never wait behind another's. `priority`: higher first."""

    key: str
    name: str
    subject: str
    capacity_group: str
    steps: list[Step]
    data: dict[str, Any] = {}
    priority: int = 0


class Task(Struct, frozen=True):
    """`progress` is 0 to 1 of this step; `result` is what it left for the steps after it; `message` one sentence."""

    id: str
    step: str
    kind: str
    state: TaskState
    reason: Reason | None
    attempt: int
    progress: float
    message: str
    result: dict[str, Any]
    started_at: datetime | None
    finished_at: datetime | None


class Job(Struct, frozen=True):
    """`reason` and `message` are those of the task that decided the end; `version` grows with every change. `tasks` holds
    every try: by step, then by attempt, so that the last of a step is the one that counts."""

    id: str
    key: str
    name: str
    subject: str
    capacity_group: str
    state: JobState
    reason: Reason | None
    message: str
    progress: float
    data: dict[str, Any]
    tasks: list[Task]
    created_at: datetime
    version: int


class Lease(Struct, frozen=True):
    """Waits up to `wait_s` for a task of this group whose kind is one of `kinds`."""

    worker: str
    capacity_group: str
    kinds: list[str]
    wait_s: float


class Leased(Struct, frozen=True):
    """`task` None: nothing to do. The lease lapses `lease_s` after the last heartbeat; the task is then another's."""

    task: Task | None
    job: Job | None
    lease: str = ""
    lease_s: float = 10.0


class Heartbeat(Struct, frozen=True):
    """Keeps the lease. `progress` is 0 to 1 of the step, `message` one sentence on what it does."""

    lease: str
    progress: Annotated[float, Meta(ge=0, le=1)]
    message: str = ""


class Finish(Struct, frozen=True):
    """`retry` False: no further try of this step, whatever its retries."""

    lease: str
    reason: Reason
    message: str = ""
    result: dict[str, Any] = {}
    retry: bool = True


class ByJob(Struct, frozen=True):
    job_id: str


class ListJobs(Struct, frozen=True):
    """Newest first. `before` is the last id of the page before."""

    name: str | None = None
    subject: str | None = None
    unfinished: bool = False
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    before: str | None = None


class JobPage(Struct, frozen=True):
    jobs: list[Job]


class Observe(Struct, frozen=True):
    """Waits up to `wait_s` for jobs changed after `after`; zero gives the unfinished ones as a snapshot."""

    after: int
    wait_s: float
    name: str | None = None


class Observed(Struct, frozen=True):
    """`cursor` is what to ask `after` next."""

    cursor: int
    jobs: list[Job]


class Jobs(Protocol):
    """A finished task never runs again; a step is run at least once, so its code is idempotent."""

    @operation(idempotent=True)
    async def submit(self, message: Submit) -> Job:
        """Raises Invalid where the steps can never all run."""
        ...

    @operation(timeout_s=35)
    async def lease(self, message: Lease) -> Leased:
        """A task whose turn it is, by priority, then by age of its job. One that is taken and never begun is given to another."""
        ...

    @operation(idempotent=True)
    async def heartbeat(self, message: Heartbeat) -> None:
        """Raises LeaseLost, which tells the worker to stop."""
        ...

    @operation(idempotent=True)
    async def finish(self, message: Finish) -> None:
        """Raises LeaseLost."""
        ...

    @operation(idempotent=True)
    async def job(self, message: ByJob) -> Job:
        """Raises NoSuchJob."""
        ...

    @operation(idempotent=True)
    async def list_jobs(self, message: ListJobs) -> JobPage:
        """Finished ones too, for thirty days at least; those of timers for an hour."""
        ...

    @operation(idempotent=True, timeout_s=35)
    async def observe(self, message: Observe) -> Observed:
        """At once where something changed after the cursor, at most 500 jobs at a time."""
        ...

    @operation(idempotent=True)
    async def cancel(self, message: ByJob) -> Job:
        """A job that failed is given up: it can be tried again no more. Raises NoSuchJob."""
        ...

    @operation(idempotent=True)
    async def retry(self, message: ByJob) -> Job:
        """Runs the steps of a failed job that did not end normally once more. Raises NoSuchJob, Conflict."""
        ...
