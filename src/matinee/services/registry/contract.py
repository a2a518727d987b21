"""The registry: which instances of what run where, and the properties that may change while they run.

Watching is `observe`: whoever follows keeps what it was told last, so that a registry that is away changes nothing for
who runs.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, NotFound
from matinee.runtime.rpc.operation import operation

Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}\Z")]
Dotted = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]*(\.[A-Za-z0-9_-]+)*\Z", max_length=200)]


class NoSuchInstance(NotFound):
    type, title = "no-such-instance", "There is no such instance, or its lease has run out"


class NoSuchProperty(NotFound):
    type, title = "no-such-property", "No property of that name was ever set"


class PropertyChanged(Conflict):
    type, title = "property-changed", "Somebody else has changed this meanwhile"


class InstanceState(StrEnum):
    """Only who is up is given work; who drains ends what it has."""

    STARTING = "starting"
    UP = "up"
    DRAINING = "draining"
    DOWN = "down"


class Instance(Struct, frozen=True):
    """One process's offer of one service. `service` is the cluster's name ("api", "gateway"), `url` where others reach it
    (`http://host:port`, `unix:/path`), `zone` where it stands, `version` the code that it runs, `since` when it was started.
    The registry says in `state` what counts, and in `marked` what an operator said; who registers says its own state."""

    id: Annotated[str, Meta(min_length=1, max_length=100)]
    service: Word
    url: Annotated[str, Meta(max_length=500)]
    zone: Word = "home"
    version: Annotated[str, Meta(max_length=100)] = ""
    state: InstanceState = InstanceState.UP
    since: datetime | None = None
    marked: InstanceState | None = None


class Lease(Struct, frozen=True):
    """Renew it every `every_s`; after `expires_s` without, the instance is down. `state` is what the instance should hold itself
    for: an operator may have told it to drain."""

    every_s: float
    expires_s: float
    state: InstanceState


class Beat(Struct, frozen=True):
    """`state` None leaves it as it is."""

    instance_id: str
    state: InstanceState | None = None


class ByInstance(Struct, frozen=True):
    instance_id: str


class Mark(Struct, frozen=True):
    """An operator's word on an instance: `draining` or `down`. It stands beside the instance's own state, and what asks for less
    work counts; None takes it back. It outlives the registry, and the instance, which has the same id when it comes again."""

    instance_id: str
    state: InstanceState | None


class Observe(Struct, frozen=True):
    """Waits at most `wait_s` for something newer than the cursor `after` (-1: tell me now)."""

    after: int = -1
    wait_s: Annotated[float, Meta(ge=0, le=60)] = 0.0


class Instances(Struct, frozen=True):
    """All that is known now. Until it is `whole`, shortly after the registry's start, those who run have not all been heard of:
    whoever follows adds what is new and takes nothing away."""

    cursor: int
    instances: list[Instance]
    whole: bool = True


class Registry(Protocol):
    @operation(idempotent=True)
    async def register(self, message: Instance) -> Lease:
        """Known until its lease runs out. The same id again is the same instance, renewed."""
        ...

    @operation(idempotent=True)
    async def beat(self, message: Beat) -> Lease:
        """Renews a lease. Raises NoSuchInstance: then register anew."""
        ...

    @operation(idempotent=True)
    async def leave(self, message: ByInstance) -> None:
        """Gone at once; one that is unknown is gone already."""
        ...

    @operation(idempotent=True)
    async def mark(self, message: Mark) -> Instance:
        """Sets or takes back an operator's word. Raises NoSuchInstance, Invalid where the word is neither."""
        ...

    @operation(idempotent=True, timeout_s=65)
    async def observe(self, message: Observe) -> Instances: ...


class Property(Struct, frozen=True):
    """A value that may change while processes run. `version` counts its changes; a `value` of None is no value: the default."""

    name: Dotted
    value: Any
    version: int
    by: str
    at: datetime
    comment: str = ""


class SetProperty(Struct, frozen=True):
    """`if_version` is the version that the writer saw (0: there was none); None overwrites whatever is there."""

    name: Dotted
    value: Any
    by: str
    comment: Annotated[str, Meta(max_length=500)] = ""
    if_version: int | None = None


class ByProperty(Struct, frozen=True):
    name: Dotted


class PropertyList(Struct, frozen=True):
    """The newest of each name, by name; or, of one name, its versions, the newest first."""

    cursor: int
    properties: list[Property]


class Properties(Protocol):
    @operation(idempotent=True)
    async def set(self, message: SetProperty) -> Property:
        """A new version, unless the value is the one that stands. Raises PropertyChanged where `if_version` is not the newest,
        Invalid where the value is nothing that JSON can say, or more than a MiB."""
        ...

    @operation(idempotent=True)
    async def versions(self, message: ByProperty) -> PropertyList:
        """The last hundred versions of one property. Raises NoSuchProperty."""
        ...

    @operation(idempotent=True, timeout_s=65)
    async def observe(self, message: Observe) -> PropertyList: ...
