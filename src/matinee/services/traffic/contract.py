"""What the front door does: live figures of all gateways, and the journeys of requests that were slow, failed, or are a sample.

Every gateway reports about once a second: figures that only grow since its start, so that a report lost or sent twice changes
nothing, and the journeys that came up since the last one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import NotFound
from matinee.runtime.rpc.operation import operation

Name = Annotated[str, Meta(max_length=100)]
MOST_NAMES = 300
"""Routes, instances and filters that a gateway tells apart."""


class NoSuchRequest(NotFound):
    type, title = "no-such-request", "No request of that id was kept: only slow and failed ones are, for a while"


class Counted(Struct, frozen=True):
    """Since the start: how they `ended` by category, how long it took until answers began by bucket (`terms.latency`), and that in
    all; of long polls no time is taken."""

    ended: dict[str, int]
    buckets: list[int]
    seconds: float
    retries: int = 0


class RouteFigures(Struct, frozen=True):
    """Requests. `origin` is the cluster they go to, empty where the gateway answers itself."""

    name: Name
    origin: Name
    counted: Counted


class Standing(StrEnum):
    """How a gateway stands to a server: NEW gets less until it has proven itself, EJECTED for its errors, UNREACHABLE after a
    connection failed, FAILING its active checks, DRAINING by its own or an operator's word."""

    UP = "up"
    NEW = "new"
    EJECTED = "ejected"
    UNREACHABLE = "unreachable"
    FAILING = "failing"
    DRAINING = "draining"


class InstanceFigures(Struct, frozen=True):
    """Tries at one server. `utilization` is what it says of itself, from 0 on; None where it says nothing."""

    name: Name
    zone: Name
    state: Standing
    counted: Counted
    in_flight: int
    ejections: int
    utilization: float | None = None


class OriginFigures(Struct, frozen=True):
    """Tries at a cluster, those at servers that are gone with them. `limit` of requests under way is what was found that it can
    bear; `shed` were refused for it."""

    name: Name
    counted: Counted
    in_flight: int
    limit: float
    shed: int
    instances: Annotated[list[InstanceFigures], Meta(max_length=MOST_NAMES)]


class FilterFigures(Struct, frozen=True):
    """A filter in its place. `kind` is its list: `inbound`, `endpoint`, `outbound` or `finished`. `source` is its file or package,
    empty for one of the house itself, whose `runs` are reckoned from one request in sixteen. `mean_s` is the mean time of a run,
    the time that it waited included; None where it never ran."""

    kind: str
    name: str
    on: bool
    percent: float
    runs: int
    failures: int
    mean_s: float | None
    source: str = ""


class Why(StrEnum):
    """Why a journey was kept."""

    SLOW = "slow"
    FAILED = "failed"
    SAMPLE = "sample"


class Wait(Struct, frozen=True):
    """A filter that waited for something."""

    filter: Name
    began_ms: float
    ended_ms: float


class TryAt(Struct, frozen=True):
    """One try at one server. `sent_ms` is when the request went out (before it a connection was made, unless it `reused` one),
    `answered_ms` when the answer began; None where it never came so far. `status` 0: there was no answer."""

    instance: Name
    zone: Name
    reused: bool
    began_ms: float
    sent_ms: float | None
    answered_ms: float | None
    ended_ms: float
    status: int
    category: str


class Journey(Struct, frozen=True):
    """One request's way through a gateway. Times are milliseconds since its head was read: `body_ms` when its body was here whole,
    `filters_ms` when the inbound filters were through, `first_ms` when the answer's first byte left (None: none did), `ended_ms`
    when all was over. `target` is without secrets; `account` is empty where nobody was logged in."""

    id: Annotated[str, Meta(max_length=64)]
    trace: Annotated[str, Meta(max_length=64)]
    at: datetime
    gateway: Name
    zone: Name
    why: Why
    method: Annotated[str, Meta(max_length=40)]
    target: Annotated[str, Meta(max_length=2000)]
    route: Name
    origin: Name
    account: Name
    status: int
    category: Name
    body_ms: float | None
    filters_ms: float
    first_ms: float | None
    ended_ms: float
    waits: list[Wait] = []
    tries: list[TryAt] = []


