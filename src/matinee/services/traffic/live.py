"""All gateways in one picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from matinee.services.traffic import rules
from matinee.services.traffic.contract import (
    FilterFigures,
    Flow,
    GatewayNow,
    InstanceFigures,
    InstanceNow,
    Live,
    OriginFigures,
    OriginNow,
    RouteNow,
    Standing,
)
from matinee.services.traffic.history import SLOTS, WHOLE, History, Key

OLD_S = 5.0
"""A gateway that was not heard of for so long has perhaps gone: its figures are its last."""

_BAD = [
    Standing.UP,
    Standing.NEW,
    Standing.DRAINING,
    Standing.FAILING,
    Standing.EJECTED,
    Standing.UNREACHABLE,
]


def picture(histories: Sequence[History], now: float, at: datetime) -> Live:
    """Of the gateways that are fresh; where none is, of all as they were."""
    fresh = [each for each in histories if now - each.heard < OLD_S]
    shown = Shown(fresh or histories, stopped=not fresh)
    minute = rules.together(each.minute(WHOLE, shown.when(each, now)) for each in shown.histories)
    return Live(
        at=at,
        old=not fresh,
        whole=shown.flow(WHOLE, now),
        categories=minute.ended,
        gateways=[_gateway(each, now) for each in sorted(histories, key=lambda each: each.report.gateway)],
        routes=_routes(shown, now),
        origins=_origins(shown, now),
        filters=_filters(shown.histories),
    )


class Shown:
    """The gateways whose figures are added up. Of those that are gone the time stands still at their last word."""

    def __init__(self, histories: Sequence[History], *, stopped: bool) -> None:
        self.histories = histories
        self._stopped = stopped

    def when(self, history: History, now: float) -> float:
        return history.heard if self._stopped else now

    def flow(self, key: Key, now: float) -> Flow:
        known = [each for each in self.histories if key in each]
        rates = [each.rates(key, self.when(each, now)) for each in known]
        slots = [each.recent(key, self.when(each, now)) for each in known]
        recent = [
            (sum(each[place][0] for each in slots), sum(each[place][1] for each in slots)) for place in range(SLOTS)
        ]
        minute = rules.together(each.minute(key, self.when(each, now)) for each in known)
        return rules.flow(minute, sum(all_ for all_, _ in rates), sum(again for _, again in rates), recent)


def _routes(shown: Shown, now: float) -> list[RouteNow]:
    origins = {route.name: route.origin for each in shown.histories for route in each.report.routes}
    return [RouteNow(name, origin, shown.flow(("route", name), now)) for name, origin in sorted(origins.items())]


def _origins(shown: Shown, now: float) -> list[OriginNow]:
    told: dict[str, list[OriginFigures]] = {}
    for history in shown.histories:
        for origin in history.report.origins:
            told.setdefault(origin.name, []).append(origin)
    return [
        OriginNow(
            name=name,
            in_flight=sum(each.in_flight for each in figures),
            limit=sum(each.limit for each in figures),
            shed_per_s=sum(each.shed_per_s(name, shown.when(each, now)) for each in shown.histories),
            flow=shown.flow(("origin", name), now),
            instances=_instances(shown, name, figures, now),
        )
        for name, figures in sorted(told.items())
    ]


def _instances(shown: Shown, origin: str, figures: Iterable[OriginFigures], now: float) -> list[InstanceNow]:
    told: dict[str, list[InstanceFigures]] = {}
    for each in figures:
        for instance in each.instances:
            told.setdefault(instance.name, []).append(instance)
    return [
        InstanceNow(
            name=name,
            zone=seen[0].zone,
            state=max((each.state for each in seen), key=_BAD.index),
            seen_by=len(seen),
            ejected_by=sum(each.state is Standing.EJECTED for each in seen),
            in_flight=sum(each.in_flight for each in seen),
            ejections=sum(each.ejections for each in seen),
            utilization=max((each.utilization for each in seen if each.utilization is not None), default=None),
            flow=shown.flow(("instance", origin, name), now),
        )
        for name, seen in sorted(told.items())
    ]


def _gateway(history: History, now: float) -> GatewayNow:
    report, old = history.report, now - history.heard >= OLD_S
    return GatewayNow(
        name=report.gateway,
        zone=report.zone,
        old=old,
        heard_s=now - history.heard,
        up_s=report.up_s,
        draining=report.draining,
        connections=report.connections,
        in_flight=report.in_flight,
        limit=report.limit,
        lag_s=report.lag_s,
        per_s=history.rates(WHOLE, history.heard if old else now)[0],
    )


def _filters(histories: Iterable[History]) -> list[FilterFigures]:
    """In the order in which they run. One that is on in any gateway is on."""
    told: dict[str, dict[str, list[FilterFigures]]] = {}
    for history in histories:
        for each in history.report.filters:
            told.setdefault(each.kind, {}).setdefault(each.name, []).append(each)
    return [_filter(figures) for named in told.values() for figures in named.values()]


def _filter(figures: Sequence[FilterFigures]) -> FilterFigures:
    first, runs = figures[0], sum(each.runs for each in figures)
    seconds = sum(each.runs * each.mean_s for each in figures if each.mean_s is not None)
    return FilterFigures(
        first.kind,
        first.name,
        any(each.on for each in figures),
        max(each.percent for each in figures),
        runs,
        sum(each.failures for each in figures),
        seconds / runs if runs else None,
        first.source,
    )
