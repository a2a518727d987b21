"""Jobs, as Titus has them: batch jobs of tasks with states and reasons, leased by workers that pull."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.terms.task import Reason, TaskState


class NoSuchJob(NotFound):
    type, title = "no-such-job", "There is no such job"


class LeaseLost(Conflict):
    type, title = "lease-lost", "This task was given to another worker or was killed"


class JobState(StrEnum):
    ACCEPTED = "Accepted"
    KILL_INITIATED = "KillInitiated"
    FINISHED = "Finished"


class Backoff(Struct, frozen=True):
    """How long a further try waits: `delay_s` after the first that failed or was lost, `factor` times longer after each more,
    `longest_s` at most. Titus's three policies are delay_s=0 (immediate), factor=1 (delayed) and the default (exponential)."""

    delay_s: Annotated[float, Meta(ge=0)] = 1.0
    factor: Annotated[float, Meta(ge=1)] = 2.0
    longest_s: Annotated[float, Meta(ge=0)] = 60.0


class Step(Struct, frozen=True):
    """One task of a job. `kind` names the code that runs it ("ingest.encode", "timer.billing.renew"); `after` names the
    steps of this job that must end normally before it. `retries` are further tries after those that failed, each after its
    `backoff`. A try whose worker was lost uses up none and is followed by another too, up to ten in a row: a step that loses
    so many may be what stops them, and the job ends as `lost`. `weight` is its share in the job's progress, against the other
    steps'; weights that add up to less than 1 leave the rest to steps still to be added. `priority` is added to the job's.
    `memory_mb` and `disk_mb` are what a worker must have free to be given it."""

    name: str
    kind: str
    after: list[str] = []
    retries: int = 3
    runtime_limit_s: float = 86400
    weight: Annotated[float, Meta(ge=0)] = 1.0
    priority: int = 0
    memory_mb: Annotated[int, Meta(ge=0)] = 0
    disk_mb: Annotated[int, Meta(ge=0)] = 0
    backoff: Backoff = Backoff()


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
    """`progress` is 0 to 1 of this step; `result` is what it left for the steps after it; `message` one sentence: of one that
    waits, what it waits for. `memory_mb` and `disk_mb` are what it needs."""

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
    memory_mb: int = 0
    disk_mb: int = 0


class Job(Struct, frozen=True):
    """`reason` and `message` are those of the task that decided the end; while nothing of the job can run, `message` says what
    it waits for. `version` grows with every change. `tasks` holds every try: by step, then by attempt, so that the last of a
    step is the one that counts. `eta_s` is how long the rest will take by what its own work took so far; None while that
    cannot be known. Nothing more of a `paused` job begins."""

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
    paused: bool = False
    eta_s: float | None = None


class Lease(Struct, frozen=True):
    """Waits up to `wait_s` for a task of this group whose kind is one of `kinds`, and which needs no more than the memory and
    disk that the worker has free now; None: it does not say, and takes any."""

    worker: str
    capacity_group: str
    kinds: list[str]
    wait_s: float
    memory_mb: int | None = None
    disk_mb: int | None = None


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
    """`retry` False: no further try of this step, whatever its retries. `steps` are further ones that this one found to be
    needed: where it ended normally they join the job at the same moment, after all its steps, whose names they may use in
    `after`; no step that the job has may come to wait for them."""

    lease: str
    reason: Reason
    message: str = ""
    result: dict[str, Any] = {}
    retry: bool = True
    steps: list[Step] = []


class ByJob(Struct, frozen=True):
    job_id: str


class Retry(Struct, frozen=True):
    """`step` None: the whole job."""

    job_id: str
    step: str | None = None


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
    """`cursor` is what to ask `after` next. `more`: there is more to be had at once. A snapshot has ended with the first answer
    that has no `more`; what comes after that are changes."""

    cursor: int
    jobs: list[Job]
    more: bool = False


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
        """The same once more changes nothing. Raises LeaseLost; Invalid where the further steps can never all run: the task is
        then still the worker's."""
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
    async def retry(self, message: Retry) -> Job:
        """Runs the steps of a failed job that did not end normally once more. One step of a job that goes on: where it waits
        for its next try that begins now, where it runs it is taken from its worker and begun anew. Raises NoSuchJob,
        Conflict."""
        ...

    @operation(idempotent=True)
    async def pause(self, message: ByJob) -> Job:
        """What runs goes to its end, and nothing more of the job begins until `resume`. Raises NoSuchJob, Conflict where the
        job is over."""
        ...

    @operation(idempotent=True)
    async def resume(self, message: ByJob) -> Job:
        """Raises NoSuchJob, Conflict where the job is over."""
        ...
