"""Builds the front door: the gateway with what it knows, and how it opens and ends."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from matinee.app.filters import extend
from matinee.app.fleet import fleet
from matinee.app.following import following
from matinee.app.keys import keyring
from matinee.app.monitoring import metrics, report
from matinee.app.ports import from_here
from matinee.app.process import Process
from matinee.app.registration import name_of, registration
from matinee.app.routing import route
from matinee.app.secure import LOCAL, certificate, known_outside, names, offer_inside, offer_root, secure
from matinee.runtime.errors import MatineeError, Unavailable
from matinee.terms.gateway_properties import LIMITS

if TYPE_CHECKING:
    from matinee.gateway.balancing.fleet import Fleet
    from matinee.gateway.chain import Parts
    from matinee.gateway.hosts import Hosts
    from matinee.gateway.server import Gateway
    from matinee.terms.territory import Territory

CLIENT = Path(__file__).parents[3] / "web" / "dist"
"""Where the built client lies: beside the source, or packed with the distribution."""

NOTICE_S, QUIET_S = 2.0, 1.0
"""How long a gateway that ends still takes connections, so that balancers notice, and then keeps those on which nothing comes."""


async def gateway(process: Process) -> None:
    """Listens last, when the APIs it forwards to are there."""
    from matinee.gateway import server
    from matinee.gateway.balancing.checks import Checks
    from matinee.gateway.overload.addresses import Proxies
    from matinee.terms.gateway_limits import Limits

    clusters = fleet(process)
    proxies = Proxies(process.settings.gateway.trusted_proxies)
    parts, counted = _parts(process, clusters), metrics(process)
    built = server.gateway(parts, counted, process.clock, clusters, proxies=proxies)
    following(process).subscribe(LIMITS, Limits, built.adopt)
    process.run("health checks", Checks(clusters, Random()).watch)  # noqa: S311 - spreads them, no secret
    await extend(process, built.chain)
    report(process, built, counted)
    process.at_last(partial(_open, process, built))
    process.on_stop("gateway", partial(built.stop, 0))
    process.on_drain("gateway", partial(_drain, process, built))


def _parts(process: Process, clusters: Fleet) -> Parts:
    """What the filters work with, followed from the start on."""
    from matinee.gateway.chain import Parts
    from matinee.gateway.cors import AppOrigins
    from matinee.gateway.origin import Origins
    from matinee.gateway.passport import Passports
    from matinee.gateway.routing.routes import Routes
    from matinee.gateway.security_policy import Policy
    from matinee.gateway.static import Static
    from matinee.services.accounts.contract import Accounts
    from matinee.services.push.contract import Push

    settings, routes, seen = process.settings, Routes(), AppliancesSeen(process)

    def locate(_: str) -> Territory:
        return settings.territory

    route(process, routes, clusters.cluster, locate)
    process.run("appliances seen", seen.watch)
    return Parts(
        process.ids,
        _hosts(process),
        routes,
        Passports(process.client(Accounts), process.clock),
        Origins(keyring(process, "gateway").sign, locate),
        Static.load(CLIENT),
        Policy(seen.origins, https=known_outside(settings)),
        AppOrigins(settings.gateway.app_origins),
        standard_forwarded=settings.gateway.forwarded_by == "forwarded",
        push=process.client(Push),
        name=name_of(process, "gateway"),
    )


def _hosts(process: Process) -> Hosts:
    from matinee.gateway.hosts import Hosts

    settings = process.settings
    own = names(settings) if settings.gateway.certificate == LOCAL else set[str]()
    return Hosts({*settings.gateway.names, *own}, settings.url, _scheme(process))


def _scheme(process: Process) -> str:
    return "https" if secure(process.settings) else "http"


async def _open(process: Process, built: Gateway) -> None:
    settings = process.settings.gateway
    host, port = settings.host, process.options.get("gateway_port") or settings.port
    tls = certificate(process)
    try:
        bound = await built.start(host, port, tls.context if tls is not None else None)
        if tls is not None:
            await offer_inside(process, built.start_at)
    except OSError as wrong:
        raise Unavailable(f"the gateway cannot listen on {host}:{port}: {wrong.strerror or wrong}") from wrong
    await offer_root(process)
    registration(process).offer("gateway", from_here(host, bound, _scheme(process)), built.drains)


async def _drain(process: Process, built: Gateway) -> None:
    await registration(process).drain()
    notice_s, quiet_s = (min(most_s, process.drain_s / 4) for most_s in (NOTICE_S, QUIET_S))
    await built.drain(process.drain_s, notice_s, quiet_s)


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
