"""Builds what listens to the outside: the gateway, the edge APIs, appliances, the origin."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from matinee.app import stores
from matinee.app.keys import appliance_verifiers, keyring
from matinee.app.listener import listen
from matinee.app.ports import from_here
from matinee.app.process import Process
from matinee.runtime.clock import SharedClock
from matinee.runtime.errors import MatineeError, Unavailable

if TYPE_CHECKING:
    from matinee.api.clients import Clients

CLIENT = Path(__file__).parents[3] / "web" / "dist"
"""Where the built client lies: beside the source, or packed with the distribution."""

API = "public-api"
"""The socket at which the gateway finds the edge APIs, beside that of the process which runs them."""


async def gateway(process: Process) -> None:
    """Listens last, when the APIs it forwards to are there."""
    from matinee.gateway import server
    from matinee.gateway.balancing.cluster import Cluster
    from matinee.gateway.balancing.server import Server
    from matinee.gateway.chain import Parts
    from matinee.gateway.hosts import Hosts
    from matinee.gateway.monitoring.metrics import Metrics
    from matinee.gateway.origin import Origins
    from matinee.gateway.passport import Passports
    from matinee.gateway.routing.routes import Route, Routes
    from matinee.gateway.security_policy import Policy
    from matinee.gateway.static import Static
    from matinee.services.accounts.contract import Accounts

    settings = process.settings
    api = Server(settings.services.get("api", f"unix:{process.home.socket(API)}"))
    origins = AppliancesSeen(process)
    parts = Parts(
        process.ids,
        Hosts(settings.gateway.names, settings.url),
        Routes([Route("api", "/api", Cluster("api", [api], Random()))]),  # noqa: S311 - balancing, not secrets
        Passports(process.client(Accounts), process.clock),
        Origins(keyring(process, "gateway").sign, lambda _: settings.territory),
        Static.load(CLIENT),
        Policy(origins.origins, https=settings.url.startswith("https:")),
    )
    built = server.gateway(parts, Metrics(process.registry), process.clock, [api])
    process.run("appliances seen", origins.watch)

    async def open_door() -> None:
        try:
            await built.start(settings.gateway.host, settings.gateway.port)
        except OSError as wrong:
            at = f"{settings.gateway.host}:{settings.gateway.port}"
            raise Unavailable(f"the gateway cannot listen on {at}: {os.strerror(wrong.errno or 0)}") from wrong

    process.at_last(open_door)
    process.on_stop("gateway", built.stop)


class AppliancesSeen:
    """The origins that pages may fetch media from: what steering knows of appliances, a second old at most."""

    def __init__(self, process: Process) -> None:
        from matinee.services.steering.contract import Steering

        self._steering = process.client(Steering)
        self._origins: tuple[str, ...] = ()

    def origins(self) -> tuple[str, ...]:
        return self._origins

    async def watch(self) -> None:
        from matinee.services.steering.contract import AppliancesQuery

        while True:
            with contextlib.suppress(MatineeError):
                known = await self._steering.appliances(AppliancesQuery())
                self._origins = tuple(each.report.url for each in known.appliances)
            await asyncio.sleep(1)


async def api(process: Process) -> None:
    """The edge APIs, on a socket of their own that the gateway forwards to."""
    from matinee.api.app import create
    from matinee.api.clients import Settings
    from matinee.api.trust import Trust
    from matinee.api.viewer import Gate
    from matinee.services.accounts.contract import KeysQuery

    clients = _clients(process)

    async def passport_keys() -> str:
        return (await clients.accounts.passport_keys(KeysQuery())).jwks

    async def gateway_keys() -> str:
        return keyring(process, "gateway").jwks()

    gate = Gate(
        passports=Trust(passport_keys, process.clock),
        origins=Trust(gateway_keys, process.clock),
        appliances=appliance_verifiers(process),
        clock=process.clock,
    )
    settings = Settings(studio=process.settings.studio)
    await listen(process, "api", create(clients, gate, settings), process.home.socket(API))


def _clients(process: Process) -> Clients:
    """All that the edge APIs call."""
    from matinee.api.clients import Clients
    from matinee.events.contract import Events
    from matinee.ingest.contract import Ingest
    from matinee.services.accounts.contract import Accounts
    from matinee.services.billing.contract import Billing, Provider
    from matinee.services.catalog.contract import Catalog
    from matinee.services.fill.contract import Fill
    from matinee.services.history.contract import History
    from matinee.services.jobs.contract import Jobs
    from matinee.services.metrics.contract import Metrics
    from matinee.services.playback.contract import Playback
    from matinee.services.search.contract import Search
    from matinee.services.steering.contract import Steering

    return Clients(
        accounts=process.client(Accounts),
        billing=process.client(Billing),
        provider=process.client(Provider),
        catalog=process.client(Catalog),
        search=process.client(Search),
        history=process.client(History),
        metrics=process.client(Metrics),
        playback=process.client(Playback),
        steering=process.client(Steering),
        fill=process.client(Fill),
        jobs=process.client(Jobs),
        ingest=process.client(Ingest),
        events=process.client(Events),
        objects=stores.objects(process),
        cache=stores.cache(process),
        clock=process.clock,
        advance=_advance(process),
    )


def _advance(process: Process) -> Callable[[timedelta], datetime] | None:
    return process.clock.advance if isinstance(process.clock, SharedClock) else None


async def cdn(process: Process) -> None:
    """An appliance, on its public port."""
    from matinee.cdn.appliance import Appliance, Settings
    from matinee.cdn.server import listening

    settings = process.settings
    appliance = Appliance(
        Settings(
            appliance_id=process.name,
            core=settings.services.get("gateway", from_here(settings.gateway.host, settings.gateway.port)),
            origin=settings.services.get("origin", f"unix:{process.home.socket('origin-films')}"),
            zone=settings.appliances.zone,
        ),
        listening(settings.gateway.host, process.options.get("port", 0)),
        process.home.appliances / process.name,
        keyring(process, f"appliance-{process.name}"),
        process.clock,
        process.ids.new("boot"),
    )
    process.run("appliance", appliance.run)


async def origin(process: Process) -> None:
    """The origin, which serves appliances alone."""
    from matinee.cdn.origin import Application

    application = Application(stores.objects(process), appliance_verifiers(process), process.clock)
    await listen(process, "origin", application, process.home.socket("origin-films"))
