from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import Conflict, Invalid, MatineeError, Unavailable
from matinee.runtime.ids import Ids
from matinee.runtime.rpc.channel import LocalChannel, connect
from matinee.services.jobs.contract import (
    ByJob,
    Finish,
    Heartbeat,
    Job,
    Jobs,
    JobState,
    Lease,
    Leased,
    LeaseLost,
    ListJobs,
    NoSuchJob,
    Observe,
    Reason,
    Retry,
    Step,
    Submit,
    TaskState,
)
from matinee.services.jobs.executor import Context, Worker
from matinee.services.jobs.room import Free, Room
from matinee.services.jobs.service import Service

Eventually = Callable[..., Awaitable[None]]


class Clock(SystemClock):
    """Real time that a test moves on; monotonic time stays the machine's."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def real_now(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{tmp_path}/jobs.db", migrations="matinee.services.jobs")
    yield database
    await database.close()


@pytest.fixture
async def jobs(database: Database, clock: Clock, wired: Callable[..., Awaitable[Any]]) -> Jobs:
    service = Service(database, clock, Ids(clock))
    clock.pass_by(11)
    return await wired(Jobs, service)


def submit(key: str = "k", *steps: Step, group: str = "ingest", **more: Any) -> Submit:
    return Submit(key, "film", "ttl_1", group, list(steps) or [Step("only", "do")], **more)


async def take(jobs: Jobs, *kinds: str, group: str = "ingest", worker: str = "w1", wait_s: float = 0) -> Leased:
    return await jobs.lease(Lease(worker, group, list(kinds) or ["do"], wait_s))


async def one(jobs: Jobs, job: Job) -> Job:
    return await jobs.job(ByJob(job.id))


async def test_a_job_runs_its_steps_in_order_and_hands_results_on(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("a", "do"), Step("b", "do", after=["a"], weight=3), data={"file": "x"}))
    assert (job.state, job.progress, [task.state for task in job.tasks]) == (JobState.ACCEPTED, 0, ["Accepted"] * 2)
    first = await take(jobs)
    assert first.task
    assert first.job
    assert (first.task.step, first.task.state, first.job.data) == ("a", TaskState.LAUNCHED, {"file": "x"})
    assert (await take(jobs)).task is None
    await jobs.heartbeat(Heartbeat(first.lease, 0.5, "half way"))
    half = (await one(jobs, job)).tasks[0]
    assert (half.state, half.progress, half.message) == (TaskState.STARTED, 0.5, "half way")
    await jobs.finish(Finish(first.lease, Reason.NORMAL, result={"made": [1, "é"]}))
    second = await take(jobs)
    assert second.task
    assert second.job
    assert (second.task.step, second.job.tasks[0].result, second.job.progress) == ("b", {"made": [1, "é"]}, 0.25)
    await jobs.finish(Finish(second.lease, Reason.NORMAL))
    done = await one(jobs, job)
    assert (done.state, done.reason, done.progress) == (JobState.FINISHED, Reason.NORMAL, 1)


async def test_the_same_key_is_the_same_job(jobs: Jobs) -> None:
    first = await jobs.submit(submit("same"))
    assert await jobs.submit(submit("same", Step("other", "do"))) == first
    assert len((await jobs.list_jobs(ListJobs())).jobs) == 1


@pytest.mark.parametrize(
    "steps", [[Step("a", "do", after=["a"])], [Step("a", "do"), Step("a", "do")], [Step("a", "do", after=["gone"])]]
)
async def test_a_job_that_could_never_end_is_refused(jobs: Jobs, steps: list[Step]) -> None:
    with pytest.raises(Invalid, match="cannot run"):
        await jobs.submit(submit("k", *steps))


async def test_concurrent_workers_never_share_a_task(jobs: Jobs) -> None:
    for number in range(12):
        await jobs.submit(submit(f"k{number}"))
    leased = await asyncio.gather(*(take(jobs, worker=f"w{number}") for number in range(20)))
    given = [found.task.id for found in leased if found.task]
    assert len(given) == len(set(given)) == 12


async def test_two_services_on_one_table_never_share_a_task(database: Database, clock: Clock) -> None:
    both = [Service(database, clock, Ids(clock)) for _ in range(2)]
    for number in range(8):
        await both[0].submit(submit(f"k{number}"))
    leased = await asyncio.gather(*(take(both[number % 2]) for number in range(16)))
    given = [found.task.id for found in leased if found.task]
    assert len(given) == len(set(given)) == 8


async def test_a_silent_worker_loses_its_task_to_another(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit())
    first = await take(jobs)
    clock.pass_by(9)
    await jobs.heartbeat(Heartbeat(first.lease, 0.1))
    clock.pass_by(9)
    assert (await take(jobs, worker="w2")).task is None
    clock.pass_by(1.1)
    assert (await take(jobs, worker="w2")).task is None  # the next try waits a second
    clock.pass_by(1.1)
    second = await take(jobs, worker="w2")
    assert second.task
    assert second.task.attempt == 2
    assert [(task.attempt, task.reason) for task in (await one(jobs, job)).tasks] == [(1, Reason.LOST), (2, None)]
    with pytest.raises(LeaseLost):
        await jobs.heartbeat(Heartbeat(first.lease, 0.2))
    with pytest.raises(LeaseLost):
        await jobs.finish(Finish(first.lease, Reason.NORMAL))
    await jobs.finish(Finish(second.lease, Reason.NORMAL))
    assert (await one(jobs, job)).reason is Reason.NORMAL


async def test_a_restart_of_the_service_costs_no_worker_its_task(database: Database, clock: Clock) -> None:
    before = Service(database, clock, Ids(clock))
    await before.submit(submit())
    held = await take(before)
    clock.pass_by(60)
    after = Service(database, clock, Ids(clock))
    assert (await take(after, worker="w2")).task is None
    await after.heartbeat(Heartbeat(held.lease, 0.5))
    await after.finish(Finish(held.lease, Reason.NORMAL))
    assert (await after.list_jobs(ListJobs())).jobs[0].reason is Reason.NORMAL


async def test_a_failing_step_is_tried_again_with_growing_pauses_then_ends_the_job(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit("k", Step("a", "do", retries=2), Step("b", "do"), Step("c", "do", after=["a"])))
    beside = await take(jobs)
    assert beside.task
    assert beside.task.step == "a"
    await jobs.finish(Finish(beside.lease, Reason.FAILED, "no luck"))
    for pause in (1, 2):
        clock.pass_by(pause - 0.1)
        found = await take(jobs)
        assert found.task is None or found.task.step == "b"
        clock.pass_by(0.2)
        again = await take(jobs)
        assert again.task
        assert again.task.step == "a"
        await jobs.finish(Finish(again.lease, Reason.FAILED, "no luck"))
    ending = await one(jobs, job)
    assert (ending.state, ending.reason, ending.message) == (JobState.KILL_INITIATED, Reason.FAILED, "no luck")
    states = {(task.step, task.attempt): (task.state, task.reason) for task in ending.tasks}
    assert states["b", 1][0] is TaskState.KILL_INITIATED
    assert states["c", 1] == (TaskState.FINISHED, Reason.KILLED)
    clock.pass_by(11)
    await take(jobs)
    assert (await one(jobs, job)).state is JobState.FINISHED


async def lose(jobs: Jobs, clock: Clock) -> None:
    """A worker takes the only task there is, begins, and is never heard of again."""
    clock.pass_by(61)
    held = await take(jobs)
    assert held.task
    await jobs.heartbeat(Heartbeat(held.lease, 0.1))
    clock.pass_by(11)
    assert (await take(jobs, worker="w2")).task is None


async def test_a_lost_worker_uses_up_no_retry_of_its_step(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit("k", Step("a", "do", retries=1)))
    for _ in range(9):
        await lose(jobs, clock)
    clock.pass_by(59)
    assert (await take(jobs)).task is None  # ever longer pauses, of a minute at most
    clock.pass_by(2)
    await jobs.finish(Finish((await take(jobs)).lease, Reason.FAILED, "no luck"))
    await lose(jobs, clock)
    clock.pass_by(61)
    await jobs.finish(Finish((await take(jobs)).lease, Reason.FAILED, "no luck"))
    ended = await one(jobs, job)
    assert (ended.state, ended.reason, ended.message) == (JobState.FINISHED, Reason.FAILED, "no luck")
    assert [task.reason for task in ended.tasks] == [*9 * ["lost"], "failed", "lost", "failed"]


async def test_a_step_that_loses_ten_workers_in_a_row_ends_its_job(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit("k", Step("a", "do"), Step("b", "do", after=["a"])))
    for _ in range(10):
        await lose(jobs, clock)
    ended = await one(jobs, job)
    said = "10 workers in a row stopped while they did this step, so it may be what stops them."
    assert (ended.state, ended.reason, ended.message) == (JobState.FINISHED, Reason.LOST, said)
    assert [task.message for task in ended.tasks][8:] == ["The worker that did this step stopped.", said, ""]
    await jobs.retry(Retry(job.id))
    await lose(jobs, clock)
    assert (await one(jobs, job)).state is JobState.ACCEPTED


async def test_an_invalid_request_is_not_tried_again(jobs: Jobs) -> None:
    job = await jobs.submit(submit())
    await jobs.finish(Finish((await take(jobs)).lease, Reason.INVALID, "The file is empty."))
    ended = await one(jobs, job)
    assert (ended.state, ended.reason, ended.message) == (JobState.FINISHED, Reason.INVALID, "The file is empty.")


async def test_a_step_that_runs_too_long_is_ended_though_its_worker_lives(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit("k", Step("a", "do", runtime_limit_s=15)))
    held = await take(jobs)
    clock.pass_by(9)
    await jobs.heartbeat(Heartbeat(held.lease, 0.5))
    clock.pass_by(7)
    with pytest.raises(LeaseLost):
        await jobs.heartbeat(Heartbeat(held.lease, 0.6))
    assert (await one(jobs, job)).reason is Reason.RUNTIME_LIMIT


async def test_finishing_twice_is_finishing_once(jobs: Jobs) -> None:
    job = await jobs.submit(submit())
    held = await take(jobs)
    await jobs.finish(Finish(held.lease, Reason.NORMAL))
    once = await one(jobs, job)
    await jobs.finish(Finish(held.lease, Reason.NORMAL))
    assert await one(jobs, job) == once
    with pytest.raises(LeaseLost):
        await jobs.finish(Finish(held.lease, Reason.FAILED))


async def test_cancel_ends_what_waits_at_once_and_what_runs_at_its_next_heartbeat(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("a", "do"), Step("b", "do", after=["a"])))
    held = await take(jobs)
    canceled = await jobs.cancel(ByJob(job.id))
    assert (canceled.state, canceled.reason) == (JobState.KILL_INITIATED, Reason.KILLED)
    assert await jobs.cancel(ByJob(job.id)) == canceled
    with pytest.raises(LeaseLost):
        await jobs.heartbeat(Heartbeat(held.lease, 0.5))
    await jobs.finish(Finish(held.lease, Reason.KILLED))
    over = await one(jobs, job)
    assert (over.state, {task.reason for task in over.tasks}) == (JobState.FINISHED, {Reason.KILLED})
    with pytest.raises(Conflict):
        await jobs.retry(Retry(job.id))


async def test_retry_runs_only_what_did_not_end_normally(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("a", "do"), Step("b", "do", after=["a"], retries=0)))
    await jobs.finish(Finish((await take(jobs)).lease, Reason.NORMAL, result={"n": 1}))
    await jobs.finish(Finish((await take(jobs)).lease, Reason.FAILED, "full"))
    failed = await one(jobs, job)
    assert (failed.state, failed.message) == (JobState.FINISHED, "full")
    again = await jobs.retry(Retry(job.id))
    assert (again.state, again.reason, again.message) == (JobState.ACCEPTED, None, "")
    held = await take(jobs)
    assert held.task
    assert (held.task.step, held.task.attempt) == ("b", 2)
    with pytest.raises(Conflict):
        await jobs.retry(Retry(job.id))


async def test_a_step_adds_those_it_found_to_be_needed(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("look", "do", weight=0.02)))
    held = await take(jobs)
    chunks = [Step(f"chunk.{place}", "do", after=["look"], weight=0.3) for place in range(2)]
    ending = Finish(held.lease, Reason.NORMAL, steps=[*chunks, Step("join", "do", after=["chunk.0", "chunk.1"])])
    await jobs.heartbeat(Heartbeat(held.lease, 1))
    before = (await one(jobs, job)).progress
    await jobs.finish(ending)
    grown = await one(jobs, job)
    assert [task.step for task in grown.tasks] == ["look", "chunk.0", "chunk.1", "join"]
    assert (grown.state, before, grown.progress) == (JobState.ACCEPTED, 0.02, pytest.approx(0.02 / 1.62))
    await jobs.finish(ending)
    assert await one(jobs, job) == grown
    for expected in ("chunk.0", "chunk.1", "join"):
        found = await take(jobs)
        assert found.task
        assert found.task.step == expected
        await jobs.finish(Finish(found.lease, Reason.NORMAL))
    assert (await one(jobs, job)).reason is Reason.NORMAL


@pytest.mark.parametrize("wrong", [Step("look", "do"), Step("more", "do", after=["gone"])])
async def test_steps_that_could_never_run_are_not_added(jobs: Jobs, wrong: Step) -> None:
    job = await jobs.submit(submit("k", Step("look", "do")))
    held = await take(jobs)
    with pytest.raises(Invalid, match="cannot go on"):
        await jobs.finish(Finish(held.lease, Reason.NORMAL, steps=[Step("good", "do"), wrong]))
    assert [task.step for task in (await one(jobs, job)).tasks] == ["look"]
    await jobs.finish(Finish(held.lease, Reason.INVALID, "No.", steps=[wrong]))
    assert (await one(jobs, job)).message == "No."


async def test_steps_added_while_the_job_failed_are_run_by_a_retry(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("look", "do"), Step("beside", "do")))
    look, beside = await take(jobs), await take(jobs)
    await jobs.finish(Finish(beside.lease, Reason.INVALID, "Broken."))
    await jobs.finish(Finish(look.lease, Reason.NORMAL, steps=[Step("late", "do", after=["look"])]))
    assert (await one(jobs, job)).state is JobState.FINISHED
    await jobs.retry(Retry(job.id))
    again = [await take(jobs), await take(jobs)]
    assert {found.task.step for found in again if found.task} == {"beside", "late"}


async def test_a_steps_priority_counts_over_the_age_of_its_job(jobs: Jobs, clock: Clock) -> None:
    await jobs.submit(submit("old", Step("low", "do", priority=5), Step("high", "do")))
    clock.pass_by(1)
    await jobs.submit(submit("new", Step("low", "do", priority=5), Step("high", "do")))
    order = [await take(jobs) for _ in range(4)]
    assert [(found.job.key, found.task.step) for found in order if found.job and found.task] == [
        ("old", "low"),
        ("new", "low"),
        ("old", "high"),
        ("new", "high"),
    ]


async def test_a_task_is_given_only_to_a_worker_with_room_for_it(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("big", "do", memory_mb=2000, disk_mb=4100)))

    async def ask(memory_mb: int | None, disk_mb: int | None) -> Leased:
        return await jobs.lease(Lease("w", "ingest", ["do"], 0, memory_mb, disk_mb))

    for memory_mb, disk_mb, lacking in [
        (8000, 4099, "Waits for 4.1 GB of free disk on a worker."),
        (1999, 0, "Waits for 2.0 GB of free memory and 4.1 GB of free disk on a worker."),
    ]:
        assert (await ask(memory_mb, disk_mb)).task is None
        waiting = await one(jobs, job)
        assert (waiting.message, waiting.tasks[0].message) == (lacking, lacking)
        assert (await ask(memory_mb, disk_mb)).task is None
        assert (await one(jobs, job)).version == waiting.version
    found = await ask(2000, 4100)
    assert found.task
    assert (found.task.message, found.task.memory_mb, found.task.disk_mb) == ("", 2000, 4100)
    assert (await one(jobs, job)).message == ""


async def test_a_worker_that_is_too_small_waits_without_asking_again_and_again(
    database: Database, clock: Clock
) -> None:
    service = Service(database, clock, Ids(clock))
    await service.submit(submit("k", Step("big", "do", disk_mb=9)))
    before = (await service.list_jobs(ListJobs())).jobs[0].version
    assert (await service.lease(Lease("w", "ingest", ["do"], 0.2, None, 5))).task is None
    assert (await service.list_jobs(ListJobs())).jobs[0].version == before + 1


async def test_a_groups_limit_counts_for_all_workers_together(database: Database, clock: Clock) -> None:
    service = Service(database, clock, Ids(clock), limits={"ingest": 2})
    for number in range(4):
        await service.submit(submit(f"k{number}"))
        await service.submit(submit(f"t{number}", group="timers"))
    leased = await asyncio.gather(*(take(service, worker=f"w{number}") for number in range(6)))
    held = [found for found in leased if found.task]
    assert len(held) == 2
    assert len([found for found in [await take(service, group="timers") for _ in range(5)] if found.task]) == 4
    waiting = asyncio.create_task(take(service, wait_s=20))
    await service.finish(Finish(held[0].lease, Reason.NORMAL))
    async with asyncio.timeout(3):
        assert (await waiting).task is not None


async def test_nothing_more_of_a_paused_job_begins(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("a", "do"), Step("b", "do"), Step("c", "do", after=["a"])))
    running = await take(jobs)
    assert (await jobs.pause(ByJob(job.id))).paused
    assert (await jobs.pause(ByJob(job.id))).state is JobState.ACCEPTED
    await jobs.heartbeat(Heartbeat(running.lease, 0.5))
    await jobs.finish(Finish(running.lease, Reason.NORMAL))
    assert (await take(jobs)).task is None
    waiting = asyncio.create_task(take(jobs, wait_s=20))
    assert not (await jobs.resume(ByJob(job.id))).paused
    async with asyncio.timeout(3):
        assert (await waiting).task is not None
    await jobs.cancel(ByJob(job.id))
    for call in (jobs.pause, jobs.resume):
        with pytest.raises(Conflict):
            await call(ByJob(job.id))


async def test_a_paused_job_can_be_canceled_and_a_retry_goes_on(jobs: Jobs) -> None:
    failed = await jobs.submit(submit("k", Step("a", "do", retries=0), Step("b", "do")))
    held = await take(jobs)
    await jobs.pause(ByJob(failed.id))
    await jobs.finish(Finish(held.lease, Reason.FAILED, "no"))
    assert (await jobs.retry(Retry(failed.id))).paused is False
    await jobs.pause(ByJob(failed.id))
    assert (await jobs.cancel(ByJob(failed.id))).state is JobState.FINISHED


async def test_one_step_is_begun_at_once_or_anew(jobs: Jobs) -> None:
    job = await jobs.submit(submit("k", Step("a", "do", retries=1), Step("b", "do", after=["a"])))
    await jobs.finish(Finish((await take(jobs)).lease, Reason.FAILED, "busy"))
    assert (await take(jobs)).task is None
    await jobs.retry(Retry(job.id, "a"))
    second = await take(jobs)
    assert second.task
    assert second.task.attempt == 2
    await jobs.heartbeat(Heartbeat(second.lease, 0.4))
    await jobs.retry(Retry(job.id, "a"))
    with pytest.raises(LeaseLost):
        await jobs.heartbeat(Heartbeat(second.lease, 0.5))
    with pytest.raises(LeaseLost):
        await jobs.finish(Finish(second.lease, Reason.NORMAL))
    third = await take(jobs, worker="w2")
    await jobs.finish(Finish(third.lease, Reason.NORMAL))
    for step in ("a", "gone"):
        with pytest.raises(Conflict):
            await jobs.retry(Retry(job.id, step))
    await jobs.finish(Finish((await take(jobs)).lease, Reason.INVALID, "so"))
    assert (await jobs.retry(Retry(job.id, "b"))).state is JobState.ACCEPTED
    ends = [(task.step, task.attempt, task.reason) for task in (await one(jobs, job)).tasks]
    assert ends == [
        ("a", 1, Reason.FAILED),
        ("a", 2, Reason.KILLED),
        ("a", 3, Reason.NORMAL),
        ("b", 1, Reason.INVALID),
        ("b", 2, None),
    ]


async def test_the_rest_is_reckoned_from_what_the_job_has_done(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit("k", *(Step(f"c{place}", "do") for place in range(4)), Step("z", "end", weight=2)))
    first = await take(jobs)
    assert (await one(jobs, job)).eta_s is None
    clock.pass_by(8)
    await jobs.heartbeat(Heartbeat(first.lease, 0.5))
    assert (await one(jobs, job)).eta_s == pytest.approx(88)  # 16 s a weight, 5.5 left
    second = await take(jobs)
    clock.pass_by(8)
    await jobs.finish(Finish(first.lease, Reason.NORMAL))
    await jobs.heartbeat(Heartbeat(second.lease, 0.5))
    assert (await one(jobs, job)).eta_s == pytest.approx(72)  # 24 s for 1.5, 4.5 left, one at a time
    clock.pass_by(1)
    third = await take(jobs)
    assert (await one(jobs, job)).eta_s == pytest.approx(36)  # two at a time
    for held in (second, third):
        await jobs.finish(Finish(held.lease, Reason.FAILED, retry=False))
    assert (await one(jobs, job)).eta_s is None


async def test_a_worker_hands_on_the_steps_that_its_code_adds(jobs: Jobs, eventually: Eventually) -> None:
    ran: list[str] = []

    async def look(context: Context) -> None:
        context.add(Step("late", "do", after=["look"]))

    async def late(context: Context) -> None:
        ran.append(context.task.step)

    async def twice(context: Context) -> None:
        context.add(Step("twice", "do"))

    good = await jobs.submit(submit("good", Step("look", "look")))
    bad = await jobs.submit(submit("bad", Step("twice", "twice")))
    worker = asyncio.create_task(Worker(jobs, "ingest", {"look": look, "do": late, "twice": twice}, "w").run())
    await eventually(lambda: _is_over(jobs, good))
    await eventually(lambda: _is_over(jobs, bad))
    worker.cancel()
    refused = await one(jobs, bad)
    assert (ran, (await one(jobs, good)).reason) == (["late"], Reason.NORMAL)
    assert (refused.reason, refused.message) == (
        Reason.INVALID,
        "The job cannot go on: two steps are called twice.",
    )


async def test_a_snapshot_says_where_it_ends(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matinee.services.jobs.service._PAGE", 2)
    made = {(await jobs.submit(submit(f"k{number}"))).id for number in range(3)}
    first = await jobs.observe(Observe(0, 5))
    rest = await jobs.observe(Observe(first.cursor, 5))
    assert (len(first.jobs), first.more, len(rest.jobs), rest.more) == (2, True, 1, False)
    assert {job.id for job in [*first.jobs, *rest.jobs]} == made


async def test_groups_never_wait_behind_each_other_and_priority_goes_first(jobs: Jobs) -> None:
    await jobs.submit(submit("slow"))
    await jobs.submit(submit("soon", priority=5))
    await jobs.submit(submit("tick", group="timers"))
    first, timer = await take(jobs), await take(jobs, group="timers")
    assert first.job
    assert timer.job
    assert (first.job.key, timer.job.key) == ("soon", "tick")


async def test_a_worker_gets_only_kinds_it_knows(jobs: Jobs) -> None:
    await jobs.submit(submit("k", Step("a", "encode")))
    assert (await take(jobs, "package")).task is None
    assert (await take(jobs, "package", "encode")).task is not None


async def test_a_waiting_worker_is_woken_by_a_new_job(jobs: Jobs) -> None:
    waiting = asyncio.create_task(take(jobs, wait_s=20))
    await asyncio.sleep(0)
    await jobs.submit(submit())
    async with asyncio.timeout(3):
        assert (await waiting).task is not None


async def test_observe_gives_a_snapshot_then_each_change(jobs: Jobs) -> None:
    over = await jobs.submit(submit("over"))
    await jobs.finish(Finish((await take(jobs)).lease, Reason.NORMAL))
    live = await jobs.submit(submit("live"))
    first = await jobs.observe(Observe(0, 5))
    assert [job.id for job in first.jobs] == [live.id]
    assert (await jobs.observe(Observe(first.cursor, 0))).jobs == []
    watching = asyncio.create_task(jobs.observe(Observe(first.cursor, 20, name="film")))
    await asyncio.sleep(0)
    await jobs.finish(Finish((await take(jobs)).lease, Reason.NORMAL))
    async with asyncio.timeout(3):
        changed = await watching
    assert [job.id for job in changed.jobs] == [live.id]
    assert changed.cursor > first.cursor
    assert (await jobs.observe(Observe(first.cursor, 0, name="another"))).jobs == []
    assert {job.id for job in (await jobs.observe(Observe(1, 0))).jobs} == {over.id, live.id}


async def test_observe_of_nothing_does_not_begin_at_zero(jobs: Jobs) -> None:
    assert (await jobs.observe(Observe(0, 0))).cursor > 0


async def test_jobs_are_listed_newest_first_by_page(jobs: Jobs) -> None:
    made = [await jobs.submit(submit(f"k{number}")) for number in range(3)]
    listed = (await jobs.list_jobs(ListJobs(limit=2))).jobs
    assert {job.id for job in listed} < {job.id for job in made}
    rest = (await jobs.list_jobs(ListJobs(limit=2, before=listed[-1].id))).jobs
    assert {job.id for job in [*listed, *rest]} == {job.id for job in made}
    assert (await jobs.list_jobs(ListJobs(subject="ttl_other"))).jobs == []
    assert len((await jobs.list_jobs(ListJobs(name="film", subject="ttl_1", unfinished=True))).jobs) == 3


@pytest.mark.parametrize(("group", "kept"), [("timers", timedelta(hours=1)), ("ingest", timedelta(days=30))])
async def test_jobs_that_ended_long_ago_are_forgotten(jobs: Jobs, clock: Clock, group: str, kept: timedelta) -> None:
    for number in range(30):
        await jobs.submit(submit(f"k{number}", group=group))
        if number < 29:
            await jobs.finish(Finish((await take(jobs, group=group)).lease, Reason.NORMAL))
    waits = (await jobs.list_jobs(ListJobs(unfinished=True))).jobs
    clock.pass_by(kept.total_seconds() - 1)
    await jobs.submit(submit("soon", group=group))
    assert len((await jobs.list_jobs(ListJobs())).jobs) == 31
    clock.pass_by(2)
    for number in range(2):
        await jobs.submit(submit(f"later{number}", group=group))
    left = {job.key for job in (await jobs.list_jobs(ListJobs())).jobs}
    assert left == {*(job.key for job in waits), "soon", "later0", "later1"}


async def test_an_unknown_job_is_not_found(jobs: Jobs) -> None:
    for asked in (jobs.job, jobs.cancel, jobs.pause, jobs.resume):
        with pytest.raises(NoSuchJob):
            await asked(ByJob("job_none"))
    with pytest.raises(NoSuchJob):
        await jobs.retry(Retry("job_none"))
    with pytest.raises(LeaseLost):
        await jobs.heartbeat(Heartbeat("lse_none", 0))


async def test_a_worker_runs_a_job_to_its_end(jobs: Jobs, eventually: Eventually) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    async def handler(context: Context) -> dict[str, Any]:
        seen.append((context.task.step, context.results))
        context.progress(0.5, "half")
        return {"by": context.task.step}

    job = await jobs.submit(submit("k", Step("a", "do"), Step("b", "do", after=["a"])))
    worker = asyncio.create_task(Worker(jobs, "ingest", {"do": handler}, "w").run())
    await eventually(lambda: _is_over(jobs, job))
    worker.cancel()
    assert seen == [("a", {}), ("b", {"a": {"by": "a"}})]


async def test_a_worker_says_why_a_step_failed(jobs: Jobs, eventually: Eventually) -> None:
    async def invalid(_: Context) -> None:
        raise Invalid("The file holds no video.")

    async def broken(_: Context) -> None:
        raise ZeroDivisionError

    refused = await jobs.submit(submit("k", Step("a", "refuse")))
    failed = await jobs.submit(submit("l", Step("a", "break", retries=0)))
    worker = asyncio.create_task(Worker(jobs, "ingest", {"refuse": invalid, "break": broken}, "w").run())
    await eventually(lambda: _is_over(jobs, failed))
    await eventually(lambda: _is_over(jobs, refused))
    worker.cancel()
    ended = [await one(jobs, refused), await one(jobs, failed)]
    assert [(job.reason, job.message) for job in ended] == [
        (Reason.INVALID, "The file holds no video."),
        (Reason.FAILED, "Something went wrong on our side; the log says what."),
    ]


async def test_a_canceled_job_stops_its_handler(jobs: Jobs, eventually: Eventually) -> None:
    running, stopped = asyncio.Event(), asyncio.Event()

    async def handler(_: Context) -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    job = await jobs.submit(submit())
    worker = asyncio.create_task(Worker(jobs, "ingest", {"do": handler}, "w").run())
    await running.wait()
    await jobs.cancel(ByJob(job.id))
    await eventually(lambda: _is_over(jobs, job))
    assert stopped.is_set()
    worker.cancel()


async def test_a_stopped_worker_gives_its_task_back(jobs: Jobs, eventually: Eventually) -> None:
    running = asyncio.Event()

    async def handler(_: Context) -> None:
        running.set()
        await asyncio.Event().wait()

    job = await jobs.submit(submit())
    worker = asyncio.create_task(Worker(jobs, "ingest", {"do": handler}, "w").run())
    await running.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert [task.reason for task in (await one(jobs, job)).tasks] == [Reason.LOST, None]


class _Away:
    """A channel whose service is away for a while."""

    def __init__(self, inner: LocalChannel) -> None:
        self._inner = inner
        self.away = False

    async def call(self, operation: Any, message: Any) -> Any:
        if self.away:
            raise Unavailable
        return await self._inner.call(operation, message)


async def test_a_worker_goes_on_when_the_service_comes_back(
    database: Database, clock: Clock, eventually: Eventually
) -> None:
    channel = _Away(LocalChannel(Service(database, clock, Ids(clock))))
    jobs, proceed, running = connect(Jobs, channel), asyncio.Event(), asyncio.Event()
    runs = 0

    async def handler(_: Context) -> None:
        nonlocal runs
        runs += 1
        running.set()
        await proceed.wait()

    job = await jobs.submit(submit())
    worker = asyncio.create_task(Worker(jobs, "ingest", {"do": handler}, "w").run())
    await running.wait()
    channel.away = True
    proceed.set()
    with pytest.raises(MatineeError):
        await one(jobs, job)
    channel.away = False
    await eventually(lambda: _is_over(jobs, job))
    worker.cancel()
    assert runs == 1


async def _is_over(jobs: Jobs, job: Job) -> bool:
    return (await one(jobs, job)).state is JobState.FINISHED


async def test_steps_are_added_once_though_the_service_died_after_the_finish(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite:///{tmp_path}/crashed.db"
    before = open_database(url, migrations="matinee.services.jobs")
    first = Service(before, clock, Ids(clock))
    job = await first.submit(submit("k", Step("look", "do")))
    held = await take(first)
    ending = Finish(held.lease, Reason.NORMAL, steps=[Step("late", "do", after=["look"])])
    await first.finish(ending)
    await before.close()
    after = open_database(url, migrations="matinee.services.jobs")
    second = Service(after, clock, Ids(clock))
    known = await one(second, job)
    await second.finish(ending)  # its answer was lost
    assert await one(second, job) == known
    late = await take(second)
    assert late.task
    assert late.task.step == "late"
    await second.finish(Finish(late.lease, Reason.NORMAL))
    assert [(task.step, task.reason) for task in (await one(second, job)).tasks] == [
        ("look", Reason.NORMAL),
        ("late", Reason.NORMAL),
    ]
    await after.close()


async def test_a_finish_that_is_cut_off_leaves_nothing_of_it(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(database, clock, Ids(clock))
    job = await service.submit(submit("k", Step("look", "do")))
    held = await take(service)
    ending = Finish(held.lease, Reason.NORMAL, result={"n": 1}, steps=[Step("late", "do", after=["look"])])
    known = await one(service, job)
    with monkeypatch.context() as patched:
        patched.setattr("matinee.services.jobs.store.next_version", _cut_off)
        with pytest.raises(ConnectionAbortedError):
            await service.finish(ending)
    assert await one(service, job) == known
    await service.finish(ending)
    assert [task.step for task in (await one(service, job)).tasks] == ["look", "late"]


def _cut_off(_: object) -> int:
    raise ConnectionAbortedError


async def test_a_lost_worker_adds_no_steps(jobs: Jobs, clock: Clock) -> None:
    job = await jobs.submit(submit("k", Step("look", "do")))
    lost = await take(jobs)
    clock.pass_by(11)
    assert (await take(jobs, worker="w2")).task is None
    clock.pass_by(11)
    found = await take(jobs, worker="w2")
    await jobs.finish(Finish(found.lease, Reason.NORMAL, steps=[Step("mine", "do")]))
    with pytest.raises(LeaseLost):
        await jobs.finish(Finish(lost.lease, Reason.NORMAL, steps=[Step("theirs", "do")]))
    assert [task.step for task in (await one(jobs, job)).tasks] == ["look", "look", "mine"]


@pytest.mark.parametrize("seed", range(3))
async def test_workers_that_die_at_random_end_every_job_and_no_finished_step_runs_again(
    database: Database, clock: Clock, seed: int
) -> None:
    chance = Random(seed)
    service = Service(database, clock, Ids(clock), limits={"ingest": 5})
    made = [await service.submit(submit(f"k{number}", Step("look", "look", retries=0))) for number in range(8)]

    async def look(context: Context) -> None:
        chunks = [Step(f"c.{place}", "do", after=["look"], retries=0) for place in range(4)]
        context.add(*chunks, Step("join", "do", after=[chunk.name for chunk in chunks], retries=0))
        await asyncio.sleep(chance.random() * 0.02)

    async def do(_: Context) -> None:
        await asyncio.sleep(chance.random() * 0.02)

    def born() -> tuple[_Away, asyncio.Task[None]]:
        channel = _Away(LocalChannel(service))
        worker = Worker(connect(Jobs, channel), "ingest", {"look": look, "do": do}, "w", wait_s=0.05)
        return channel, asyncio.create_task(worker.run())

    workers = [born() for _ in range(6)]
    async with asyncio.timeout(60):
        while (await service.list_jobs(ListJobs(unfinished=True))).jobs:
            await asyncio.sleep(0.03)
            clock.pass_by(3)
            channel, running = workers.pop(chance.randrange(6))
            channel.away = chance.random() < 0.7  # killed: it says no last word
            running.cancel()
            workers.append(born())
    for _, running in workers:
        running.cancel()
    for job in made:
        ended = await one(service, job)
        normal = [task.step for task in ended.tasks if task.reason is Reason.NORMAL]
        assert sorted(normal) == ["c.0", "c.1", "c.2", "c.3", "join", "look"]
        assert {task.reason for task in ended.tasks} <= {Reason.NORMAL, Reason.LOST}
        assert ended.reason is Reason.NORMAL


async def test_workers_of_one_machine_take_no_more_than_it_has(jobs: Jobs, eventually: Eventually) -> None:
    running: list[str] = []
    most: list[int] = []
    proceed = asyncio.Event()

    async def handler(context: Context) -> None:
        running.append(context.task.step)
        most.append(len(running))
        await proceed.wait()
        running.remove(context.task.step)

    steps = [Step(f"s{number}", "do", memory_mb=400) for number in range(5)]
    job = await jobs.submit(submit("k", *steps, Step("huge", "do", memory_mb=5000)))
    room = Room(lambda: Free(1000, 1000))
    workers = [asyncio.create_task(Worker(jobs, "ingest", {"do": handler}, f"w{n}", room=room).run()) for n in range(4)]

    async def says_so() -> bool:
        return (await one(jobs, job)).tasks[-1].message == "Waits for 5.0 GB of free memory on a worker."

    await eventually(lambda: len(running) == 2)
    await eventually(says_so)
    proceed.set()

    async def five_are_done() -> bool:
        return sum(task.reason is Reason.NORMAL for task in (await one(jobs, job)).tasks) == 5

    await eventually(five_are_done, within_s=15)
    assert max(most) == 2
    for worker in workers:
        worker.cancel()
