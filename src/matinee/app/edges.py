"""Builds what listens to the outside: the gateway, the edge APIs, appliances, the origin."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from matinee.app import stores
from matinee.app.api import offer_api
from matinee.app.filters import extend
from matinee.app.fleet import fleet
from matinee.app.following import following
from matinee.app.keys import appliance_verifiers, keyring
from matinee.app.listener import listen
from matinee.app.monitoring import metrics, report
from matinee.app.ports import from_here
from matinee.app.process import Process
from matinee.app.registration import name_of, registration
from matinee.app.routing import route, route_tables
from matinee.app.secure import FRONT, LOCAL, certificate, known_outside, names, offer_inside, offer_root, secure
from matinee.runtime.clock import SharedClock
from matinee.runtime.errors import MatineeError, Unavailable

if TYPE_CHECKING:
    from matinee.api.clients import Clients
    from matinee.terms.territory import Territory

CLIENT = Path(__file__).parents[3] / "web" / "dist"
"""Where the built client lies: beside the source, or packed with the distribution."""

NOTICE_S, QUIET_S = 2.0, 1.0
"""How long a gateway that ends still takes connections, so that balancers notice, and then keeps those on which nothing comes."""


async def gateway(process: Process) -> None:
    """Listens last, when the APIs it forwards to are there."""
    from matinee.gateway import server
    from matinee.gateway.balancing.checks import Checks
    from matinee.gateway.chain import Parts
    from matinee.gateway.cors import AppOrigins
    from matinee.gateway.hosts import Hosts
    from matinee.gateway.limits import Limits
    from matinee.gateway.origin import Origins
    from matinee.gateway.overload.addresses import Proxies
    from matinee.gateway.passport import Passports
    from matinee.gateway.routing.routes import Routes
    from matinee.gateway.security_policy import Policy
    from matinee.gateway.static import Static
    from matinee.services.accounts.contract import Accounts
    from matinee.services.push.contract import Push

    settings = process.settings
    scheme = "https" if secure(settings) else "http"
    own = names(settings) if settings.gateway.certificate == LOCAL else set[str]()
    clusters = fleet(process)

    def locate(_: str) -> Territory:
        return settings.territory

    routes = Routes()
    route(process, routes, clusters.cluster, locate)
    origins = AppliancesSeen(process)
    parts = Parts(
        process.ids,
        Hosts({*settings.gateway.names, *own}, settings.url, scheme),
        routes,
        Passports(process.client(Accounts), process.clock),
        Origins(keyring(process, "gateway").sign, locate),
        Static.load(CLIENT),
        Policy(origins.origins, https=known_outside(settings)),
        AppOrigins(settings.gateway.app_origins),
        standard_forwarded=settings.gateway.forwarded_by == "forwarded",
        push=process.client(Push),
        name=name_of(process, "gateway"),
    )
    proxies = Proxies(settings.gateway.trusted_proxies)
    counted = metrics(process)
    built = server.gateway(parts, counted, process.clock, clusters, proxies=proxies)
    following(process).subscribe("gateway.limits", Limits, built.adopt)
    process.run("health checks", Checks(clusters, Random()).watch)  # noqa: S311 - spreads them, no secret
    process.run("appliances seen", origins.watch)
    extend(process, built.chain)
    report(process, built, counted)

    async def open_door() -> None:
        host, port = settings.gateway.host, process.options.get("gateway_port") or settings.gateway.port
        tls = certificate(process)
        try:
            bound = await built.start(host, port, tls.context if tls is not None else None)
            if tls is not None:
                await offer_inside(process, built.start_at)
        except OSError as wrong:
            raise Unavailable(f"the gateway cannot listen on {host}:{port}: {os.strerror(wrong.errno or 0)}") from wrong
        await offer_root(process)
        registration(process).offer("gateway", from_here(host, bound, scheme), built.drains)

    async def drain() -> None:
        await registration(process).drain()
        notice_s, quiet_s = (min(most_s, process.drain_s / 4) for most_s in (NOTICE_S, QUIET_S))
        await built.drain(process.drain_s, notice_s, quiet_s)

    process.at_last(open_door)
    process.on_stop("gateway", partial(built.stop, 0))
    process.on_drain("gateway", drain)


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
