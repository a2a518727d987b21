"""What a gateway tells of itself each second."""

from __future__ import annotations

import asyncio
import contextlib

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.monitoring.counts import Counts
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.monitoring.standing import standing
from matinee.gateway.traffic import Traffic
from matinee.runtime.errors import MatineeError
from matinee.services.traffic.contract import (
    MOST_NAMES,
    InstanceFigures,
    OriginFigures,
    Report,
    RouteFigures,
)
from matinee.services.traffic.contract import Traffic as Desk

EVERY_S = 1.0
MOST_JOURNEYS = 100

_NOTHING = Counts()


class Reporting:
    """Tells the traffic service. While nobody hears, journeys wait, as many as there is room for; figures only grow, so that the
    next report says all. `boot` tells this start from others."""

    def __init__(self, gateway: str, zone: str, boot: str, metrics: Metrics, traffic: Traffic, desk: Desk) -> None:
        self._gateway = gateway
        self._zone = zone
        self._boot = boot
        self._metrics = metrics
        self._traffic = traffic
        self._desk = desk
        self._began = traffic.tick()

    async def run(self) -> None:
        """Reports until it is cancelled."""
        while True:
            with contextlib.suppress(MatineeError):
                await self.tell()
            await asyncio.sleep(EVERY_S)

    async def tell(self) -> None:
        """One report. Raises what the service or the way to it raises."""
        journeys = self._metrics.journeys
        report = self.report()
        await self._desk.report(report)
        journeys.told(len(report.journeys))

    def report(self) -> Report:
        """As it is now."""
        metrics, traffic = self._metrics, self._traffic
        metrics.settle()
        stages = [stage.figures(kind) for kind, listed in metrics.stages.items() for stage in listed]
        return Report(
            gateway=self._gateway,
            zone=self._zone,
            boot=self._boot,
            up_s=traffic.tick() - self._began,
            draining=traffic.draining,
            connections=len(traffic.clients),
            in_flight=traffic.in_flight,
            limit=traffic.guard.gateway.limit,
            lag_s=traffic.guard.lag.seconds,
            routes=[RouteFigures(name, counts.origin, counts.told()) for name, counts in metrics.routes.items()],
            origins=self._origins(),
            filters=stages[:MOST_NAMES],
            journeys=list(metrics.journeys.take(MOST_JOURNEYS)),
            left_out=metrics.journeys.left_out,
        )

    def _origins(self) -> list[OriginFigures]:
        sums, now = self._metrics.tries.origins(), self._traffic.tick()
        return [
            self._origin(cluster, sums.get(cluster.name, _NOTHING), now)
            for cluster in list(self._metrics.clusters)[:MOST_NAMES]
        ]

    def _origin(self, cluster: Cluster, counts: Counts, now: float) -> OriginFigures:
        load = self._traffic.guard.origins.get(cluster.name)
        return OriginFigures(
            name=cluster.name,
            counted=counts.told(),
            in_flight=sum(server.in_flight for server in cluster.servers),
            limit=load.limit if load is not None else 0.0,
            shed=sum(load.shed) if load is not None else 0,
            instances=[self._instance(server, now) for server in cluster.servers[:MOST_NAMES]],
        )

    def _instance(self, server: Server, now: float) -> InstanceFigures:
        counts = self._metrics.tries.by_name.get(server.name, _NOTHING)
        return InstanceFigures(
            name=server.name,
            zone=server.zone,
            state=standing(server, now),
            counted=counts.told(),
            in_flight=server.in_flight,
            ejections=server.standing.ejected_times,
            utilization=server.record.utilization if server.record.reported is not None else None,
        )
