"""The stages of a job, and the one that it is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matinee.services.jobs.contract import Job, Task
from matinee.terms.stage import Stage, StageState
from matinee.terms.task import Reason, TaskState, Try


def stages(job: Job, words: Mapping[str, str]) -> list[Stage]:
    """The job's stages in the order in which they were planned. `words` say what a stage of this name does; one that they do
    not know goes by its name."""
    found: dict[str, dict[str, Try]] = {}
    for task in job.tasks:
        found.setdefault(task.step.partition(".")[0], {})[task.step] = tried(task)
    return [_stage(name, words.get(name, name), list(latest.values())) for name, latest in found.items()]


def present(stages: Sequence[Stage]) -> Stage | None:
    """The stage that runs, that decided the job's end, or that is next."""
    for state in (StageState.FAILED, StageState.RUNNING, StageState.WAITING):
        if (found := next((stage for stage in stages if stage.state is state), None)) is not None:
            return found
    return None


def tried(task: Task) -> Try:
    """A task without what its steps hand each other."""
    return Try(
        task.step,
        task.attempt,
        task.state,
        task.reason,
        task.progress,
        task.message,
        task.started_at,
        task.finished_at,
    )


def _stage(name: str, what: str, tasks: Sequence[Try]) -> Stage:
    telling = [task for task in tasks if task.runs or task.went_wrong or _waits(task)]
    return Stage(
        name=name,
        what=what,
        state=_state(tasks),
        steps=len(tasks),
        done=sum(task.reason is Reason.NORMAL for task in tasks),
        running=sum(task.runs for task in tasks),
        progress=sum(task.progress for task in tasks) / len(tasks),
        message=next((task.message for task in sorted(telling, key=lambda task: task.runs) if task.message), ""),
        tasks=telling,
    )


def _state(tasks: Sequence[Try]) -> StageState:
    if any(task.went_wrong for task in tasks):
        return StageState.FAILED
    if any(task.runs for task in tasks):
        return StageState.RUNNING
    reasons = {task.reason for task in tasks}
    if reasons == {Reason.NORMAL}:
        return StageState.DONE
    return StageState.STOPPED if Reason.KILLED in reasons else StageState.WAITING


def _waits(task: Try) -> bool:
    """For more than its turn."""
    return task.state is TaskState.ACCEPTED and (task.message != "" or task.attempt > 1)
