"""The order of a preparation, which only this module knows, and what a job says of it.

splice ─> inspect ─┬─> sound ───────────────────────┐
                   ├─> subtitles ───────────────────┤
                   ├─> first.N ──> draft ─┬─> pictures ──> playable ─┐
                   │                      └─> review                 │
                   └─> rungs.N ──────────────────────────────────────┴─> complete

`splice` makes one film of a film in several files; of others it is missing. `first` is the lowest rung and `rungs` all others,
each in as many chunks as the film has; a film plays as soon as its lowest rung does. How many chunks there are, `inspect` finds
out: it adds the others.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest.contract import Phase, Preparation, Protection, Sidecar
from matinee.ingest.encoding.chunks import Chunk, chunks
from matinee.ingest.encoding.encode import channels, kbps
from matinee.ingest.encoding.ladder import Rung, in_av1, ladder
from matinee.ingest.encoding.settings import Encoding
from matinee.ingest.source import Source
from matinee.services.jobs.contract import Job, JobState, Reason, Step, Submit, Task, TaskState
from matinee.services.jobs.stages import stages
from matinee.terms.finding import Finding

NAME = "ingest"
GROUP = "ingest"

SPLICE, INSPECT, SOUND, SUBTITLES, FIRST, DRAFT = "splice", "inspect", "sound", "subtitles", "first", "draft"
PICTURES, REVIEW, PLAYABLE, RUNGS, COMPLETE = "pictures", "review", "playable", "rungs", "complete"

WORDS = {
    SPLICE: "joining the film's parts",
    INSPECT: "looking into the file",
    SUBTITLES: "reading subtitles",
    SOUND: "encoding sound",
    FIRST: "making small pictures",
    DRAFT: "joining small pictures",
    PICTURES: "choosing artwork",
    REVIEW: "looking for faults",
    PLAYABLE: "making it play",
    RUNGS: "making better pictures",
    COMPLETE: "adding better pictures",
}
"""What is done, as people read it everywhere; as wide as a column of a terminal."""

_HOUR_S = 3600
_SOON, _FIRST = 2, 1
"""What makes a film play goes before what makes any film better."""

_FINAL = {Reason.NORMAL, Reason.KILLED, Reason.INVALID}


class Order(Struct, frozen=True):
    """What a preparation's steps work on: the job's data. `source` is the film's object, or with a slash at its end the
    folder of its pieces; so are the sidecars' sources. A film in several goes on in the objects `further`; `size` is that of
    all together. The ids are those that the results will have."""

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
    poster: str | None = None
    protection: Protection = Protection.SIGNED
    encoding: Encoding = Encoding()
    further: list[str] = []

    @property
    def sources(self) -> list[str]:
        """Every object of the film, in order."""
        return [self.source, *self.further]


def submission(order: Order) -> Submit:
    """The job of a preparation; repeats are the same job."""
    return Submit(
        key=order.intake_id,
        name=NAME,
        subject=order.title_id,
        capacity_group=GROUP,
        steps=_first_steps(order),
        data=msgspec.to_builtins(order),
    )


def _first_steps(order: Order) -> list[Step]:
    inspect = _step(INSPECT, runtime_limit_s=6 * _HOUR_S, weight=0.02, priority=_SOON)
    if not order.further:
        return [inspect]
    room_mb = 2 * order.size // 1_000_000 + 1  # for the parts, where they must be fetched, and for the whole
    splice = _step(SPLICE, runtime_limit_s=48 * _HOUR_S, weight=0.05, priority=_SOON, disk_mb=room_mb)
    return [splice, replace(inspect, after=[SPLICE])]


def after_inspection(source: Source, encoding: Encoding) -> list[Step]:
    """The steps of a film that holds this. Subtitles stand early: who sent a bad file hears of it at once."""
    first, rest = rungs(source, encoding)
    parts = chunks(source, encoding.chunk_s)
    share = 0.83 / _pixels([first, *rest]) / sum(part.count for part in parts)
    made_first = [_encoding(FIRST, part, [first], source, share, _FIRST) for part in parts]
    steps = [
        _step(SUBTITLES, INSPECT, runtime_limit_s=_HOUR_S, weight=0.01, priority=_SOON),
        _step(SOUND, INSPECT, runtime_limit_s=24 * _HOUR_S, weight=0.03, priority=_SOON),
        *made_first,
        _step(DRAFT, *(step.name for step in made_first), runtime_limit_s=_HOUR_S, weight=0.01, priority=_SOON),
        _step(PICTURES, DRAFT, runtime_limit_s=_HOUR_S, weight=0.02, priority=_SOON),
        _step(REVIEW, DRAFT, runtime_limit_s=6 * _HOUR_S, weight=0.02),
        _step(PLAYABLE, SOUND, SUBTITLES, PICTURES, runtime_limit_s=24 * _HOUR_S, weight=0.02, priority=_SOON),
    ]
    if not rest:
        return steps
    made = [_encoding(RUNGS, part, rest, source, share, 0) for part in parts]
    done = _step(COMPLETE, PLAYABLE, *(step.name for step in made), runtime_limit_s=24 * _HOUR_S, weight=0.04)
    return [*steps, *made, done]


def rungs(source: Source, encoding: Encoding) -> tuple[Rung, list[Rung]]:
    """What is encoded first, and what after it."""
    *better, lowest = ladder(source.video.width, source.video.height)
    av1 = [in_av1(rung) for rung in (*better, lowest)] if encoding.av1 else []
    return lowest, [*better, *av1]


def part_of(task: Task) -> int:
    """The number of the chunk that a task encodes."""
    return int(task.step.rpartition(".")[2])


def parts_of(name: str, count: int) -> list[str]:
    """The steps that encode all chunks."""
    return [f"{name}.{number}" for number in range(count)]


def expected_bytes(source: Source, encoding: Encoding) -> int:
    """What all renditions of the film take at most."""
    first, rest = rungs(source, encoding)
    sound = sum(kbps(count) for audio in source.audio for count in channels(audio))
    return (sum(rung.kbps for rung in (first, *rest)) + sound) * source.duration_ms // 8


def _step(name: str, *after: str, **more: Any) -> Step:
    return Step(name, f"ingest.{name.partition('.')[0]}", list(after), **more)


def _encoding(name: str, part: Chunk, made: list[Rung], source: Source, share: float, priority: int) -> Step:
    """The weights of all encodes are what the other steps leave, by the pixels that each writes: `share` is one pixel's."""
    rate = sum(rung.kbps for rung in made)
    return _step(
        f"{name}.{part.number}",
        INSPECT,
        runtime_limit_s=7 * 24 * _HOUR_S,
        weight=share * _pixels(made) * part.count,
        priority=priority,
        memory_mb=_memory_mb(source, made),
        disk_mb=int(part.lasts_s(source.video.rate) * rate / 8000) + 1,
    )


