from __future__ import annotations

from matinee.gateway.overload.guard import Guard
from matinee.gateway.request import Request


class Release:
    """Frees the place of a request that ended without an answer: its client went away."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def __call__(self, request: Request) -> None:
        place = request.place
        if place is not None:
            request.place = None
            self._guard.leave(place)
