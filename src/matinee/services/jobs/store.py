"""The rows of jobs and tasks, and the jobs that they are. Every function is part of a unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    true,
    update,
)

from matinee.runtime.clock import moment
from matinee.services.jobs import outlook, rules
from matinee.services.jobs.contract import Job, JobState, Lease, Reason, Step, Submit, Task, TaskState
from matinee.services.jobs.rules import Attempt, Course, Ending
from matinee.services.jobs.tables import changes, jobs, tasks

_LIVE = [state.value for state in rules.LIVE]
_PRUNED_AT_ONCE = 20
_RULED = [
    tasks.c[field]
    for field in ("step", "attempt", "tries", "losses", "state", "reason", "ready_at", "progress", "message")
]
_RULED.append(tasks.c.worked_ms)


class Moment(Struct, frozen=True):
    """Now, in integer milliseconds: of the calendar for what people read, real for leases and delays."""

    calendar: int
    real: int


def next_version(connection: Connection) -> int:
    """The version of one more change; its row is locked to the end, so that versions commit in their order."""
    changed = connection.execute(update(changes).values(version=changes.c.version + 1))
    if changed.rowcount == 0:
        connection.execute(insert(changes).values(id=1, version=1))
    return cursor(connection)


def cursor(connection: Connection) -> int:
    """The version of the latest change; 1 before the first."""
    return connection.scalar(select(changes.c.version)) or 1


def add(connection: Connection, message: Submit, job_id: str, task_ids: Sequence[str], now: Moment) -> None:
    """Writes a new job and its first attempts; `task_ids` are theirs."""
    course = rules.begin(message.steps, now.real)
    connection.execute(
        insert(jobs).values(
            id=job_id,
            key=message.key,
            name=message.name,
            subject=message.subject,
            capacity_group=message.capacity_group,
            priority=message.priority,
            steps=msgspec.to_builtins(message.steps),
            data=message.data,
            state=JobState.ACCEPTED.value,
            message="",
            progress=0.0,
            weight=outlook.weight(course),
            created_at=now.calendar,
            version=next_version(connection),
        )
    )
    row = by_id(connection, job_id)
    for attempt, task_id in zip(course.attempts, task_ids, strict=True):
        connection.execute(insert(tasks).values(_new(row, course, attempt, task_id)))


def by_id(connection: Connection, job_id: str) -> Row[Any]:
    """A job's row, which is there."""
    return connection.execute(select(jobs).where(jobs.c.id == job_id)).one()


def find(connection: Connection, **column: str) -> Row[Any] | None:
    """The row whose one column has this value."""
    return connection.execute(select(jobs).filter_by(**column)).one_or_none()


def course(connection: Connection, row: Row[Any]) -> Course:
    """The job as the rules see it."""
    return _course(row, connection.execute(_tasks_of([row.id], *_RULED)).all())


def _course(row: Row[Any], found: Iterable[Row[Any]]) -> Course:
    reason = Reason(row.reason) if row.reason else None
    ending = None if reason is None or reason is Reason.NORMAL else Ending(reason, row.message)
    return Course(
        steps=msgspec.convert(tuple(row.steps), tuple[Step, ...]),
        attempts=tuple(_attempt(task) for task in found),
        ending=ending,
        paused=row.paused,
    )


def save(connection: Connection, row: Row[Any], old: Course, new: Course, now: Moment, task_ids: Iterable[str]) -> None:
    """Writes what a rule changed: new attempts, changed ones, and the job's own state."""
    before = {(attempt.step, attempt.number): attempt for attempt in old.attempts}
    fresh = iter(task_ids)
    for attempt in new.attempts:
        known = before.get((attempt.step, attempt.number))
        if known is None:
            connection.execute(insert(tasks).values(_new(row, new, attempt, next(fresh))))
        elif known != attempt:
            where = and_(tasks.c.job_id == row.id, tasks.c.step == attempt.step, tasks.c.attempt == attempt.number)
            connection.execute(update(tasks).where(where).values(_written(attempt, now)))
    over = rules.is_over(new)
    reason = rules.reason(new)
    connection.execute(
        update(jobs)
        .where(jobs.c.id == row.id)
        .values(
            state=rules.state(new).value,
            reason=reason.value if reason else None,
            message=new.ending.message if new.ending else outlook.waits_for(new),
            progress=outlook.progress(new),
            finished_at=now.calendar if over else None,
            version=next_version(connection),
            paused=new.paused,
            weight=outlook.weight(new),
        )
    )
    if len(new.steps) > len(old.steps):
        connection.execute(update(jobs).where(jobs.c.id == row.id).values(steps=msgspec.to_builtins(new.steps)))