def _memory_mb(source: Source, made: list[Rung]) -> int:
    """What one encoder was measured to hold at most: frames of every size, waiting to be compared."""
    return 120 + (source.video.width * source.video.height + _pixels(made)) * 130 // 1_000_000


def _pixels(made: list[Rung]) -> int:
    """Of one frame in each of these sizes."""
    return sum(rung.width * rung.height for rung in made)


def order(data: dict[str, Any]) -> Order:
    """The order that a job's data holds."""
    return msgspec.convert(data, Order)


def preparing(job: Job) -> Preparation:
    """A film that has a job, in whatever state."""
    about = order(job.data)
    phase = _phase(job)
    now = _present(job)
    busy = phase in {Phase.PREPARING, Phase.IMPROVING}
    step = now.step.partition(".")[0] if now and busy else ""
    return Preparation(
        id=about.intake_id,
        title_id=about.title_id,
        title=about.title,
        filename=about.filename,
        phase=phase,
        step=step,
        progress=job.progress,
        message=job.message or (now.message if now and busy else ""),
        created_at=job.created_at,
        version=0,
        eta_s=job.eta_s if busy else None,
        doing=WORDS.get(step, step),
        paused=job.paused,
        retryable=phase is Phase.FAILED and not is_final(job),
        findings=findings(job),
        stages=stages(job, WORDS),
    )


def findings(job: Job) -> list[Finding]:
    """What the steps of the job found in its film."""
    found = [found for task in job.tasks for found in task.result.get("findings", [])]
    return msgspec.convert(found, list[Finding])


def is_final(job: Job) -> bool:
    """Whether nobody can go on with this job: it ended well, by a person's will, or for what the film is."""
    return job.state is JobState.FINISHED and job.reason in _FINAL


def _phase(job: Job) -> Phase:
    match job.reason:
        case None:
            plays = any(task.step == PLAYABLE and task.reason is Reason.NORMAL for task in job.tasks)
            return Phase.IMPROVING if plays else Phase.PREPARING
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
