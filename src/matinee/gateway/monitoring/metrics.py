from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prometheus_client.core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from matinee.gateway.category import SUCCESS
from matinee.gateway.monitoring import exposition
from matinee.gateway.monitoring.counts import Counts, RouteCounts
from matinee.gateway.monitoring.journeys import Journeys
from matinee.gateway.monitoring.pressure import pressure
from matinee.gateway.monitoring.tries import TryCounts
from matinee.gateway.request import Request
from matinee.gateway.stage import Stage
from matinee.gateway.traffic import Traffic
from matinee.terms.latency import BOUNDS_S

if TYPE_CHECKING:
    from matinee.gateway.balancing.cluster import Cluster
    from matinee.gateway.balancing.server import Server
    from matinee.gateway.routing.routes import Route

STATIC = "static"
"""What stands for the client's pages, which have no route."""

MOST_ROUTES = 299
OTHERS = "others"
"""What stands for routes beyond these: names come and go while the gateway runs."""

POLLED_S = 0.25
"""What takes longer may be a long poll, whose time tells nothing."""


class Row(Counts):
    """Requests of one route that one server answered at the first try, since they were last looked at. `good` are the usual ones:
    200, as it should be."""

    __slots__ = ("good", "route", "server")

    def __init__(self, route: Route | None, server: Server | None) -> None:
        super().__init__()
        self.good = 0
        self.route = route
        self.server = server


class Metrics(Collector):
    """Counts requests by route and tries by instance, in plain numbers while they pass; adds them up and makes Prometheus families
    of them when it is asked. `journeys` keeps those worth a closer look."""

    def __init__(self, registry: CollectorRegistry, journeys: Journeys | None = None) -> None:
        self.journeys = journeys or Journeys()
        self.routes: dict[str, RouteCounts] = {}
        self.tries = TryCounts()
        self.stages: Mapping[str, Sequence[Stage[Any]]] = {}
        self.clusters: Iterable[Cluster] = ()
        self.more: list[Callable[[], Iterator[Metric]]] = []
        self._rows: dict[tuple[Route | None, Server | None], Row] = {}
        self._traffic: Traffic | None = None
        registry.register(self)

    def watch(
        self, stages: Mapping[str, Sequence[Stage[Any]]], traffic: Traffic, clusters: Iterable[Cluster] = ()
    ) -> None:
        """Tells of these filters, by the kind of their list, of what is under way, and of the servers."""
        self.stages, self._traffic, self.clusters = stages, traffic, clusters

    # ---- for each request

    def count(self, request: Request) -> None:
        """A request is over (`filters.filter.Finished`). Its time is from when it was here whole until its answer began: what slow
        clients and long streams take beside is not the house's."""
        attempts, category = request.attempts, request.category
        server, began = None, request.ended
        if attempts:
            attempt = attempts[0]
            if len(attempts) > 1 or attempt.category is not category:
                self._count_each(request)
                return
            server, began = attempt.server, attempt.answered or began
        row = self._rows.get((request.route, server))
        if row is None:
            row = self._rows[request.route, server] = Row(request.route, server)
        if request.status == 200 and category is SUCCESS:
            row.good += 1
        else:
            row.endings[category, request.status] += 1
        took = began - (request.arrived or request.started)
        if took < POLLED_S or b"wait_s=" not in request.asked:
            row.seconds += took
            row.buckets[bisect_left(BOUNDS_S, took)] += 1

    def _count_each(self, request: Request) -> None:
        """Where several servers were tried, or a try and its request ended differently."""
        route, timed = request.route, b"wait_s=" not in request.asked
        counts = self._route(route)
        counts.retries += len(request.attempts) - 1
        counts.endings[request.category, request.status] += 1
        if timed:
            began = request.attempts[-1].answered or request.ended
            counts.took(began - (request.arrived or request.started))
        for number, attempt in enumerate(request.attempts):
            tried = self._instance(route, attempt.server)
            tried.retries += number > 0
            tried.endings[attempt.category, attempt.status] += 1
            if timed:
                tried.took((attempt.answered or attempt.ended) - attempt.began)

    # ---- when somebody looks

    def settle(self) -> None:
        """Adds up what came, and lets go of the instances that are gone."""
        rows, self._rows = self._rows, {}
        for row in rows.values():
            if row.good:
                row.endings[SUCCESS, 200] += row.good
            self._route(row.route).add(row)
            if row.server is not None:
                self._instance(row.route, row.server).add(row)
        self.tries.settle({server.name for cluster in self.clusters for server in cluster.servers})

    def collect(self) -> Iterator[Metric]:
        self.settle()
        yield from exposition.requests(self.routes)
        yield from exposition.tries(self.tries)
        yield from exposition.filters(self.stages)
        yield from exposition.journeys(self.journeys)
        yield from exposition.under_way(self._traffic)
        for more in self.more:
            yield from more()
        if self._traffic is not None:
            yield from exposition.servers(self.clusters, self._traffic.tick())
            yield from pressure(self._traffic)

    def _route(self, route: Route | None) -> Counts:
        name = STATIC if route is None else route.name
        if name not in self.routes and len(self.routes) >= MOST_ROUTES:
            name = OTHERS
        if name not in self.routes:
            self.routes[name] = RouteCounts(_origin(route) if name != OTHERS else "")
        return self.routes[name]

    def _instance(self, route: Route | None, server: Server) -> Counts:
        return self.tries.of(_origin(route), server.name)


def _origin(route: Route | None) -> str:
    return route.cluster.name if route is not None and route.cluster is not None else ""