def advance(connection: Connection, task: Row[Any], progress: float) -> None:
    """Adds to the job's progress what a running task's has grown by. All else of the job stays: reading the hundreds of
    tasks of a long film once a second would cost more than it tells."""
    grown = jobs.c.progress + task.weight * (progress - task.progress) / jobs.c.weight
    bounded = case((grown < 0, 0.0), (grown > 1, 1.0), else_=grown)
    values = {"progress": bounded, "version": next_version(connection)}
    connection.execute(update(jobs).where(jobs.c.id == task.job_id).values(values))


def _written(attempt: Attempt, now: Moment) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": attempt.state.value,
        "reason": attempt.reason.value if attempt.reason else None,
        "ready_at": attempt.ready_at,
        "progress": attempt.progress,
        "message": attempt.message,
    }
    if attempt.state is TaskState.FINISHED:
        values["finished_at"] = now.calendar
    return values


def _new(row: Row[Any], new: Course, attempt: Attempt, task_id: str) -> dict[str, Any]:
    position, step = next((place, step) for place, step in enumerate(new.steps) if step.name == attempt.step)
    return {
        "id": task_id,
        "job_id": row.id,
        "position": position,
        "step": step.name,
        "kind": step.kind,
        "capacity_group": row.capacity_group,
        "priority": row.priority + step.priority,
        "attempt": attempt.number,
        "tries": attempt.tries,
        "losses": attempt.losses,
        "state": attempt.state.value,
        "message": "",
        "progress": 0.0,
        "result": {},
        "ready_at": attempt.ready_at,
        "memory_mb": step.memory_mb,
        "disk_mb": step.disk_mb,
        "weight": step.weight,
    }


def ready(ask: Lease, now: int) -> Select[Any]:
    """The task that a worker of the group takes next."""
    return (
        select(tasks)
        .where(tasks.c.ready_at <= now, _waits(ask), _fits(ask))
        .order_by(tasks.c.priority.desc(), tasks.c.job_id, tasks.c.position)
        .limit(1)
    )


def too_large(connection: Connection, ask: Lease, now: int) -> list[tuple[Row[Any], str]]:
    """The tasks that this worker is too small for, each with what it lacks, where they do not say so yet."""
    if ask.memory_mb is None and ask.disk_mb is None:
        return []
    found = connection.execute(select(tasks).where(tasks.c.ready_at <= now, _waits(ask), not_(_fits(ask))).limit(100))
    lacks = ((task, outlook.lack(task.memory_mb, task.disk_mb, ask)) for task in found)
    return [(task, lack) for task, lack in lacks if task.message != lack]


def running(connection: Connection, group: str) -> int:
    """How many tasks of the group workers hold."""
    held = select(func.count()).where(tasks.c.capacity_group == group, tasks.c.state.in_(_LIVE))
    return connection.scalar(held) or 0


def _waits(ask: Lease) -> ColumnElement[bool]:
    paused = select(jobs.c.id).where(jobs.c.state == JobState.ACCEPTED.value, jobs.c.paused)
    return and_(
        tasks.c.capacity_group == ask.capacity_group,
        tasks.c.state == TaskState.ACCEPTED.value,
        tasks.c.kind.in_(ask.kinds),
        tasks.c.job_id.not_in(paused),
    )


def _fits(ask: Lease) -> ColumnElement[bool]:
    return and_(
        true() if ask.memory_mb is None else tasks.c.memory_mb <= ask.memory_mb,
        true() if ask.disk_mb is None else tasks.c.disk_mb <= ask.disk_mb,
    )


