"""Where the edge APIs answer: at a socket of their process, and at a port where the settings name one."""

from __future__ import annotations

from typing import Any

from matinee.app.fleet import API
from matinee.app.listener import Listener, listen
from matinee.app.ports import bound_near, from_here
from matinee.app.process import Process
from matinee.app.registration import registration
from matinee.app.reporting import Reporting
from matinee.app.tracing import Traced
from matinee.runtime.utilization import Utilization

QUIET_S = 3.5
"""Longer than gateways keep a connection on which nothing goes (`terms/gateway_limits.py`)."""


async def offer_api(process: Process, app: Any) -> None:
    """Serves the app and tells the registry of it; when the process stops, gateways know before it takes nothing more."""
    utilization = Utilization()
    process.run("utilization", utilization.measure)
    app = Traced(Reporting(app, utilization, lambda: process.ready))
    path = process.home.socket(f"{API}-{process.name}")
    listeners = [await listen(process, "api", app, path)]
    url = f"unix:{path}"
    asked = process.options.get("listen") or process.settings.api.listen
    if asked:
        bound = bound_near(asked, "[api] listen")  # who asks the APIs carries passports: not over a network
        host, port = bound.getsockname()[:2]
        listeners.append(await listen(process, "api port", app, bound))
        url = from_here(host, port)
    process.home.lead(API, path)  # gateways that have not been told of any API look here: the one started last answers
    process.on_drain("api", lambda: _drain(process, listeners))

    async def offer() -> None:
        registration(process).offer("api", url)

    process.at_last(offer)


async def _drain(process: Process, listeners: list[Listener]) -> None:
    await registration(process).drain()
    for listener in listeners:
        await listener.drain(QUIET_S)
