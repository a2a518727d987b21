"""What this process's gateway tells the house of itself."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from matinee.app.following import following
from matinee.app.process import Process
from matinee.app.registration import name_of
from matinee.runtime.errors import MatineeError
from matinee.terms.gateway_properties import REQUESTS

if TYPE_CHECKING:
    from matinee.gateway.monitoring.metrics import Metrics
    from matinee.gateway.server import Gateway


def metrics(process: Process) -> Metrics:
    """What the gateway counts by; which requests' journeys it keeps, operators may change while it runs."""
    from matinee.gateway.monitoring.journeys import Journeys
    from matinee.gateway.monitoring.metrics import Metrics
    from matinee.terms.journey_keeping import Keeping

    journeys = Journeys(name_of(process, "gateway"), process.zone)
    following(process).subscribe(REQUESTS, Keeping, journeys.adopt)
    return Metrics(process.registry, journeys)


def report(process: Process, gateway: Gateway, counted: Metrics) -> None:
    """Tells the traffic service, from the start on and once more at the end."""
    from matinee.gateway.monitoring.reporting import Reporting
    from matinee.services.traffic.contract import Traffic

    name, boot = name_of(process, "gateway"), process.ids.new("boot")
    reporting = Reporting(name, process.zone, boot, counted, gateway.traffic, process.client(Traffic))
    process.run("traffic reports", reporting.run)

    async def last() -> None:
        with contextlib.suppress(MatineeError):
            await reporting.tell()

    process.on_stop("traffic reports", last)