class Report(Struct, frozen=True):
    """A gateway of itself, `up_s` after its start, which `boot` tells from other starts. `left_out` are journeys that there was no
    room for."""

    gateway: Name
    zone: Name
    boot: Name
    up_s: float
    draining: bool
    connections: int
    in_flight: int
    limit: float
    lag_s: float
    routes: Annotated[list[RouteFigures], Meta(max_length=MOST_NAMES)]
    origins: Annotated[list[OriginFigures], Meta(max_length=MOST_NAMES)]
    filters: Annotated[list[FilterFigures], Meta(max_length=MOST_NAMES)]
    journeys: Annotated[list[Journey], Meta(max_length=200)] = []
    left_out: int = 0


class LiveQuery(Struct, frozen=True):
    pass


class Flow(Struct, frozen=True):
    """What went through lately: a second (over ten seconds), and of the last minute the shares that `failed` (the house's fault)
    and were `refused` (too much at once), and the times within which half, nine tenths and 99 in 100 were over; None where there
    was nothing. `recent` and `recent_failed` are numbers a second, a slot of five seconds each, the oldest first."""

    per_s: float
    failed: float
    refused: float
    retries_per_s: float
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    recent: list[float]
    recent_failed: list[float]


class RouteNow(Struct, frozen=True):
    name: str
    origin: str
    flow: Flow


class InstanceNow(Struct, frozen=True):
    """`state` is the worst that a gateway has it in; `ejected_by` so many of `seen_by` gateways."""

    name: str
    zone: str
    state: Standing
    seen_by: int
    ejected_by: int
    in_flight: int
    ejections: int
    utilization: float | None
    flow: Flow


class OriginNow(Struct, frozen=True):
    """`limit` is the sum of the gateways' limits."""

    name: str
    in_flight: int
    limit: float
    shed_per_s: float
    flow: Flow
    instances: list[InstanceNow]


class GatewayNow(Struct, frozen=True):
    """`old`: it has not been heard of for so long that its figures are its last."""

    name: str
    zone: str
    old: bool
    heard_s: float
    up_s: float
    draining: bool
    connections: int
    in_flight: int
    limit: float
    lag_s: float
    per_s: float


class Live(Struct, frozen=True):
    """All gateways together. Where none of them is fresh the figures are their last, and `old`. `categories` counts how the
    requests of the last minute ended."""

    at: datetime
    old: bool
    whole: Flow
    categories: dict[str, int]
    gateways: list[GatewayNow]
    routes: list[RouteNow]
    origins: list[OriginNow]
    filters: list[FilterFigures]


class RequestsQuery(Struct, frozen=True):
    """Where no reason is given, those that were slow or failed. `status` is one (`503`) or a class (`5xx`); `before` the id of a
    request, for those before it."""

    why: Why | None = None
    status: Annotated[str, Meta(pattern=r"^([1-5]([0-9]{2}|xx))?\Z")] = ""
    route: Name = ""
    account: Name = ""
    before: Annotated[str, Meta(max_length=64)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Requests(Struct, frozen=True):
    """The newest first."""

    requests: list[Journey]


class ByRequest(Struct, frozen=True):
    request_id: Annotated[str, Meta(max_length=64)]


class Traffic(Protocol):
    @operation(idempotent=True)
    async def report(self, message: Report) -> None: ...

    @operation(idempotent=True)
    async def live(self, message: LiveQuery) -> Live: ...

    @operation(idempotent=True)
    async def requests(self, message: RequestsQuery) -> Requests:
        """Journeys that were kept, of all gateways."""
        ...

    @operation(idempotent=True)
    async def request(self, message: ByRequest) -> Journey:
        """Raises NoSuchRequest."""
        ...
