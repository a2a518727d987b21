"""How a job runs, as pure rules: which steps may start, what follows an end, when all is over. How far it is stands in
outlook.py.

A job is seen as its steps and the attempts at them. Every rule takes that and answers it anew; times are integer
milliseconds.

    Accepted ──lease──> Launched ──first heartbeat──> Started ──> Finished(normal | failed | lost | …)
        │                   └──────────┬─────────────────┘
        └──cancel──> Finished(killed)  └──cancel──> KillInitiated ──> Finished(killed)

An attempt that failed is followed by another while its step has retries left. One whose worker was lost says nothing of
the step, and costs none of them: it is followed by another, unless so many were lost in a row that the step itself may be
what stops its workers. An attempt without a follower decides the job's end: attempts that wait are killed at once, those
that run are asked to stop.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from matinee.runtime.errors import Conflict, Invalid
from matinee.services.jobs.contract import Backoff, JobState, Reason, Step, TaskState

LEASE_MS, FIRST_BEAT_MS = 10_000, 4_000
"""A worker speaks as soon as it has its task. One that was killed while it asked for a task gets it and never will: others
need not wait a whole lease for that."""

LIVE = frozenset({TaskState.LAUNCHED, TaskState.STARTED, TaskState.KILL_INITIATED})
STOPPED = "The worker that did this step stopped."
MOST_LOST = 10
DEADLY = f"{MOST_LOST} workers in a row stopped while they did this step, so it may be what stops them."
TOO_LONG = "It took too long and was stopped."
ANEW = "It was begun anew."
KEPT_MS, TIMERS_KEPT_MS, TIMERS = 30 * 86_400_000, 3_600_000, "timers"


class Attempt(Struct, frozen=True):
    """One try of a step. `tries` counts those that no one had to ask for, this one with them and lost ones left out; `losses`
    are those lost in a row before it. `ready_at` None: it waits for other steps; `worked_ms` is how long it has run."""

    step: str
    number: int
    tries: int = 1
    losses: int = 0
    state: TaskState = TaskState.ACCEPTED
    reason: Reason | None = None
    ready_at: int | None = None
    progress: float = 0.0
    message: str = ""
    worked_ms: int = 0

    @property
    def normal(self) -> bool:
        return self.reason is Reason.NORMAL


class Ending(Struct, frozen=True):
    """Why a job ends before its steps are done."""

    reason: Reason
    message: str


class Course(Struct, frozen=True):
    """A job as the rules see it: `attempts` in the order in which they were made."""

    steps: tuple[Step, ...]
    attempts: tuple[Attempt, ...]
    ending: Ending | None = None
    paused: bool = False

    def latest(self) -> dict[str, Attempt]:
        return {attempt.step: attempt for attempt in self.attempts}

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


def begin(steps: Iterable[Step], now: int) -> Course:
    """A new job: every step has a first attempt, and those that wait for none may start."""
    steps = tuple(steps)
    return _released(Course(steps, tuple(Attempt(step.name, 1) for step in steps)), now)


def wrong(steps: Iterable[Step]) -> str | None:
    """One sentence on steps that can never all run; None when they can."""
    before: set[str] = set()
    for step in steps:
        if step.name in before:
            return f"two steps are called {step.name}"
        if unknown := set(step.after) - before:
            return f"the step {step.name} comes after {', '.join(sorted(unknown))}, which must stand before it"
        before.add(step.name)
    return None if before else "a job has at least one step"


def launched(course: Course, step: str) -> Course:
    """A worker has taken the step's attempt."""
    return _changed(course, replace(course.latest()[step], state=TaskState.LAUNCHED, message=""))


def started(course: Course, step: str) -> Course:
    """The worker has begun."""
    return _changed(course, replace(course.latest()[step], state=TaskState.STARTED))


def waits(course: Course, step: str, message: str) -> Course:
    """The step's attempt waits for what `message` says."""
    return _changed(course, replace(course.latest()[step], message=message))


def ended(course: Course, step: str, reason: Reason, message: str, now: int, *, retry: bool = True) -> Course:
    """The step's running attempt has ended. What was asked to stop ends killed, unless it was done before it heard."""
    attempt = course.latest()[step]
    if attempt.state is TaskState.KILL_INITIATED and reason is not Reason.NORMAL:
        reason = Reason.KILLED
    if reason is Reason.LOST and attempt.losses + 1 >= MOST_LOST:
        message = DEADLY
    progress = 1.0 if reason is Reason.NORMAL else attempt.progress
    over = replace(attempt, state=TaskState.FINISHED, reason=reason, message=message, progress=progress)
    course = _changed(course, over)
    if all(attempt.normal for attempt in course.latest().values()):
        return replace(course, ending=None)  # it was done before it heard that it should stop
    if course.ending is not None:
        return course
    if reason is Reason.NORMAL:
        return _released(course, now)
    again = _next_try(course.step(step), attempt, reason, now) if retry else None
    if again is not None:
        return replace(course, attempts=(*course.attempts, again))
    return _ending(course, Ending(reason, message))


