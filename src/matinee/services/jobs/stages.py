"""A job as a person reads it: its steps in a row a stage, since a film has hundreds of chunks that are one thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from matinee.services.jobs.contract import Job, Reason, Task, TaskState


class StageState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Stage(Struct, frozen=True):
    """The steps whose names begin alike (`rungs.0`, `rungs.1`, …), each by its last try. `progress` is 0 to 1 of all of them,
    `message` one sentence where there is something to say. `tasks` are those that a person may want to know of: that run,
    that failed, that wait for more than their turn, or that were tried before."""

    name: str
    state: StageState
    steps: int
    done: int
    running: int
    progress: float
    message: str
    tasks: list[Task]


def stages(job: Job) -> list[Stage]:
    """The job's stages in the order in which they were planned."""
    found: dict[str, dict[str, Task]] = {}
    for task in job.tasks:
        found.setdefault(task.step.partition(".")[0], {})[task.step] = task
    return [_stage(name, list(latest.values())) for name, latest in found.items()]


def present(job: Job) -> Stage | None:
    """The stage that runs, that decided the job's end, or that is next."""
    every = stages(job)
    for state in (StageState.FAILED, StageState.RUNNING, StageState.WAITING):
        if (found := next((stage for stage in every if stage.state is state), None)) is not None:
            return found
    return None


def _stage(name: str, tasks: Sequence[Task]) -> Stage:
    telling = [task for task in tasks if _tells(task)]
    return Stage(
        name=name,
        state=_state(tasks),
        steps=len(tasks),
        done=sum(task.reason is Reason.NORMAL for task in tasks),
        running=sum(_runs(task) for task in tasks),
        progress=sum(task.progress for task in tasks) / len(tasks),
        message=next((task.message for task in sorted(telling, key=_runs) if task.message), ""),
        tasks=telling,
    )


def _state(tasks: Sequence[Task]) -> StageState:
    reasons = {task.reason for task in tasks}
    if reasons - {None, Reason.NORMAL, Reason.KILLED}:
        return StageState.FAILED
    if any(_runs(task) for task in tasks):
        return StageState.RUNNING
    if reasons == {Reason.NORMAL}:
        return StageState.DONE
    return StageState.STOPPED if Reason.KILLED in reasons else StageState.WAITING


def _runs(task: Task) -> bool:
    return task.state not in {TaskState.ACCEPTED, TaskState.FINISHED}


def _tells(task: Task) -> bool:
    failed = task.reason not in {None, Reason.NORMAL, Reason.KILLED}
    waits = task.state is TaskState.ACCEPTED and (task.message != "" or task.attempt > 1)
    return _runs(task) or failed or waits
