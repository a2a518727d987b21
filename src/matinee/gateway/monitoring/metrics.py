from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from matinee.gateway.category import Category
from matinee.gateway.request import Request
from matinee.gateway.stage import Stage
from matinee.gateway.traffic import Traffic

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class _Route:
    __slots__ = ("buckets", "categories", "seconds")

    def __init__(self) -> None:
        self.categories: dict[tuple[Category, int], int] = {}
        self.buckets = [0] * (len(BOUNDS_S) + 1)
        self.seconds = 0.0


class Metrics(Collector):
    """Counts in plain numbers while requests pass; makes Prometheus families of them when it is asked."""

    def __init__(self, registry: CollectorRegistry, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._routes: dict[str, _Route] = {}
        self._stages: Mapping[str, Sequence[Stage[Any]]] = {}
        self._traffic: Traffic | None = None
        registry.register(self)

    def watch(self, stages: Mapping[str, Sequence[Stage[Any]]], traffic: Traffic) -> None:
        """Tells of these filters, by the kind of their list, and of what is under way."""
        self._stages, self._traffic = stages, traffic

    def count(self, request: Request) -> None:
        """A request is over (`filters.filter.Finished`)."""
        name = request.route.name if request.route is not None else "static"
        route = self._routes.get(name)
        if route is None:
            route = self._routes[name] = _Route()
        took = self._tick() - request.started
        route.seconds += took
        route.buckets[bisect_left(BOUNDS_S, took)] += 1
        key = (request.category, request.status)
        route.categories[key] = route.categories.get(key, 0) + 1

    def collect(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "matinee_gateway_requests", "Requests by how they ended", labels=["route", "category", "status"]
        )
        seconds = HistogramMetricFamily("matinee_gateway_request_seconds", "From head to last byte", labels=["route"])
        for name, route in self._routes.items():
            for (category, status), count in route.categories.items():
                requests.add_metric([name, category.value, str(status)], count)
            edges = [*(str(bound) for bound in BOUNDS_S), "+Inf"]
            buckets = list(zip(edges, map(float, accumulate(route.buckets)), strict=True))
            seconds.add_metric([name], buckets, route.seconds)
        yield requests
        yield seconds
        yield from self._under_way()
        yield from self._filters()

    def _under_way(self) -> Iterator[Metric]:
        in_flight = self._traffic.in_flight if self._traffic else 0
        clients = len(self._traffic.clients) if self._traffic else 0
        yield GaugeMetricFamily("matinee_gateway_in_flight", "Requests under way", value=in_flight)
        yield GaugeMetricFamily("matinee_gateway_connections", "Open client connections", value=clients)

    def _filters(self) -> Iterator[Metric]:
        samples = CounterMetricFamily("matinee_gateway_filter_samples", "Runs of a filter timed", labels=["filter"])
        seconds = CounterMetricFamily("matinee_gateway_filter_seconds", "Time in the runs timed", labels=["filter"])
        failures = CounterMetricFamily("matinee_gateway_filter_failures", "Filters that raised", labels=["filter"])
        for kind, stages in self._stages.items():
            for stage in stages:
                name = [f"{kind}.{stage.name}"]
                samples.add_metric(name, stage.samples)
                seconds.add_metric(name, stage.seconds)
                failures.add_metric(name, stage.failures)
        yield from (samples, seconds, failures)
