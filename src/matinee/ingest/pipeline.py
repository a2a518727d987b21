"""The order of a preparation, which only this module knows, and what a job says of it.

inspect ──> encode ──┬──> poster ─────────────┐
   └───> subtitles ──┴──> package ────────────┴──> publish
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from matinee.ingest.contract import Phase, Preparation, Sidecar
from matinee.services.jobs.contract import Job, JobState, Reason, Step, Submit, Task, TaskState

NAME = "ingest"
GROUP = "ingest"

INSPECT, SUBTITLES, ENCODE, POSTER, PACKAGE, PUBLISH = "inspect", "subtitles", "encode", "poster", "package", "publish"

STEPS = [
    Step(INSPECT, "ingest.inspect", runtime_limit_s=6 * 3600, weight=2),
    Step(SUBTITLES, "ingest.subtitles", after=[INSPECT], runtime_limit_s=3600, weight=1),
    Step(ENCODE, "ingest.encode", after=[INSPECT, SUBTITLES], runtime_limit_s=7 * 86400, weight=80),
    Step(POSTER, "ingest.poster", after=[ENCODE], runtime_limit_s=3600, weight=3),
    Step(PACKAGE, "ingest.package", after=[ENCODE, SUBTITLES], runtime_limit_s=86400, weight=6),
    Step(PUBLISH, "ingest.publish", after=[PACKAGE, POSTER], runtime_limit_s=86400, weight=8),
]
"""Subtitles stand before the long encode: who sent a bad file hears of it at once."""


_FINAL = {Reason.NORMAL, Reason.KILLED, Reason.INVALID}


class Order(Struct, frozen=True):
    """What a preparation's steps work on: the job's data. `source` is the film's object, or with a slash at its end the
    folder of its pieces; so are the sidecars' sources. The ids are those that the results will have."""

    intake_id: str
    title_id: str
    encode_id: str
    image_id: str
    title: str
    filename: str
    source: str
    size: int
    sidecars: list[Sidecar]
    publish: bool
    language: str


def submission(order: Order) -> Submit:
    """The job of a preparation; repeats are the same job."""
    return Submit(
        key=order.intake_id,
        name=NAME,
        subject=order.title_id,
        capacity_group=GROUP,
        steps=STEPS,
        data=msgspec.to_builtins(order),
    )


def order(data: dict[str, Any]) -> Order:
    """The order that a job's data holds."""
    return msgspec.convert(data, Order)


def preparing(job: Job) -> Preparation:
    """A film that has a job, in whatever state."""
    about = order(job.data)
    phase = _phase(job)
    now = _present(job)
    return Preparation(
        id=about.intake_id,
        title_id=about.title_id,
        title=about.title,
        filename=about.filename,
        phase=phase,
        step=now.step if now and phase is Phase.PREPARING else "",
        progress=job.progress,
        message=job.message if phase is not Phase.PREPARING else (now.message if now else ""),
        created_at=job.created_at,
        version=0,
    )


def is_final(job: Job) -> bool:
    """Whether nobody can go on with this job: it ended well, by a person's will, or for what the film is."""
    return job.state is JobState.FINISHED and job.reason in _FINAL


def _phase(job: Job) -> Phase:
    match job.reason:
        case None:
            return Phase.PREPARING
        case Reason.NORMAL:
            return Phase.PLAYABLE
        case Reason.KILLED:
            return Phase.CANCELED
        case _:
            return Phase.FAILED if job.state is JobState.FINISHED else Phase.PREPARING


def _present(job: Job) -> Task | None:
    """The task that runs, or will run next."""
    latest = {task.step: task for task in job.tasks}.values()
    live = [task for task in latest if task.state not in {TaskState.ACCEPTED, TaskState.FINISHED}]
    waiting = [task for task in latest if task.state is TaskState.ACCEPTED]
    return next(iter([*live, *waiting]), None)
