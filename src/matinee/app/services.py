"""Builds the services: each from its own store, offered under its contract."""

from __future__ import annotations

import asyncio

from matinee.app import stores
from matinee.app.keys import LOOK_S, keyring, secret
from matinee.app.process import Process


async def accounts(process: Process) -> None:
    """Accounts, with threads of their own for hashing passwords."""
    from matinee.services.accounts.contract import Accounts
    from matinee.services.accounts.passwords import Passwords
    from matinee.services.accounts.service import Service
    from matinee.services.accounts.tables import outbox

    database = stores.database(process, "accounts", "matinee.services.accounts", outbox)
    passwords = Passwords()
    process.on_close(passwords.close)
    process.offer(Accounts, Service(database, process.clock, process.ids, keyring(process, "passport"), passwords))


async def billing(process: Process) -> None:
    """Billing and the payment provider it charges; the simulated one sends its webhooks straight to billing."""
    from matinee.services.billing.contract import Billing, Provider, Webhook
    from matinee.services.billing.open import open as open_processor
    from matinee.services.billing.open import open_provider
    from matinee.services.billing.service import Service
    from matinee.services.billing.tables import outbox

    database = stores.database(process, "billing", "matinee.services.billing", outbox)
    webhook_secret = secret(process, "webhooks")
    processor = open_processor("simulated:", database, process.clock, process.ids, webhook_secret)
    service = Service(database, process.clock, process.ids, processor)

    async def send(body: bytes, signature: str) -> None:
        await service.webhook(Webhook(processor.name, body, signature))

    process.offer(Billing, service)
    process.offer(Provider, open_provider(processor, database, process.clock, webhook_secret, send))


async def catalog(process: Process) -> None:
    """The catalogue."""
    from matinee.services.catalog.contract import Catalog
    from matinee.services.catalog.service import Service
    from matinee.services.catalog.tables import outbox

    database = stores.database(process, "catalog", "matinee.services.catalog", outbox)
    process.offer(Catalog, Service(database, process.clock, process.ids))


async def search(process: Process) -> None:
    """Search over its own index."""
    from matinee.services.search.contract import Search
    from matinee.services.search.open import open as open_store
    from matinee.services.search.service import Service

    store = open_store(f"tantivy://{process.home.stores / 'search'}")
    process.on_stop("search", store.close)
    process.offer(Search, Service(store))


async def history(process: Process) -> None:
    """History; what it writes it also tells the log."""
    from matinee.services.history.contract import History
    from matinee.services.history.open import open as open_store
    from matinee.services.history.service import Service

    store = open_store(process.home.store("history"))
    process.on_stop("history", store.close)
    process.offer(History, Service(store, stores.log(process), process.clock, process.ids))


async def metrics(process: Process) -> None:
    """Counters of events."""
    from matinee.services.metrics.contract import Metrics
    from matinee.services.metrics.open import open as open_store
    from matinee.services.metrics.service import Service

    store = open_store(process.home.store("metrics"))
    process.on_stop("metrics", store.close)
    process.offer(Metrics, Service(store, process.clock))


async def playback(process: Process) -> None:
    """Playback; its secret signs the tokens of sessions, its masters wrap the keys of films and are followed when they rotate."""
    from matinee.app.masters import MasterFile
    from matinee.services.playback.contract import Playback
    from matinee.services.playback.masters import Masters
    from matinee.services.playback.service import Service
    from matinee.services.playback.tables import outbox

    database = stores.database(process, "playback", "matinee.services.playback", outbox)
    file = MasterFile(process.home)
    masters = Masters(file.keys())
    service = Service(database, process.clock, process.ids, [secret(process, "session")], masters)
    process.offer(Playback, service)

    async def follow() -> None:
        wrapped_by = ""
        while True:
            masters.replace(file.keys())
            if masters.newest != wrapped_by:
                await service.rewrap()
                wrapped_by = masters.newest
            await asyncio.sleep(LOOK_S)

    process.run("master keys", follow)


async def steering(process: Process) -> None:
    """Steering; its keys sign media tokens."""
    from matinee.services.steering.contract import Steering
    from matinee.services.steering.service import Service

    process.offer(Steering, Service(process.clock, keyring(process, "media")))


async def fill(process: Process) -> None:
    """What lies on which appliance."""
    from matinee.services.fill.contract import Fill
    from matinee.services.fill.service import Service

    process.offer(Fill, Service(stores.database(process, "fill", "matinee.services.fill")))


async def jobs(process: Process) -> None:
    """The table of jobs."""
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.service import Service
    from matinee.services.jobs.tables import outbox

    database = stores.database(process, "jobs", "matinee.services.jobs", outbox)
    process.offer(Jobs, Service(database, process.clock, process.ids, limits=process.settings.jobs.at_once))


async def registry(process: Process) -> None:
    """Which instances run, and the properties that may change while they do."""
    from matinee.services.registry.contract import Properties, Registry
    from matinee.services.registry.properties import PropertyService
    from matinee.services.registry.service import Service

    database = stores.database(process, "registry", "matinee.services.registry")
    process.offer(Registry, Service(database, process.clock))
    process.offer(Properties, PropertyService(database, process.clock))


async def push(process: Process) -> None:
    """Messages to members' devices."""
    from matinee.services.push.contract import Push
    from matinee.services.push.service import Service

    process.offer(Push, Service(process.clock))


async def traffic(process: Process) -> None:
    """What the gateways do, and the journeys of requests."""
    from matinee.services.traffic.contract import Traffic
    from matinee.services.traffic.service import Service

    database = stores.database(process, "traffic", "matinee.services.traffic")
    process.offer(Traffic, Service(database, process.clock))
