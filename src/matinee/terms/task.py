"""One try of one step of a job, as people see it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class TaskState(StrEnum):
    """Accepted → Launched → Started → (KillInitiated) → Finished."""

    ACCEPTED = "Accepted"
    LAUNCHED = "Launched"
    STARTED = "Started"
    KILL_INITIATED = "KillInitiated"
    FINISHED = "Finished"


class Reason(StrEnum):
    """Why a task finished. `lost`: its worker fell silent, or was stopped."""

    NORMAL = "normal"
    FAILED = "failed"
    KILLED = "killed"
    LOST = "lost"
    RUNTIME_LIMIT = "runtimeLimitExceeded"
    INVALID = "invalidRequest"


class Try(Struct, frozen=True):
    """The `attempt`th try of a step. `progress` is 0 to 1; `message` one sentence: what it does, why it waits or how it ended."""

    step: str
    attempt: int
    state: TaskState
    reason: Reason | None
    progress: float
    message: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def runs(self) -> bool:
        """Whether a worker has it."""
        return self.state not in {TaskState.ACCEPTED, TaskState.FINISHED}

    @property
    def went_wrong(self) -> bool:
        """Whether it ended by itself, and not well."""
        return self.reason not in {None, Reason.NORMAL, Reason.KILLED}
