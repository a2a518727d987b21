from __future__ import annotations

from typing import NamedTuple

from matinee.services.push.contract import Audience


class Reader(NamedTuple):
    """Who is at the other end of a line, by their passport."""

    account_id: str
    profile_id: str | None
    audiences: frozenset[Audience]
