"""What the gateway does, in the order in which it does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matinee.gateway.cors import AppOrigins
from matinee.gateway.extension.added import Added
from matinee.gateway.extension.arrangement import arranged, placed
from matinee.gateway.filters.endpoint.kept import Kept
from matinee.gateway.filters.endpoint.proxy import proxy
from matinee.gateway.filters.endpoint.push import Push
from matinee.gateway.filters.endpoint.redirect import redirect
from matinee.gateway.filters.endpoint.route_answer import route_answer
from matinee.gateway.filters.endpoint.static_client import StaticClient
from matinee.gateway.filters.filter import Endpoint, Finished, Inbound, Outbound
from matinee.gateway.filters.finished.access_log import AccessLog
from matinee.gateway.filters.finished.release import Release
from matinee.gateway.filters.inbound.body_limit import body_limit
from matinee.gateway.filters.inbound.client_address import ClientAddress
from matinee.gateway.filters.inbound.clock_guard import clock_guard
from matinee.gateway.filters.inbound.expectation import expectation
from matinee.gateway.filters.inbound.known_host import KnownHost
from matinee.gateway.filters.inbound.origin_check import origin_check
from matinee.gateway.filters.inbound.origin_header import OriginHeader
from matinee.gateway.filters.inbound.overload import Overload
from matinee.gateway.filters.inbound.passport import PassportSwap
from matinee.gateway.filters.inbound.preflight import Preflight
from matinee.gateway.filters.inbound.rate_limits import AddressRates, MemberRates
from matinee.gateway.filters.inbound.readiness import Readiness
from matinee.gateway.filters.inbound.request_id import RequestId
from matinee.gateway.filters.inbound.route import RouteChoice
from matinee.gateway.filters.inbound.share import share
from matinee.gateway.filters.inbound.shedding import Shedding
from matinee.gateway.filters.inbound.tunnel import Tunnel
from matinee.gateway.filters.inbound.upgrade import upgrade
from matinee.gateway.filters.outbound.cors import Cors
from matinee.gateway.filters.outbound.fresh_passport import FreshPassport
from matinee.gateway.filters.outbound.invalidation import Invalidation
from matinee.gateway.filters.outbound.relief import Relief
from matinee.gateway.filters.outbound.request_id import request_id
from matinee.gateway.filters.outbound.security_headers import SecurityHeaders
from matinee.gateway.hosts import Hosts
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.origin import Origins
from matinee.gateway.passport import Passports
from matinee.gateway.push.lines import Lines
from matinee.gateway.routing.routes import Routes
from matinee.gateway.security_policy import Policy
from matinee.gateway.sharing import Sharing
from matinee.gateway.stage import Stage
from matinee.gateway.static import Static
from matinee.gateway.traffic import Traffic
from matinee.runtime.errors import Invalid
from matinee.runtime.ids import Ids
from matinee.services.push.contract import Push as PushService
from matinee.terms.filter_switch import Switch


@dataclass(frozen=True)
class Parts:
    """What the filters work with."""

    ids: Ids
    hosts: Hosts
    routes: Routes
    passports: Passports
    origins: Origins
    static: Static
    policy: Policy
    apps: AppOrigins = field(default_factory=AppOrigins)
    standard_forwarded: bool = False
    push: PushService | None = None
    name: str = "gateway"


class Chain:
    """The lists by the kind of their filters (`lists`), and of them what is on: `way`, which a request passes until one has an
    answer, `outbound` and `finished`. These are replaced whole, so that a request meets one order or another.

    Operators add filters to it, and switch those: the standard ones are always on.
    """

    def __init__(
        self,
        inbound: Sequence[Stage[Inbound]],
        endpoint: Sequence[Stage[Endpoint]],
        outbound: Sequence[Stage[Outbound]],
        finished: Sequence[Stage[Finished]],
    ) -> None:
        self._standard: Mapping[str, Sequence[Stage[Any]]] = {
            "inbound": inbound,
            "endpoint": endpoint,
            "outbound": outbound,
            "finished": finished,
        }
        self._added: Sequence[Added] = ()
        self._switches: dict[str, Switch] = {}
        self.lists: dict[str, Sequence[Stage[Any]]] = {}
        self._arrange()

    def _arrange(self) -> None:
        for kind, standard in self._standard.items():
            self.lists[kind] = arranged(standard, [each for each in self._added if each.place.kind == kind])
        self.inbound: Sequence[Stage[Inbound]] = self._on("inbound")
        self.endpoint: Sequence[Stage[Endpoint]] = self._on("endpoint")
        self.outbound: Sequence[Stage[Outbound]] = self._on("outbound")
        self.finished: Sequence[Stage[Finished]] = self._on("finished")
        self.way: Sequence[Stage[Any]] = (*self.inbound, *self.endpoint)

    def _on(self, kind: str) -> Sequence[Stage[Any]]:
        return tuple(stage for stage in self.lists[kind] if not isinstance(stage, Added) or stage.on)

    def furnish(self, added: Sequence[Added]) -> Sequence[str]:
        """From now on with these filters of operators, and no others. What cannot be placed is left out: a sentence each."""
        names: dict[str, set[str]] = {
            kind: {stage.name for stage in standard} for kind, standard in self._standard.items()
        }
        good, wrong = placed(added, names)
        for each in good:
            each.switch(self._switches.get(each.name))
        self._added = good
        self._arrange()
        return wrong

    def switch(self, name: str, switch: Switch | None) -> None:
        """From now on a filter is on, off or on a share of members; one of that name may come later. Raises Invalid for a filter
        of the standard chain."""
        if any(stage.name == name for standard in self._standard.values() for stage in standard):
            raise Invalid(f"{name} is a filter of the house itself, which is always on")
        if switch is None:
            self._switches.pop(name, None)
        else:
            self._switches[name] = switch
        for each in self._added:
            if each.name == name:
                each.switch(switch)
        self._arrange()


def chain(
    inbound: Sequence[Inbound], endpoint: Sequence[Endpoint], outbound: Sequence[Outbound], finished: Sequence[Finished]
) -> Chain:
    """The lists as a chain, each filter with its counters."""
    return Chain(
        [Stage(f) for f in inbound],
        [Stage(f) for f in endpoint],
        [Stage(f) for f in outbound],
        [Stage(f) for f in finished],
    )


def standard(parts: Parts, traffic: Traffic, metrics: Metrics, lines: Lines | None = None) -> Chain:
    """The chain of the front door. Without `lines` no device can wait for messages."""
    sharing = Sharing(traffic, parts.origins.territory, proxy)
    inbound: list[Inbound] = [
        RequestId(parts.ids),  # first, so that every refusal can be found again
        Readiness(traffic),  # balancers must hear of it under any load
        Overload(traffic),  # before anything that costs
        ClientAddress(traffic.proxies, standard=parts.standard_forwarded),
        KnownHost(parts.hosts),
        upgrade,
        expectation,
        clock_guard,
        Preflight(parts.apps),
        origin_check,
        RouteChoice(parts.routes),
        AddressRates(traffic),
        Shedding(traffic.guard),  # before a body is read or accounts is asked
        PassportSwap(parts.passports),  # may wait for accounts; only for requests that go to a server
        share,  # now that it is known who asks
        MemberRates(traffic),
        body_limit,
        Tunnel(traffic),
        OriginHeader(parts.origins),
    ]
    endpoint: list[Endpoint] = [
        *([Push(lines.hub, lines.relay, parts.passports, parts.apps)] if lines is not None else []),
        Kept(sharing),
        proxy,
        route_answer,
        redirect,
        StaticClient(parts.static),  # everything without a route
    ]
    outbound: list[Outbound] = [
        Relief(traffic.guard, traffic),  # first: whatever the others do, the place is free
        request_id,
        FreshPassport(parts.passports),
        Invalidation(sharing),
        SecurityHeaders(parts.policy),
        Cors(parts.apps),
    ]
    finished: list[Finished] = [  # not filters: told at the very end, when nothing can be changed any more
        Release(traffic.guard),
        metrics.count,
        metrics.journeys,
        AccessLog(),
    ]
    return chain(inbound, endpoint, outbound, finished)
