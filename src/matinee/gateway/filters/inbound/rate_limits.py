"""Two filters: one for what is counted by address or route, before anyone is asked who sends the request; one for what is
counted by member, once that is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from math import ceil

from matinee.gateway.answer import Answer, problem
from matinee.gateway.overload.rates import Meter
from matinee.gateway.request import Request
from matinee.gateway.routing.routes import Route
from matinee.gateway.traffic import Traffic
from matinee.runtime.errors import RateLimited
from matinee.terms.routing import Rate, RateBy

MOST_ROUTES = 4096

_WHO: Mapping[RateBy, Callable[[Request], str]] = {
    RateBy.MEMBER: lambda request: request.account or request.peer.group,
    RateBy.ADDRESS: lambda request: request.peer.group,
    RateBy.ROUTE: lambda _: "",
}

Meters = Sequence[tuple[Meter, Callable[[Request], str]]]


class RateLimits:
    """Refuses who sends more to a route than its rates allow. Meters go on counting where a table is replaced and the rate of
    that route stays as it was."""

    def __init__(self, traffic: Traffic, by: Collection[RateBy]) -> None:
        self._tick = traffic.tick
        self._by = by
        self._meters: dict[tuple[str, int, Rate], Meter] = {}
        self._of_route: dict[Route, Meters] = {}

    def __call__(self, request: Request) -> Answer | None:
        route = request.route
        if route is None:
            return None
        meters = self._of_route.get(route)
        if meters is None:
            meters = self._new(route)
        for meter, who in meters:
            wait_s = meter.take(who(request), self._tick())
            if wait_s:
                return _refusal(meter, wait_s)
        return None

    def _new(self, route: Route) -> Meters:
        if len(self._of_route) >= MOST_ROUTES:  # a table that is changed often leaves its old rows here
            self._of_route.clear()
            self._meters.clear()
        made: list[tuple[Meter, Callable[[Request], str]]] = []
        for place, rate in enumerate(route.rule.rates):
            if rate.by in self._by:
                key = (route.name, place, rate)
                meter = self._meters.get(key) or Meter(rate, route.name)
                self._meters[key] = meter
                made.append((meter, _WHO[rate.by]))
        self._of_route[route] = made
        return made


class AddressRates(RateLimits):
    """What is counted before it is known who asks."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__(traffic, {RateBy.ADDRESS, RateBy.ROUTE})


class MemberRates(RateLimits):
    """What is counted by who asks."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__(traffic, {RateBy.MEMBER})


def _refusal(meter: Meter, wait_s: float) -> Answer:
    """429 with the fields of draft-ietf-httpapi-ratelimit-headers: what is allowed, and when there is some again."""
    seconds = ceil(wait_s)
    answer = problem(RateLimited(f"Too many requests; wait {seconds} s", retry_after_s=seconds))
    policy = b'"%s";q=%d;w=%d' % (meter.name.encode(), meter.burst, meter.window_s)
    left = b'"%s";r=0;t=%d' % (meter.name.encode(), seconds)
    return replace(answer, fields=(*answer.fields, (b"ratelimit-policy", policy), (b"ratelimit", left)))
