"""A job as a person reads it: its steps in a row a stage, since a film has hundreds of chunks that are one thing to do."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from matinee.terms.task import Try


class StageState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Stage(Struct, frozen=True):
    """The steps whose names begin alike (`rungs.0`, `rungs.1`, …), each by its last try; `what` they do, in words. `progress`
    is 0 to 1 of all of them, `message` one sentence where there is something to say. `tasks` are those that a person may want
    to know of: that run, that failed, that wait for more than their turn, or that were tried before."""

    name: str
    what: str
    state: StageState
    steps: int
    done: int
    running: int
    progress: float
    message: str
    tasks: list[Try]
