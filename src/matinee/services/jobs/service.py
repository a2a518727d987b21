"""Jobs on a table: leasing, what follows each end, and watching. What may happen when stands in rules.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, select, update

from matinee.backends.sql.outbox import publish
from matinee.backends.sql.port import Database
from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import Invalid
from matinee.runtime.events import Event
from matinee.runtime.ids import EVENT, JOB, TASK, Ids
from matinee.runtime.rpc import deadline
from matinee.services.jobs import rules, store
from matinee.services.jobs.contract import (
    ByJob,
    Finish,
    Heartbeat,
    Job,
    JobPage,
    JobState,
    Lease,
    Leased,
    LeaseLost,
    ListJobs,
    NoSuchJob,
    Observe,
    Observed,
    Reason,
    Retry,
    Submit,
    TaskState,
)
from matinee.services.jobs.rules import Course
from matinee.services.jobs.store import Moment
from matinee.services.jobs.tables import jobs, outbox, tasks

T = TypeVar("T")

LONGEST_WAIT_S = 30.0
_LOOK_AGAIN_S = 0.5
_PAGE = 500
_TOPIC = "jobs"
_LEASE = "lse"
_FOREVER_MS = 1 << 52


class Service:
    """Implements the contract `Jobs`. `lease_ms`: a worker silent for longer has lost its task. Leases that were held
    when this process began get that long to be heard of again, so that a restart costs no worker its work. `limits`: how
    many tasks of a capacity group may run at once; without an entry, as many as there are workers."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        lease_ms: int = rules.LEASE_MS,
        limits: Mapping[str, int] = {},
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._lease_ms = lease_ms
        self._limits = dict(limits)
        self._grace_until = milliseconds(clock.real_now()) + lease_ms
        self._bell = Bell()

    async def submit(self, message: Submit) -> Job:
        if sentence := rules.wrong(message.steps):
            raise Invalid(f"The job cannot run: {sentence}.")
        job_id = self._ids.new(JOB)
        task_ids = [self._ids.new(TASK) for _ in message.steps]
        now = self._now()

        def unit(connection: Connection) -> Job:
            row = store.find(connection, key=message.key)
            if row is None:
                store.prune(connection, message.capacity_group, now.calendar)
                store.add(connection, message, job_id, task_ids, now)
                row = store.by_id(connection, job_id)
                self._tell(connection, row, "accepted", now)
            return store.view(connection, [row])[0]

        return await self._change(unit)

    async def lease(self, message: Lease) -> Leased:
        until = self._clock.monotonic() + deadline.patience(message.wait_s, LONGEST_WAIT_S)
        while True:
            rung = self._bell.listen()
            due, now = await self._next_due(message), milliseconds(self._clock.real_now())
            if due is not None and due <= now:
                found = await self._take(message)
                if found.task is not None:
                    return found
            left = until - self._clock.monotonic()
            if left <= 0:
                return Leased(task=None, job=None)
            pause = min(left, _LOOK_AGAIN_S, max(0.0, (due - now) / 1000) if due is not None else _LOOK_AGAIN_S)
            await heard(rung, max(pause, 0.005))

    async def _next_due(self, message: Lease) -> int | None:
        """When there is something to do for the worker; tasks that it is too small for say so."""
        now, limit = self._now(), self._limits.get(message.capacity_group)

        def look(connection: Connection) -> tuple[int | None, bool]:
            due = store.next_due(connection, message, self._grace_until, limit)
            return due, bool(store.too_large(connection, message, now.real))

        def tell(connection: Connection) -> None:
            for task, lack in store.too_large(connection, message, now.real):
                row = store.by_id(connection, task.job_id)
                before = store.course(connection, row)
                self._save(connection, row, before, rules.waits(before, task.step, lack), now)

        due, lacking = await self._database.read(look, fresh=True)
        if lacking:
            await self._change(tell)
        return due

    async def _take(self, message: Lease) -> Leased:
        now, lease = self._now(), self._ids.new(_LEASE)
        limit = self._limits.get(message.capacity_group)

        def unit(connection: Connection) -> Leased:
            self._reap(connection, now)
            if limit is not None and store.running(connection, message.capacity_group) >= limit:
                return Leased(task=None, job=None)
            task = connection.execute(store.ready(message, now.real)).one_or_none()
            if task is None or not self._claim(connection, task, lease, message.worker, now):
                return Leased(task=None, job=None)
            row = store.by_id(connection, task.job_id)
            before = store.course(connection, row)
            self._save(connection, row, before, rules.launched(before, task.step), now)
            taken = store.leased(connection, lease)
            job = store.view(connection, [store.by_id(connection, task.job_id)])[0]
            return Leased(store.task_view(taken) if taken else None, job, lease, self._lease_ms / 1000)

        return await self._change(unit)

    def _claim(self, connection: Connection, task: Row[Any], lease: str, worker: str, now: Moment) -> bool:
        """Only one of those who ask at once gets it."""
        limit_ms = next(
            step["runtime_limit_s"] for step in store.by_id(connection, task.job_id).steps if step["name"] == task.step
        )
        claimed = connection.execute(
            update(tasks)
            .where(tasks.c.id == task.id, tasks.c.state == TaskState.ACCEPTED.value)
            .values(
                lease=lease,
                worker=worker,
                lapses_at=now.real + min(self._lease_ms, rules.FIRST_BEAT_MS),
                limit_at=now.real + min(_FOREVER_MS, int(limit_ms * 1000)),
                started_at=now.calendar,
                launched_at=now.real,
            )
        )
        return claimed.rowcount == 1

    def _reap(self, connection: Connection, now: Moment) -> None:
        """Ends the tasks whose worker fell silent and those that ran too long."""
        for task in connection.execute(store.lapsed(now.real, self._grace_until)).all():
            late = task.limit_at <= now.real
            reason = Reason.RUNTIME_LIMIT if late else Reason.LOST
            message = rules.TOO_LONG if late else rules.STOPPED
            self._end(connection, task, Finish(task.lease, reason, message), now)  # without the time it was silent

    async def heartbeat(self, message: Heartbeat) -> None:
        now = self._now()

        def unit(connection: Connection) -> bool:
            task = self._held(connection, message.lease)
            if task.limit_at <= now.real:
                self._reap(connection, now)
                return False
            if task.state == TaskState.KILL_INITIATED.value:
                return False
            self._hear(connection, task, message, now)
            return True

        if not await self._change(unit):
            raise LeaseLost

    def _hear(self, connection: Connection, task: Row[Any], message: Heartbeat, now: Moment) -> None:
        values = {"lapses_at": now.real + self._lease_ms, "progress": message.progress, "message": message.message}
        worked_ms = _worked(task, now)
        connection.execute(update(tasks).where(tasks.c.id == task.id).values(**values, worked_ms=worked_ms))
        if task.state == TaskState.LAUNCHED.value:
            row = store.by_id(connection, task.job_id)
            before = store.course(connection, row)
            self._save(connection, row, before, rules.started(before, task.step), now)
        elif (task.progress, task.message) != (message.progress, message.message):
            store.advance(connection, task, message.progress)

    async def finish(self, message: Finish) -> None:
        now = self._now()

        def unit(connection: Connection) -> None:
            task = store.leased(connection, message.lease)
            if task is None:
                raise LeaseLost
            if task.state == TaskState.FINISHED.value:
                if task.reason != message.reason.value:
                    raise LeaseLost
                return  # the same call again: its answer was lost
            worked_ms = _worked(task, now)
            connection.execute(update(tasks).where(tasks.c.id == task.id).values(worked_ms=worked_ms))
            self._end(connection, task, message, now)

        await self._change(unit)

    def _end(self, connection: Connection, task: Row[Any], message: Finish, now: Moment) -> None:
        if message.result:
            connection.execute(update(tasks).where(tasks.c.id == task.id).values(result=message.result))
        row = store.by_id(connection, task.job_id)
        before = store.course(connection, row)
        grown = rules.grown(before, message.steps) if message.reason is Reason.NORMAL else before
        after = rules.ended(grown, task.step, message.reason, message.message, now.real, retry=message.retry)
        self._save(connection, row, before, after, now)

    async def job(self, message: ByJob) -> Job:
        def unit(connection: Connection) -> Job:
            return store.view(connection, [_existing(connection, message.job_id)])[0]

        return await self._database.read(unit, fresh=True)

    async def list_jobs(self, message: ListJobs) -> JobPage:
        query = select(jobs).order_by(jobs.c.id.desc()).limit(message.limit)
        if message.name is not None:
            query = query.where(jobs.c.name == message.name)
        if message.subject is not None:
            query = query.where(jobs.c.subject == message.subject)
        if message.unfinished:
            query = query.where(jobs.c.state != JobState.FINISHED.value)
        if message.before is not None:
            query = query.where(jobs.c.id < message.before)
        return JobPage(await self._database.read(lambda c: store.view(c, c.execute(query).all()), fresh=True))

    async def observe(self, message: Observe) -> Observed:
        until = self._clock.monotonic() + deadline.patience(message.wait_s, LONGEST_WAIT_S)
        while True:
            rung = self._bell.listen()
            found = await self._database.read(lambda c: _changed(c, message), fresh=True)
            left = until - self._clock.monotonic()
            if found.jobs or message.after <= 0 or left <= 0:
                return found
            await heard(rung, min(left, _LOOK_AGAIN_S))

    async def cancel(self, message: ByJob) -> Job:
        return await self._altered(message.job_id, lambda course, _: rules.canceled(course))

    async def retry(self, message: Retry) -> Job:
        def rule(course: Course, now: int) -> Course:
            return rules.retried(course, now) if message.step is None else rules.hurried(course, message.step, now)

        return await self._altered(message.job_id, rule)

    async def pause(self, message: ByJob) -> Job:
        return await self._altered(message.job_id, lambda course, _: rules.held(course, paused=True))

    async def resume(self, message: ByJob) -> Job:
        return await self._altered(message.job_id, lambda course, _: rules.held(course, paused=False))

    async def _altered(self, job_id: str, rule: Callable[[Course, int], Course]) -> Job:
        now = self._now()

        def unit(connection: Connection) -> Job:
            row = _existing(connection, job_id)
            before = store.course(connection, row)
            after = rule(before, now.real)
            if after != before:
                self._save(connection, row, before, after, now)
            return store.view(connection, [store.by_id(connection, job_id)])[0]

        return await self._change(unit)

    def _held(self, connection: Connection, lease: str) -> Row[Any]:
        task = store.leased(connection, lease)
        if task is None or task.state == TaskState.FINISHED.value:
            raise LeaseLost
        return task

    def _save(self, connection: Connection, row: Row[Any], before: Course, after: Course, now: Moment) -> None:
        added = len(after.attempts) - len(before.attempts)
        store.save(connection, row, before, after, now, [self._ids.new(TASK) for _ in range(added)])
        state = rules.state(after)
        if state is not rules.state(before):
            self._tell(connection, store.by_id(connection, row.id), state.value[0].lower() + state.value[1:], now)

    def _tell(self, connection: Connection, row: Row[Any], what: str, now: Moment) -> None:
        if row.capacity_group == rules.TIMERS:
            return  # that a minute has passed is no news
        data = {"name": row.name, "about": row.subject, "group": row.capacity_group, "reason": row.reason}
        event = Event(
            id=self._ids.new(EVENT),
            source="matinee/jobs",
            type=f"matinee.job.{what}",
            time=moment(now.calendar),
            subject=row.id,
            data={**data, "message": row.message},
        )
        publish(connection, outbox, _TOPIC, row.id, event)

    async def _change(self, unit: Callable[[Connection], T]) -> T:
        try:
            return await self._database.transact(unit)
        finally:
            self._bell.ring()

    def _now(self) -> Moment:
        return Moment(milliseconds(self._clock.now()), milliseconds(self._clock.real_now()))


def _worked(task: Row[Any], now: Moment) -> int:
    return 0 if task.launched_at is None else max(0, now.real - task.launched_at)


def _existing(connection: Connection, job_id: str) -> Row[Any]:
    row = store.find(connection, id=job_id)
    if row is None:
        raise NoSuchJob
    return row


def _changed(connection: Connection, message: Observe) -> Observed:
    query = select(jobs).order_by(jobs.c.version).limit(_PAGE)
    if message.name is not None:
        query = query.where(jobs.c.name == message.name)
    if message.after <= 0:
        query = query.where(jobs.c.state != JobState.FINISHED.value)
    else:
        query = query.where(jobs.c.version > message.after)
    rows: Sequence[Row[Any]] = connection.execute(query).all()
    more = len(rows) == _PAGE
    cursor = rows[-1].version if more else store.cursor(connection)
    return Observed(cursor, store.view(connection, rows), more)
