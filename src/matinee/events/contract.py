"""Events: what players and pages say goes into the log, and counters come out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from matinee.runtime.rpc.operation import operation
from matinee.terms.viewer import Viewer


class BeaconKind(StrEnum):
    """What a client may report."""

    IMPRESSION = "impression"
    UI = "ui"
    PLAYBACK = "playback"
    ERROR = "error"


class Beacon(Struct, frozen=True):
    """One event of a client. `id` is the client's own, unique to it: a repeat counts once. `name` as "play", "stall", "click"."""

    id: Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
    kind: BeaconKind
    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9_.-]+\Z")]
    at: Annotated[datetime, Meta(tz=True)]
    title_id: Annotated[str, Meta(max_length=64)] | None = None
    session_id: Annotated[str, Meta(max_length=64)] | None = None
    data: dict[str, Any] = {}


class Collect(Struct, frozen=True):
    viewer: Viewer
    events: Annotated[list[Beacon], Meta(max_length=200)]


class Retire(Struct, frozen=True):
    """Drops what is older than so many days from the topics whose counters are long made."""

    keep_days: Annotated[int, Meta(ge=1)] = 30


class Events(Protocol):
    @operation(idempotent=True)
    async def collect(self, message: Collect) -> None:
        """In the log when it returns, topic `beacons`, key the account. Raises Unavailable when the log takes no more."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def retire(self, message: Retire) -> None:
        """Retention of the log, in whole segments; what a store is rebuilt from stays (topic `titles`)."""
        ...