def _next_try(plan: Step, over: Attempt, reason: Reason, now: int) -> Attempt | None:
    """The try that follows one which ended so; None: there is none."""
    tries, losses = over.tries, 0
    if reason is Reason.LOST and over.losses + 1 < MOST_LOST:
        losses = over.losses + 1
    elif reason is Reason.FAILED and over.tries <= plan.retries:
        tries += 1
    else:
        return None
    ready_at = now + delay_ms(plan.backoff, tries - 1 + losses)
    return Attempt(over.step, over.number + 1, tries, losses, ready_at=ready_at)


def grown(course: Course, steps: Iterable[Step]) -> Course:
    """The job with further steps after its own; they wait. A job that is ending knows them too, so that a retry runs them.
    Raises Invalid where they can never all run."""
    steps = tuple(steps)
    if sentence := wrong((*course.steps, *steps)):
        raise Invalid(f"The job cannot go on: {sentence}.")
    first = Attempt("", 1, state=TaskState.FINISHED, reason=Reason.KILLED) if course.ending else Attempt("", 1)
    attempts = tuple(replace(first, step=step.name) for step in steps)
    return replace(course, steps=course.steps + steps, attempts=course.attempts + attempts)


def delay_ms(backoff: Backoff, failed: int) -> int:
    """How long the next try waits after this many that failed."""
    steep = backoff.factor ** min(failed - 1, 64)
    return int(1000 * min(backoff.longest_s, backoff.delay_s * steep))


def canceled(course: Course) -> Course:
    """Someone has ended the job, or given up one that failed. One that ended well stays as it is."""
    settled = reason(course) in {Reason.NORMAL, Reason.KILLED}
    return course if settled else _ending(course, Ending(Reason.KILLED, "It was canceled."))


def retried(course: Course, now: int) -> Course:
    """A failed job goes on: the steps that did not end normally are tried anew, with all their retries. Raises Conflict."""
    if not is_over(course) or course.ending is None or course.ending.reason is Reason.KILLED:
        raise Conflict("Only a job that failed can be tried again.")
    latest = course.latest()
    undone = [latest[step.name] for step in course.steps if not latest[step.name].normal]
    again = tuple(Attempt(attempt.step, attempt.number + 1) for attempt in undone)
    return _released(Course(course.steps, course.attempts + again), now)


def hurried(course: Course, step: str, now: int) -> Course:
    """One step of a job that goes on begins now, or anew where it runs. Of a failed job: the job goes on. Raises Conflict."""
    attempt = course.latest().get(step)
    if attempt is None:
        raise Conflict(f"The job has no step {step}.")
    if attempt.normal:
        raise Conflict(f"The step {step} has ended well; it does not run again.")
    if course.ending is not None:
        return retried(course, now)
    if attempt.state is TaskState.ACCEPTED:
        if attempt.ready_at is None:
            raise Conflict(f"The step {step} still waits for others.")
        return _changed(course, replace(attempt, ready_at=min(now, attempt.ready_at)))
    over = replace(attempt, state=TaskState.FINISHED, reason=Reason.KILLED, message=ANEW)
    anew = Attempt(step, attempt.number + 1, ready_at=now)
    course = _changed(course, over)
    return replace(course, attempts=(*course.attempts, anew))


def held(course: Course, *, paused: bool) -> Course:
    """Nothing more of the job begins while it is paused. Raises Conflict."""
    if course.ending is not None or is_over(course):
        raise Conflict("The job is over.")
    return replace(course, paused=paused)


def is_over(course: Course) -> bool:
    """Whether nothing of the job runs or will run."""
    return state(course) is JobState.FINISHED


def state(course: Course) -> JobState:
    """Over when every step ended normally, or when something decided the end and no attempt runs any more."""
    latest = course.latest().values()
    if course.ending is None:
        return JobState.FINISHED if all(attempt.normal for attempt in latest) else JobState.ACCEPTED
    busy = any(attempt.state is not TaskState.FINISHED for attempt in latest)
    return JobState.KILL_INITIATED if busy else JobState.FINISHED


def reason(course: Course) -> Reason | None:
    """Why the job is over or ends; None while it goes on."""
    if course.ending is not None:
        return course.ending.reason
    return Reason.NORMAL if is_over(course) else None


def _ending(course: Course, ending: Ending) -> Course:
    """Ends what waits at once, and asks what runs to stop."""

    def stopped(attempt: Attempt) -> Attempt:
        if attempt.state is TaskState.ACCEPTED:
            return replace(attempt, state=TaskState.FINISHED, reason=Reason.KILLED, ready_at=None)
        if attempt.state in LIVE:
            return replace(attempt, state=TaskState.KILL_INITIATED)
        return attempt

    return replace(course, attempts=tuple(stopped(attempt) for attempt in course.attempts), ending=ending)


def _released(course: Course, now: int) -> Course:
    """Lets the attempts start whose steps have all ended normally that must end before them."""
    latest, steps = course.latest(), {step.name: step for step in course.steps}

    def released(attempt: Attempt) -> Attempt:
        waiting = attempt.state is TaskState.ACCEPTED and attempt.ready_at is None
        free = waiting and all(latest[name].normal for name in steps[attempt.step].after)
        return replace(attempt, ready_at=now) if free else attempt

    return replace(course, attempts=tuple(released(attempt) for attempt in course.attempts))


def _changed(course: Course, new: Attempt) -> Course:
    same = (new.step, new.number)
    return replace(
        course,
        attempts=tuple(new if (old.step, old.number) == same else old for old in course.attempts),
    )
