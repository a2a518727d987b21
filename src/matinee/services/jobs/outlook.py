"""How far a job is, how long it will still take, and what it waits for: read from its course, with no guess."""

from __future__ import annotations

from collections import defaultdict

from matinee.services.jobs import rules
from matinee.services.jobs.contract import Lease, TaskState
from matinee.services.jobs.rules import Course

_LEAST_WORK_MS = 1_000
_LEAST_SHARE = 0.01
"""Less than that says nothing of what is to come."""


def progress(course: Course) -> float:
    """0 to 1: each step counts by its weight. Weights that add up to less than 1 leave the rest to steps to come."""
    latest = course.latest()
    if rules.is_over(course) and course.ending is None:
        return 1.0
    done = sum(step.weight * latest[step.name].progress for step in course.steps)
    return min(1.0, done / weight(course))


def weight(course: Course) -> float:
    """What all steps weigh together."""
    return max(1.0, sum(step.weight for step in course.steps))


def eta_s(course: Course) -> float | None:
    """Seconds until the job is done: what is left of each step by what the steps of its kind took so far a weight (of all
    kinds, where none of its kind has begun), over as many at once as run now. None: nothing runs, or too little has."""
    latest = course.latest()
    running = sum(attempt.state in rules.LIVE for attempt in latest.values())
    if course.ending is not None or not running or progress(course) < _LEAST_SHARE:
        return None
    worked: dict[str | None, float] = defaultdict(float)
    done: dict[str | None, float] = defaultdict(float)
    for step in course.steps:
        attempt = latest[step.name]
        for kind in (step.kind, None):
            worked[kind] += attempt.worked_ms
            done[kind] += step.weight * attempt.progress
    if worked[None] < _LEAST_WORK_MS or not done[None]:
        return None
    left = 0.0
    for step in course.steps:
        kind = step.kind if done[step.kind] else None
        left += step.weight * (1 - latest[step.name].progress) * worked[kind] / done[kind]
    return left / running / 1000


def waits_for(course: Course) -> str:
    """Why nothing of the job runs, in one sentence; empty where something does, or where it is only not its turn."""
    latest = course.latest().values()
    if course.paused or any(attempt.state in rules.LIVE for attempt in latest):
        return ""
    waiting = (each for each in latest if each.state is TaskState.ACCEPTED and each.ready_at is not None)
    return next((each.message for each in waiting if each.message), "")


def lack(memory_mb: int, disk_mb: int, ask: Lease) -> str:
    """What a worker lacks for a step with these needs; empty where it lacks nothing."""
    lacking: list[str] = []
    if ask.memory_mb is not None and memory_mb > ask.memory_mb:
        lacking.append(f"{memory_mb / 1000:.1f} GB of free memory")
    if ask.disk_mb is not None and disk_mb > ask.disk_mb:
        lacking.append(f"{disk_mb / 1000:.1f} GB of free disk")
    return f"Waits for {' and '.join(lacking)} on a worker." if lacking else ""
