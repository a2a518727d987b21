"""Whom a message is for. Pure."""

from __future__ import annotations

from typing import Protocol

from matinee.services.push.contract import Audience, Message

TTL_S = 300.0
"""What a gateway holds counts so long without being told again."""

GRACE_S = 10.0
"""A gateway that asks no more for its messages is gone after so long."""

WINDOW_S = 120.0
"""How long a message is kept for who comes back."""

MOST_KEPT = 50
"""Messages kept for one account."""

MOST_KEPT_IN_ALL = 20_000

MOST_WAITING = 1000
"""Messages that wait for one gateway; then the oldest are dropped."""

MOST_AT_ONCE = 200


class Reader(Protocol):
    """Who is at the other end of a connection."""

    @property
    def account_id(self) -> str: ...

    @property
    def profile_id(self) -> str | None: ...

    @property
    def audiences(self) -> frozenset[Audience]: ...


def meant(message: Message, reader: Reader) -> bool:
    """Whether the message is for this reader."""
    return (
        (message.account_id is None or message.account_id == reader.account_id)
        and (message.profile_id is None or message.profile_id == reader.profile_id)
        and (message.audience is None or message.audience in reader.audiences)
    )
