"""Push: messages to a member's devices, through whichever gateway holds their connections.

Gateways tell which accounts' connections they hold and wait for the messages of these, so that no gateway needs an address. All
of it is in memory: a message is for who is there, or comes back shortly. What must not be missed stands elsewhere, and a
message says only that it is worth a look.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

from matinee.runtime.rpc.operation import operation

Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=100)]

MOST_BYTES = 4096
"""Of a message's data, as JSON."""

MOST_RETURNING = 100
"""Devices asked for at once."""


class Audience(StrEnum):
    """Who of an account's (or of all) devices a message is for: those of a profile that may change the household, or of an account
    with that role whose profile, where one is chosen, has no age limit."""

    GUARDIAN = "guardian"
    EDITOR = "editor"
    OPERATOR = "operator"
    SUPPORT = "support"


class Message(Struct, frozen=True):
    """`account_id` None: all who are connected; `profile_id` None: any profile of it; `audience` None: whoever these are. A message
    for all is read by all of its audience. `id` is the sender's, and a repeat of it is the same message."""

    id: Name
    kind: Word
    expires_at: datetime
    data: dict[str, Any] = {}
    account_id: Name | None = None
    profile_id: Name | None = None
    audience: Audience | None = None


class Sent(Struct, frozen=True):
    """`devices`: how many connections it is on its way to; 0 for one that has expired."""

    devices: int


class Holding(Struct, frozen=True):
    """A gateway holds so many `connections` of who they are; 0: none any more."""

    account_id: Name
    profile_id: Name | None
    audiences: frozenset[Audience]
    connections: Annotated[int, Meta(ge=0)]


class Renew(Struct, frozen=True):
    """What a gateway holds, each for `ttl_s` from now. `whole`: this is all."""

    gateway: Name
    holdings: list[Holding]
    whole: bool = False


class Renewed(Struct, frozen=True):
    ttl_s: float


class ObserveMessages(Struct, frozen=True):
    """Waits at most `wait_s` for messages after the cursor `after`, and says that those up to it have come (-1: none has)."""

    gateway: Name
    after: int = -1
    wait_s: Annotated[float, Meta(ge=0, le=60)] = 0.0


class Numbered(Struct, frozen=True):
    """A message with its place in the order of all: what came later has a greater number, after a restart too."""

    number: int
    message: Message


class Observed(Struct, frozen=True):
    """`dropped` counts what this gateway was too slow for. Not `known`: this service holds nothing of it, so it tells all."""

    cursor: int
    messages: list[Numbered]
    dropped: int = 0
    known: bool = True


class Returning(Struct, frozen=True):
    """A device that has come (back), by who is at it; the last message it has is the number `after`."""

    account_id: Name
    profile_id: Name | None
    audiences: frozenset[Audience]
    after: Annotated[int, Meta(ge=0)]


class Resume(Struct, frozen=True):
    """What have these devices missed of the last two minutes?"""

    devices: Annotated[list[Returning], Meta(max_length=MOST_RETURNING)]


class Missed(Struct, frozen=True):
    """Of each device, in the order in which they were named."""

    messages: list[list[Numbered]]


class Push(Protocol):
    @operation(idempotent=True)
    async def send(self, message: Message) -> Sent:
        """On its way when it returns; nobody is waited for. Raises Invalid where `profile_id` has no account, TooLarge where `data`
        is over 4 kB."""
        ...

    @operation(idempotent=True)
    async def renew(self, message: Renew) -> Renewed: ...

    @operation(idempotent=True, timeout_s=65)
    async def observe(self, message: ObserveMessages) -> Observed: ...

    @operation(idempotent=True)
    async def resume(self, message: Resume) -> Missed: ...
