"""What the edge APIs call: one client a service, given by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec import Struct
from obstore.store import ObjectStore

from matinee.api.route_tables import RouteTables
from matinee.backends.cache.port import Cache
from matinee.events.contract import Events
from matinee.ingest.contract import Ingest
from matinee.ingest.limits import Limits
from matinee.runtime.clock import Clock
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

T = TypeVar("T")
Injected: TypeAlias = NamedDependency[SkipValidation[T]]
"""A handler's parameter that the application fills in by its name: `clients`, `viewer`, `origin`, `settings`, …"""


class Clients(Struct, frozen=True):
    """Every service by its contract, the object store, and the time. `provider` is the simulated one where
    payments are simulated, `advance` moves the test clock where there is one."""

    accounts: Accounts
    billing: Billing
    catalog: Catalog
    search: Search
    history: History
    metrics: Metrics
    playback: Playback
    steering: Steering
    fill: Fill
    jobs: Jobs
    registry: Registry
    properties: Properties
    traffic: Traffic
    ingest: Ingest
    events: Events
    objects: ObjectStore
    cache: Cache
    clock: Clock
    routes: RouteTables
    provider: Provider | None = None
    advance: Callable[[timedelta], datetime] | None = None


class Settings(Struct, frozen=True):
    """`studio` bounds uploads; `rows_ttl_s` is how long a row that many viewers share is kept: with what the catalogue needs
    to notice, a withdrawn title is gone within five seconds."""

    steering_ttl_s: int = 10
    rows_ttl_s: float = 2.0
    studio: Limits = Limits()
    piece_size: int = 8 << 20
