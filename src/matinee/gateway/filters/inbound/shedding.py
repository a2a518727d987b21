from __future__ import annotations

from collections.abc import Sequence

from matinee.gateway.answer import Answer, problem
from matinee.gateway.errors import OriginBusy, Overloaded
from matinee.gateway.overload.guard import Guard, Place
from matinee.gateway.overload.shedding import CLASSES, Class
from matinee.gateway.request import Request
from matinee.gateway.routing.routes import Route

VARIANTS = 8
"""Of an answer, with times to wait up to twice as long: so those refused together do not come back together."""

MOST_ROUTES = 4096


class Shedding:
    """Refuses what there is no room for, the least important first: before its body is read and before anyone is asked who
    sends it. Those let in hold a place until their answer begins (`filters.outbound.relief`), but for those whose time is not
    the servers': whose bodies come slowly, and who wait by their own wish."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._places: dict[Route, Place | None] = {}
        self._by_gateway = [_answers(kind, Overloaded) for kind in CLASSES]
        self._by_origin = [_answers(kind, OriginBusy) for kind in CLASSES]
        self._turn = 0

    def __call__(self, request: Request) -> Answer | None:
        route = request.route
        if route is None:
            return None
        try:
            place = self._places[route]
        except KeyError:
            place = self._new(route)
        if place is None:
            return None
        tight = self._guard.lets_in(place)
        if tight is None:
            if request.arrived and not request.polls:
                request.place = place
            else:
                self._guard.leave(place)
            return None
        self._turn = (self._turn + 1) % VARIANTS
        answers = self._by_gateway if tight is self._guard.gateway else self._by_origin
        return answers[place.kind.rank][self._turn]

    def _new(self, route: Route) -> Place | None:
        if len(self._places) >= MOST_ROUTES:  # a table that is changed often leaves its old rows here
            self._places.clear()
        place = self._guard.place(route.rank, route.cluster.name) if route.cluster is not None else None
        self._places[route] = place
        return place


def _answers(kind: Class, refusal: type[Overloaded | OriginBusy]) -> Sequence[Answer]:
    times = (kind.retry_after_s + kind.retry_after_s * turn // VARIANTS for turn in range(VARIANTS))
    return [
        problem(refusal(retry_after_s=seconds, max_retries=kind.most_retries, priority=kind.name.value))
        for seconds in times
    ]
