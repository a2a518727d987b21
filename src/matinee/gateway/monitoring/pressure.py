from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from matinee.gateway.overload.shedding import CLASSES
from matinee.gateway.traffic import Traffic


def pressure(traffic: Traffic) -> Iterator[Metric]:
    """What the limits of overload are now, and what they have refused. `at` is a cluster, or the gateway itself."""
    limit = GaugeMetricFamily("matinee_gateway_limit", "Requests that may be under way now", labels=["at"])
    busy = GaugeMetricFamily("matinee_gateway_limited_in_flight", "Those that are, until answered", labels=["at"])
    known = GaugeMetricFamily(
        "matinee_gateway_unqueued_seconds", "What a request takes without a queue", labels=["at", "priority"]
    )
    shed = CounterMetricFamily("matinee_gateway_shed", "Requests refused for overload", labels=["at", "priority"])
    for load in (traffic.guard.gateway, *traffic.guard.origins.values()):
        limit.add_metric([load.name], load.limit)
        busy.add_metric([load.name], load.in_flight)
        for kind in CLASSES:
            known.add_metric([load.name, kind.name.value], load.expected(kind.rank))
            shed.add_metric([load.name, kind.name.value], load.shed[kind.rank])
    yield from (limit, busy, known, shed)
    yield GaugeMetricFamily(
        "matinee_gateway_lag_seconds", "How late the event loop is", value=traffic.guard.lag.seconds
    )
    yield CounterMetricFamily(
        "matinee_gateway_connections_refused", "Too many connections", value=traffic.connections.refused
    )
