from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from matinee.gateway.attempt import Attempt
from matinee.gateway.category import SUCCESS, Category
from matinee.gateway.request import Request
from matinee.gateway.wire.target import patience, without_secrets
from matinee.services.traffic.contract import Journey, TryAt, Wait, Why
from matinee.terms.journey_keeping import Keeping

MOST_WAITING = 500
"""Journeys that wait to be told while nobody hears them."""

_BURST_S = 10.0
_LONGEST_TARGET = 1000
_UNREMARKABLE = frozenset(
    {
        SUCCESS,
        Category.SUCCESS_NOT_FOUND,
        Category.SUCCESS_LOCAL_NOTSET,
        Category.SUCCESS_LOCAL_NO_ROUTE,
        Category.FAILURE_CLIENT_BAD_REQUEST,
        Category.FAILURE_CLIENT_CANCELLED,
    }
)


class Journeys:
    """Keeps what is known of the times of requests that were slow, failed, or are a sample (`filters.filter.Finished`). Nothing is
    made of one that is not kept."""

    def __init__(
        self, gateway: str = "gateway", zone: str = "home", tick: Callable[[], float] = time.monotonic
    ) -> None:
        self.left_out = 0
        self._gateway = gateway
        self._zone = zone
        self._tick = tick
        self._kept: deque[Journey] = deque(maxlen=MOST_WAITING)
        self.adopt(Keeping())

    def adopt(self, keeping: Keeping | None) -> None:
        """From now on so; None: as at first."""
        self._keeping = keeping or Keeping()
        self._until_sample = self._keeping.one_in
        self._quick_s = min(self._keeping.slow_s, *self._keeping.routes.values(), self._keeping.slow_s)
        self._room, self._looked = self._keeping.per_s * _BURST_S, self._tick()

    def __call__(self, request: Request) -> None:
        """A request is over. Called for each: most go by the first line."""
        self._until_sample -= 1
        if self._until_sample and request.ended - request.started < self._quick_s and request.category in _UNREMARKABLE:
            return
        why = self._why(request)
        if why is not None:
            self._keep(request, why)

    def take(self, most: int) -> Sequence[Journey]:
        """The first that are still to be told; `told` says that they were heard."""
        return list(self._kept)[:most]

    def told(self, count: int) -> None:
        """So many of the first were heard."""
        for _ in range(min(count, len(self._kept))):
            self._kept.popleft()

    def _why(self, request: Request) -> Why | None:
        sample = self._until_sample <= 0
        if sample:
            self._until_sample = self._keeping.one_in
        if request.category not in _UNREMARKABLE:
            return Why.FAILED
        if _answering_s(request) - patience(request.asked) >= self._slow_s(request):
            return Why.SLOW
        return Why.SAMPLE if sample else None

    def _slow_s(self, request: Request) -> float:
        name = request.route.name if request.route is not None else ""
        return self._keeping.routes.get(name, self._keeping.slow_s)

    def _keep(self, request: Request, why: Why) -> None:
        now, most = self._tick(), self._keeping.per_s * _BURST_S
        self._room = min(most, self._room + (now - self._looked) * self._keeping.per_s)
        self._looked = now
        if self._room < 1 or len(self._kept) == MOST_WAITING:
            self.left_out += 1
            return
        self._room -= 1
        self._kept.append(journey(request, why, self._gateway, self._zone))


def journey(request: Request, why: Why, gateway: str, zone: str) -> Journey:
    """What is known of a request that is over. Its URL's secrets are cut."""
    route, started = request.route, request.started
    cluster = route.cluster if route is not None else None
    first = request.attempts[0].began if request.attempts else request.ended
    begun = _began(request)
    return Journey(
        id=request.id.decode(),
        trace=request.trace.decode(),
        at=datetime.fromtimestamp(request.at, UTC),
        gateway=gateway,
        zone=zone,
        why=why,
        method=request.method.decode("latin-1")[:40],
        target=without_secrets(request.asked)[:_LONGEST_TARGET],
        route=route.name if route is not None else "",
        origin=cluster.name if cluster is not None else "",
        account=request.account,
        status=request.status,
        category=request.category.value,
        body_ms=_ms(request.arrived, started),
        filters_ms=_ms(first, started) or 0.0,
        first_ms=_ms(begun, started),
        ended_ms=_ms(request.ended, started) or 0.0,
        waits=[
            Wait(wait.filter, _ms(wait.began, started) or 0.0, _ms(wait.ended or request.ended, started) or 0.0)
            for wait in request.waits
        ],
        tries=[_try(attempt, request) for attempt in request.attempts],
    )


def _try(attempt: Attempt, request: Request) -> TryAt:
    started = request.started
    return TryAt(
        instance=attempt.server.name,
        zone=attempt.server.zone,
        reused=attempt.pooled,
        began_ms=_ms(attempt.began, started) or 0.0,
        sent_ms=_ms(attempt.sent, started),
        answered_ms=_ms(attempt.answered, started),
        ended_ms=_ms(attempt.ended or request.ended, started) or 0.0,
        status=attempt.status,
        category=attempt.category.value,
    )


def _began(request: Request) -> float:
    """When the first byte of an answer left for the client; 0 where none did. A server's goes on as it comes; the gateway's own
    is all there is."""
    if not request.status:
        return 0.0
    last = request.attempts[-1] if request.attempts else None
    return last.answered if last is not None and last.answered and last.status == request.status else request.ended


def _answering_s(request: Request) -> float:
    """How long who asks waited: from when all of the request was here until its answer began, or he gave up."""
    since = max(request.arrived, request.started) if request.arrived else request.started
    return (_began(request) or request.ended) - since


def _ms(moment: float, started: float) -> float | None:
    return round((moment - started) * 1000, 3) if moment else None
