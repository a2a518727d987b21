"""Builds the edge APIs, appliances and the origin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from matinee.app import stores
from matinee.app.api import offer_api
from matinee.app.keys import appliance_verifiers, keyring
from matinee.app.listener import listen
from matinee.app.ports import from_here
from matinee.app.process import Process
from matinee.app.routing import route_tables
from matinee.app.secure import FRONT, certificate
from matinee.runtime.clock import SharedClock

if TYPE_CHECKING:
    from matinee.api.clients import Clients


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
    await offer_api(process, create(clients, gate, settings))


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
    from matinee.services.registry.contract import Properties, Registry
    from matinee.services.search.contract import Search
    from matinee.services.steering.contract import Steering
    from matinee.services.traffic.contract import Traffic

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
        registry=process.client(Registry),
        properties=process.client(Properties),
        traffic=process.client(Traffic),
        ingest=process.client(Ingest),
        events=process.client(Events),
        objects=stores.objects(process),
        cache=stores.cache(process),
        clock=process.clock,
        routes=route_tables(process),
        advance=_advance(process),
    )


def _advance(process: Process) -> Callable[[timedelta], datetime] | None:
    return process.clock.advance if isinstance(process.clock, SharedClock) else None


async def cdn(process: Process) -> None:
    """An appliance, on its public port."""
    from matinee.cdn.appliance import Appliance, Settings
    from matinee.cdn.server import listening

    settings = process.settings
    tls = certificate(process)
    front = from_here(settings.gateway.host, settings.gateway.port)
    near = f"unix:{process.home.socket(FRONT)}" if tls is not None else front
    appliance = Appliance(
        Settings(
            appliance_id=process.name,
            core=settings.services.get("gateway", near),
            origin=settings.services.get("origin", f"unix:{process.home.socket('origin-films')}"),
            url="{scheme}://{{host}}:{{port}}".format(scheme="https" if tls is not None else "http"),
            zone=settings.appliances.zone,
        ),
        listening(settings.gateway.host, process.options.get("port", 0)),
        process.home.appliances / process.name,
        keyring(process, f"appliance-{process.name}"),
        process.clock,
        process.ids.new("boot"),
        tls.context if tls is not None else None,
    )
    process.run("appliance", appliance.run)


async def origin(process: Process) -> None:
    """The origin, which serves appliances alone."""
    from matinee.cdn.origin import Application

    application = Application(stores.objects(process), appliance_verifiers(process), process.clock)
    await listen(process, "origin", application, process.home.socket("origin-films"))
