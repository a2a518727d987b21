"""What was counted, as Prometheus families. Label sets are bounded: so many routes, instances and filters are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from matinee.gateway.monitoring.counts import Counts
from matinee.gateway.monitoring.journeys import Journeys
from matinee.gateway.monitoring.standing import standing
from matinee.gateway.monitoring.tries import TryCounts
from matinee.gateway.stage import Stage
from matinee.gateway.traffic import Traffic
from matinee.services.traffic.contract import Standing
from matinee.terms.latency import BOUNDS_S

if TYPE_CHECKING:
    from matinee.gateway.balancing.cluster import Cluster

_EDGES = (*(str(bound) for bound in BOUNDS_S), "+Inf")


def requests(routes: Mapping[str, Counts]) -> Iterator[Metric]:
    """By route."""
    ended = CounterMetricFamily(
        "matinee_gateway_requests", "Requests by how they ended", labels=["route", "category", "status"]
    )
    seconds = HistogramMetricFamily(
        "matinee_gateway_request_seconds", "From when a request was here whole until its answer began", labels=["route"]
    )
    retries = CounterMetricFamily("matinee_gateway_retries", "Tries after the first", labels=["route"])
    for name, counts in routes.items():
        _add(ended, seconds, [name], counts)
        retries.add_metric([name], counts.retries)
    yield from (ended, seconds, retries)


def tries(counted: TryCounts) -> Iterator[Metric]:
    """By instance, and by origin, those at instances that are gone among them."""
    labels = ["origin", "instance"]
    ended = CounterMetricFamily(
        "matinee_gateway_tries", "Tries at servers by how they ended", labels=[*labels, "category", "status"]
    )
    seconds = HistogramMetricFamily("matinee_gateway_try_seconds", "Until an answer began", labels=labels)
    for instance in counted.by_name.values():
        _add(ended, seconds, [instance.origin, instance.name], instance)
    whole = CounterMetricFamily(
        "matinee_gateway_origin_tries", "Tries by origin", labels=["origin", "category", "status"]
    )
    times = HistogramMetricFamily("matinee_gateway_origin_seconds", "Until an answer began", labels=["origin"])
    for name, counts in counted.origins().items():
        _add(whole, times, [name], counts)
    yield from (ended, seconds, whole, times)


def servers(clusters: Iterable[Cluster], now: float) -> Iterator[Metric]:
    """How the gateway stands to each server."""
    labels = ["origin", "instance"]
    busy = GaugeMetricFamily("matinee_gateway_instance_in_flight", "Requests at a server", labels=labels)
    ejections = CounterMetricFamily("matinee_gateway_ejections", "Times a server was ejected", labels=labels)
    states = GaugeMetricFamily(
        "matinee_gateway_instance_state", "1 for the state that a server is in", labels=[*labels, "state"]
    )
    for cluster in clusters:
        for server in cluster.servers:
            place = [cluster.name, server.name]
            busy.add_metric(place, server.in_flight)
            ejections.add_metric(place, server.standing.ejected_times)
            found = standing(server, now)
            for each in Standing:
                states.add_metric([*place, each.value], float(each is found))
    yield from (busy, ejections, states)


def filters(stages: Mapping[str, Sequence[Stage[Any]]]) -> Iterator[Metric]:
    """By filter."""
    samples = CounterMetricFamily("matinee_gateway_filter_samples", "Runs of a filter timed", labels=["filter"])
    seconds = CounterMetricFamily("matinee_gateway_filter_seconds", "Time in the runs timed", labels=["filter"])
    failures = CounterMetricFamily("matinee_gateway_filter_failures", "Filters that raised", labels=["filter"])
    for kind, listed in stages.items():
        for stage in listed:
            name = [f"{kind}.{stage.name}"]
            samples.add_metric(name, stage.samples)
            seconds.add_metric(name, stage.seconds)
            failures.add_metric(name, stage.failures)
    yield from (samples, seconds, failures)


def journeys(kept: Journeys) -> Iterator[Metric]:
    """Of journeys only what was left out: the rest can be looked at."""
    yield CounterMetricFamily(
        "matinee_gateway_journeys_left_out", "Slow or failed requests without room", value=kept.left_out
    )


def under_way(traffic: Traffic | None) -> Iterator[Metric]:
    """What is open and under way now."""
    in_flight = traffic.in_flight if traffic else 0
    clients = len(traffic.clients) if traffic else 0
    yield GaugeMetricFamily("matinee_gateway_in_flight", "Requests under way", value=in_flight)
    yield GaugeMetricFamily("matinee_gateway_connections", "Open client connections", value=clients)


def _add(ended: CounterMetricFamily, seconds: HistogramMetricFamily, labels: Sequence[str], counts: Counts) -> None:
    for (category, status), count in counts.endings.items():
        ended.add_metric([*labels, category.value, str(status)], count)
    buckets = list(zip(_EDGES, map(float, accumulate(counts.buckets)), strict=True))
    seconds.add_metric(labels, buckets, counts.seconds)
