"""The edge APIs over real services on embedded engines in a temporary folder, behind a small front door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from house import Breakable, FrontDoor, HandClock, House
from pwdlib.hashers.argon2 import Argon2Hasher

from matinee.api.app import create
from matinee.api.clients import Clients
from matinee.api.trust import Trust
from matinee.api.viewer import Gate
from matinee.backends.log.open import open as open_log
from matinee.backends.objects.open import open as open_objects
from matinee.backends.sql.open import open as open_database
from matinee.events.collect import Collector
from matinee.events.contract import Events
from matinee.ingest.contract import (
    Ingest,
)
from matinee.ingest.service import Service as IngestService
from matinee.runtime.ids import Ids
from matinee.runtime.rpc.channel import connect
from matinee.runtime.signing import Keyring, Verifier
from matinee.services.accounts import contract as accounts
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.service import Service as AccountsService
from matinee.services.billing import contract as billing
from matinee.services.billing.open import open as open_processor
from matinee.services.billing.open import open_provider
from matinee.services.billing.service import Service as BillingService
from matinee.services.catalog import contract as catalog
from matinee.services.catalog.service import Service as CatalogService
from matinee.services.fill.contract import Fill
from matinee.services.fill.service import Service as FillService
from matinee.services.history.contract import History
from matinee.services.history.open import open as open_history
from matinee.services.history.service import Service as HistoryService
from matinee.services.jobs.contract import Jobs
from matinee.services.jobs.service import Service as JobsService
from matinee.services.metrics.contract import Metrics
from matinee.services.metrics.open import open as open_metrics
from matinee.services.metrics.service import Service as MetricsService
from matinee.services.playback.contract import Playback
from matinee.services.playback.service import Service as PlaybackService
from matinee.services.search.contract import Search
from matinee.services.search.open import open as open_search
from matinee.services.search.service import Service as SearchService
from matinee.services.steering.contract import Steering
from matinee.services.steering.service import Service as SteeringService


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = HandClock()
    ids = Ids(clock)
    passports, origins, media = (Keyring.load(tmp_path / f"{name}.json") for name in ("accounts", "gateway", "media"))
    names = ("accounts", "billing", "catalog", "playback", "fill", "jobs")
    databases = {
        name: open_database(f"sqlite:///{tmp_path}/{name}.db", migrations=f"matinee.services.{name}") for name in names
    }
    history, metrics = (
        open_history(f"sqlite:///{tmp_path}/history.db"),
        open_metrics(f"sqlite:///{tmp_path}/metrics.db"),
    )
    index = open_search(f"tantivy://{tmp_path}/index")
    databases["ingest"] = open_database(f"sqlite:///{tmp_path}/ingest.db", migrations="matinee.ingest")
    log, objects = open_log(f"file://{tmp_path}/log"), open_objects(f"file://{tmp_path}/objects")
    processor = open_processor("simulated:", databases["billing"], clock, ids, b"s" * 32)
    bill = BillingService(databases["billing"], clock, ids, processor)

    async def send(body: bytes, signature: str) -> None:
        await bill.webhook(billing.Webhook(processor.name, body, signature))

    jobs = JobsService(databases["jobs"], clock, ids)
    shelf = CatalogService(databases["catalog"], clock, ids)
    passwords = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
    services: dict[str, object] = {
        "accounts": AccountsService(databases["accounts"], clock, ids, passports, passwords),
        "billing": bill,
        "catalog": shelf,
        "search": SearchService(index),
        "history": HistoryService(history, log, clock, ids),
        "metrics": MetricsService(metrics, clock),
        "playback": PlaybackService(databases["playback"], clock, ids, [b"k" * 32]),
        "steering": SteeringService(clock, media),
        "fill": FillService(databases["fill"]),
        "jobs": jobs,
        "ingest": IngestService(databases["ingest"], objects, jobs, shelf, clock, ids),
        "events": Collector(log, clock),
    }
    channels = {name: Breakable(service) for name, service in services.items()}
    clients = Clients(
        accounts=connect(accounts.Accounts, channels["accounts"]),
        billing=connect(billing.Billing, channels["billing"]),
        catalog=connect(catalog.Catalog, channels["catalog"]),
        search=connect(Search, channels["search"]),
        history=connect(History, channels["history"]),
        metrics=connect(Metrics, channels["metrics"]),
        playback=connect(Playback, channels["playback"]),
        steering=connect(Steering, channels["steering"]),
        fill=connect(Fill, channels["fill"]),
        jobs=connect(Jobs, channels["jobs"]),
        ingest=connect(Ingest, channels["ingest"]),
        events=connect(Events, channels["events"]),
        objects=objects,
        clock=clock,
        provider=open_provider(processor, databases["billing"], clock, b"s" * 32, send),
        advance=clock.advance,
    )
    appliance = Keyring.load(tmp_path / "cdn-a.json")
    gate = Gate(
        passports=Trust(lambda: _given(passports.jwks()), clock),
        origins=Trust(lambda: _given(origins.jwks()), clock),
        appliances={"cdn-a": Verifier(appliance.jwks())},
        clock=clock,
    )
    app = create(clients, gate)
    made = House(app, clients, channels, FrontDoor(app, clients.accounts, origins, clock), log)
    made.appliances["cdn-a"] = appliance
    yield made
    await made.close()
    for database in databases.values():
        await database.close()
    await history.close()
    await metrics.close()
    await index.close()
    await log.close()
    passwords.close()


async def _given(value: str) -> str:
    return value
