"""A deleted profile's history goes with it: topic `accounts`."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.runtime.events import Event
from matinee.services.history.contract import ByProfile, History


class Profiles:
    """Has history forget the profiles that were deleted."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def apply(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.type == "matinee.account.profile_deleted":
                await self._history.forget_profile(ByProfile(event.data["profile_id"]))
