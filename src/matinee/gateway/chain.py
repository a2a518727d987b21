"""What the gateway does, in the order in which it does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matinee.gateway.filters.endpoint.proxy import proxy
from matinee.gateway.filters.endpoint.static_client import StaticClient
from matinee.gateway.filters.filter import Endpoint, Finished, Inbound, Outbound
from matinee.gateway.filters.finished.access_log import AccessLog
from matinee.gateway.filters.inbound.clock_guard import clock_guard
from matinee.gateway.filters.inbound.expectation import expectation
from matinee.gateway.filters.inbound.known_host import KnownHost
from matinee.gateway.filters.inbound.no_tunnel import no_tunnel
from matinee.gateway.filters.inbound.origin_check import origin_check
from matinee.gateway.filters.inbound.origin_header import OriginHeader
from matinee.gateway.filters.inbound.overload import Overload
from matinee.gateway.filters.inbound.passport import PassportSwap
from matinee.gateway.filters.inbound.request_id import RequestId
from matinee.gateway.filters.inbound.route import RouteChoice
from matinee.gateway.filters.outbound.fresh_passport import FreshPassport
from matinee.gateway.filters.outbound.request_id import request_id
from matinee.gateway.filters.outbound.security_headers import SecurityHeaders
from matinee.gateway.hosts import Hosts
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.origin import Origins
from matinee.gateway.passport import Passports
from matinee.gateway.routing.routes import Routes
from matinee.gateway.security_policy import Policy
from matinee.gateway.stage import Stage
from matinee.gateway.static import Static
from matinee.gateway.traffic import Traffic
from matinee.runtime.ids import Ids


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


@dataclass(frozen=True)
class Chain:
    inbound: Sequence[Stage[Inbound]]
    endpoint: Sequence[Stage[Endpoint]]
    outbound: Sequence[Stage[Outbound]]
    finished: Sequence[Stage[Finished]]

    @property
    def lists(self) -> Mapping[str, Sequence[Stage[Any]]]:
        """The lists by the kind of their filters."""
        return {
            "inbound": self.inbound,
            "endpoint": self.endpoint,
            "outbound": self.outbound,
            "finished": self.finished,
        }

    @cached_property
    def way(self) -> Sequence[Stage[Inbound] | Stage[Endpoint]]:
        """What a request passes until one of them has an answer."""
        return (*self.inbound, *self.endpoint)


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


def standard(parts: Parts, traffic: Traffic, metrics: Metrics) -> Chain:
    """The chain of the front door."""
    inbound: list[Inbound] = [
        RequestId(parts.ids),  # first, so that every refusal can be found again
        Overload(traffic),  # before anything that costs
        KnownHost(parts.hosts),
        no_tunnel,
        expectation,
        clock_guard,
        origin_check,
        RouteChoice(parts.routes),
        PassportSwap(parts.passports),  # may wait for accounts; only for requests that go to a server
        OriginHeader(parts.origins),
    ]
    endpoint: list[Endpoint] = [
        proxy,
        StaticClient(parts.static),  # everything without a route
    ]
    outbound: list[Outbound] = [
        request_id,
        FreshPassport(parts.passports),
        SecurityHeaders(parts.policy),
    ]
    finished: list[Finished] = [  # not filters: told at the very end, when nothing can be changed any more
        metrics.count,
        AccessLog(traffic),
    ]
    return chain(inbound, endpoint, outbound, finished)