def lapsed(now: int, grace_until: int) -> Select[Any]:
    """Running tasks whose worker is silent too long, or which run too long."""
    silent = tasks.c.lapses_at <= (now if now >= grace_until else -1)
    return select(tasks).where(tasks.c.state.in_(_LIVE), or_(silent, tasks.c.limit_at <= now)).limit(100)


def next_due(connection: Connection, ask: Lease, grace_until: int, limit: int | None) -> int | None:
    """When there is next something for a worker of the group to do: a task to take, or a lease that lapses. `limit`: how
    many tasks of the group may run at once."""
    waits = select(func.min(tasks.c.ready_at)).where(_waits(ask), _fits(ask))
    runs = select(func.min(tasks.c.lapses_at), func.min(tasks.c.limit_at)).where(tasks.c.state.in_(_LIVE))
    lapses, late = connection.execute(runs).one()
    full = limit is not None and running(connection, ask.capacity_group) >= limit
    due = [None if full else connection.scalar(waits), None if lapses is None else max(lapses, grace_until), late]
    return min((moment for moment in due if moment is not None), default=None)


def leased(connection: Connection, lease: str) -> Row[Any] | None:
    """The task that was given under this lease, whatever became of it."""
    return connection.execute(select(tasks).where(tasks.c.lease == lease)).one_or_none()


def view(connection: Connection, rows: Sequence[Row[Any]]) -> list[Job]:
    """The jobs of these rows, as the contract shows them."""
    mine: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
    for task in connection.execute(_tasks_of(list(mine))) if mine else ():
        mine[task.job_id].append(task)
    return [_job_view(row, mine[row.id]) for row in rows]


def _tasks_of(job_ids: list[str], *columns: Column[Any]) -> Select[Any]:
    return select(*(columns or (tasks,))).where(tasks.c.job_id.in_(job_ids)).order_by(tasks.c.position, tasks.c.attempt)


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        step=row.step,
        number=row.attempt,
        tries=row.tries,
        losses=row.losses,
        state=TaskState(row.state),
        reason=Reason(row.reason) if row.reason else None,
        ready_at=row.ready_at,
        progress=row.progress,
        message=row.message,
        worked_ms=row.worked_ms,
    )


def task_view(row: Row[Any]) -> Task:
    """A task as the contract shows it."""
    return Task(
        id=row.id,
        step=row.step,
        kind=row.kind,
        state=TaskState(row.state),
        reason=Reason(row.reason) if row.reason else None,
        attempt=row.attempt,
        progress=row.progress,
        message=row.message,
        result=row.result,
        started_at=moment(row.started_at) if row.started_at is not None else None,
        finished_at=moment(row.finished_at) if row.finished_at is not None else None,
        memory_mb=row.memory_mb,
        disk_mb=row.disk_mb,
    )


def _job_view(row: Row[Any], its_tasks: list[Row[Any]]) -> Job:
    return Job(
        id=row.id,
        key=row.key,
        name=row.name,
        subject=row.subject,
        capacity_group=row.capacity_group,
        state=JobState(row.state),
        reason=Reason(row.reason) if row.reason else None,
        message=row.message,
        progress=row.progress,
        data=row.data,
        tasks=[task_view(task) for task in its_tasks],
        created_at=moment(row.created_at),
        version=row.version,
        paused=row.paused,
        eta_s=outlook.eta_s(_course(row, its_tasks)) if row.state == JobState.ACCEPTED.value else None,
    )


def prune(connection: Connection, group: str, now: int) -> None:
    """Forgets some jobs of the group that ended long ago."""
    kept = rules.TIMERS_KEPT_MS if group == rules.TIMERS else rules.KEPT_MS
    old = select(jobs.c.id).where(jobs.c.capacity_group == group, jobs.c.finished_at < now - kept)
    ids = connection.scalars(old.limit(_PRUNED_AT_ONCE)).all()
    if ids:
        connection.execute(delete(tasks).where(tasks.c.job_id.in_(ids)))
        connection.execute(delete(jobs).where(jobs.c.id.in_(ids)))
