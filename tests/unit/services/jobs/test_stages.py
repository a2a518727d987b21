from __future__ import annotations

from datetime import UTC, datetime

from matinee.services.jobs.contract import Job, JobState, Reason, Task, TaskState
from matinee.services.jobs.stages import present, stages
from matinee.terms.stage import StageState

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DONE, FAILED, KILLED = (
    (TaskState.FINISHED, Reason.NORMAL),
    (TaskState.FINISHED, Reason.FAILED),
    (TaskState.FINISHED, Reason.KILLED),
)
WAITS, RUNS = (TaskState.ACCEPTED, None), (TaskState.STARTED, None)


def task(step: str, state: tuple[TaskState, Reason | None], progress: float = 0, message: str = "", n: int = 1) -> Task:
    return Task(f"{step}-{n}", step, "do", *state, n, progress, message, {}, None, None)


def job(*tasks: Task) -> Job:
    return Job("job_1", "k", "ingest", "ttl", "ingest", JobState.ACCEPTED, None, "", 0, {}, list(tasks), NOW, 1)


def test_steps_that_begin_alike_are_one_stage_by_their_last_tries() -> None:
    film = job(
        task("look", DONE, 1),
        task("rungs.0", DONE, 1),
        task("rungs.1", FAILED, 0.3, "no luck"),
        task("rungs.1", RUNS, 0.5, n=2),
        task("rungs.2", WAITS),
        task("join", WAITS, message="Waits for 9.0 GB of free disk on a worker."),
    )
    every = stages(film, {"rungs": "making pictures"})
    look, rungs, join = every
    assert (look.what, rungs.what) == ("look", "making pictures")
    assert (look.name, look.state, look.tasks) == ("look", StageState.DONE, [])
    assert (rungs.name, rungs.state, rungs.steps, rungs.done, rungs.running, rungs.progress) == (
        "rungs",
        StageState.RUNNING,
        3,
        1,
        1,
        0.5,
    )
    assert [(each.step, each.attempt) for each in rungs.tasks] == [("rungs.1", 2)]
    assert (join.state, join.message) == (StageState.WAITING, "Waits for 9.0 GB of free disk on a worker.")
    assert present(every) == rungs


def test_a_failed_stage_says_why_and_comes_first() -> None:
    film = job(task("rungs.0", KILLED, 0.3), task("rungs.1", FAILED, 0.2, "no luck"), task("join", KILLED))
    every = stages(film, {})
    rungs, join = every
    assert (rungs.state, rungs.message, [each.step for each in rungs.tasks]) == (
        StageState.FAILED,
        "no luck",
        ["rungs.1"],
    )
    assert join.state is StageState.STOPPED
    assert present(every) == rungs


def test_a_job_that_is_done_has_no_present_stage() -> None:
    assert present(stages(job(task("look", DONE, 1)), {})) is None
