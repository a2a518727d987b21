"""The worker: takes one task after another, runs its code, keeps its lease, and says how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from matinee.runtime.errors import Invalid, MatineeError
from matinee.services.jobs import rules
from matinee.services.jobs.contract import Finish, Heartbeat, Job, Jobs, Lease, Leased, LeaseLost, Reason, Step, Task
from matinee.services.jobs.room import Room

T = TypeVar("T")

_log = logging.getLogger(__name__)
_MOST_BEAT_S = 1.0
_BEATS_A_LEASE = 5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 2.0
_LAST_WORD_S = 2.0


class Context:
    """What a step's code is given: its job, its task, what the steps before it left, and where to say how far it is."""

    def __init__(self, job: Job, task: Task) -> None:
        self.job = job
        self.task = task
        self.results = {done.step: done.result for done in job.tasks if done.reason is Reason.NORMAL}
        self.fraction = task.progress
        self.message = ""
        self.further: list[Step] = []

    def progress(self, fraction: float, message: str = "") -> None:
        """`fraction` is 0 to 1 of this step. It travels with the next heartbeat."""
        self.fraction = min(1.0, max(0.0, fraction))
        self.message = message

    def add(self, *steps: Step) -> None:
        """Further steps, which join the job when this one ends normally. A try that runs again adds its own anew."""
        self.further.extend(steps)


Handler = Callable[[Context], Awaitable[dict[str, Any] | None]]
"""The code of one kind of step: idempotent, since it may run again. Answers the step's result. Invalid ends the job, any
other error is tried again within the step's retries; both show their sentence."""


class Outcome(Struct, frozen=True):
    reason: Reason
    message: str = ""
    result: dict[str, Any] = {}
    steps: list[Step] = []


class Worker:
    """`handlers` by kind of step. `run` works on one task at a time; run it as often as there should be tasks at once. With a
    `room` it asks only for what fits there; else for any."""

    def __init__(
        self,
        jobs: Jobs,
        group: str,
        handlers: Mapping[str, Handler],
        worker_id: str,
        wait_s: float = 20.0,
        room: Room | None = None,
    ) -> None:
        self._jobs = jobs
        self._group = group
        self._handlers = handlers
        self._id = worker_id
        self._wait_s = wait_s
        self._room = room

    async def run(self) -> None:
        """Until cancelled; a task at hand is given back then."""
        while True:
            leased = await self._asked()
            if leased.task is None or leased.job is None:
                continue
            try:
                await self._work(leased, Context(leased.job, leased.task))
            finally:
                if self._room is not None:
                    self._room.give_back(leased.task)

    async def _asked(self) -> Leased:
        ask = Lease(self._id, self._group, list(self._handlers), self._wait_s)
        if self._room is None:
            return await _until_answered(lambda: self._jobs.lease(ask))
        async with self._room.asking() as free:
            wait_s = self._room.patience_s(self._wait_s)
            ask = replace(ask, wait_s=wait_s, memory_mb=free.memory_mb, disk_mb=free.disk_mb)
            leased = await _until_answered(lambda: self._jobs.lease(ask))
            if leased.task is not None:
                self._room.take(leased.task)
            return leased

    async def _work(self, leased: Leased, context: Context) -> None:
        work = asyncio.create_task(self._outcome(context))
        beats = asyncio.create_task(self._beat(leased, context))
        try:
            await asyncio.wait({work, beats}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await _stopped(work, beats)
            await self._give_back(leased)
            raise
        finished = work.done()
        await _stopped(work, beats)
        outcome = work.result() if finished else Outcome(Reason.KILLED)
        ending = Finish(leased.lease, outcome.reason, outcome.message, outcome.result, steps=outcome.steps)
        with contextlib.suppress(LeaseLost):
            try:
                await _until_answered(lambda: self._jobs.finish(ending), LeaseLost, Invalid)
            except Invalid as error:
                _log.error("%s of %s: %s", context.task.kind, context.job.id, error.detail)
                refused = Finish(leased.lease, Reason.INVALID, error.detail)
                await _until_answered(lambda: self._jobs.finish(refused), LeaseLost)

    async def _outcome(self, context: Context) -> Outcome:
        kind = context.task.kind
        try:
            result = await self._handlers[kind](context)
            return Outcome(Reason.NORMAL, "", result or {}, context.further)
        except Invalid as error:
            return Outcome(Reason.INVALID, error.detail)
        except MatineeError as error:
            _log.warning("%s of %s failed: %s", kind, context.job.id, error.detail)
            return Outcome(Reason.FAILED, error.detail)
        except Exception as error:  # noqa: BLE001 - whatever a step does, its task ends
            _log.exception("%s of %s failed: %s", kind, context.job.id, type(error).__name__)
            return Outcome(Reason.FAILED, f"{MatineeError.title}; the log says what.")

    async def _beat(self, leased: Leased, context: Context) -> None:
        """Returns when the lease is lost. A service that does not answer may be back before that."""
        pause = min(_MOST_BEAT_S, leased.lease_s / _BEATS_A_LEASE)
        while True:
            try:
                await self._jobs.heartbeat(Heartbeat(leased.lease, context.fraction, context.message))
            except LeaseLost:
                return
            except MatineeError as error:
                _log.debug("no heartbeat: %s", error.detail)
            await asyncio.sleep(pause)

    async def _give_back(self, leased: Leased) -> None:
        with contextlib.suppress(MatineeError, TimeoutError):
            async with asyncio.timeout(_LAST_WORD_S):
                await self._jobs.finish(Finish(leased.lease, Reason.LOST, rules.STOPPED))


async def _stopped(*running: asyncio.Task[Any]) -> None:
    for task in running:
        task.cancel()
    await asyncio.wait(running)


async def _until_answered(ask: Callable[[], Awaitable[T]], *answers: type[MatineeError]) -> T:
    """The answer, however long the service is away. Raises those errors that are answers too."""
    pause = _FIRST_PAUSE_S
    while True:
        try:
            return await ask()
        except answers:
            raise
        except MatineeError as error:
            _log.debug("the jobs service: %s", error.detail)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE_S, pause * 2)
