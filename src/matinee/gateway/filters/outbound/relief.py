from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.overload.guard import Guard
from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic


class Relief:
    """An answer begins: the request's place is free again, and how long it took is measured. A try that has had no answer in
    its time counts with that time; one whose body had not come whole says nothing of its server."""

    def __init__(self, guard: Guard, traffic: Traffic) -> None:
        self._guard = guard
        self._tick = traffic.tick

    def __call__(self, request: Request, _: Response) -> None:
        place = request.place
        if place is None:
            return
        request.place = None
        guard = self._guard
        guard.leave(place)
        attempts = request.attempts
        if not attempts:
            return
        last = attempts[-1]
        sent, whole = last.sent, request.arrived
        if sent == 0.0 or whole == 0.0:
            return
        begun = last.answered or self._tick()
        guard.answered(place, begun - max(sent, whole), attempts[0].began - request.started)
