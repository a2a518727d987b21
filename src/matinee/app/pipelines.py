"""Builds what happens behind the requests: events, ingest with its worker, timers."""

from __future__ import annotations

import asyncio

from matinee.app import stores
from matinee.app.process import Process


async def events(process: Process) -> None:
    """Events: takes them in, and runs what follows the topics of the log."""
    from matinee.events.collect import Collector
    from matinee.events.consumer import Consumer, Effect, skip_counter
    from matinee.events.contract import Events
    from matinee.events.live.counters import Beacons, Plays
    from matinee.events.live.forgetting import Profiles
    from matinee.events.live.popularity import Trending
    from matinee.events.live.search_index import Indexing
    from matinee.services.history.contract import History
    from matinee.services.metrics.contract import Metrics
    from matinee.services.search.contract import Search

    log, skipped = stores.log(process), skip_counter(process.registry)
    metrics, search = process.client(Metrics), process.client(Search)

    def follow(topic: str, group: str, effect: Effect) -> None:
        process.run(f"{topic} to {group}", Consumer(log, topic, group, effect, skipped).run)

    process.offer(Events, Collector(log, process.clock))
    follow("beacons", "metrics", Beacons(metrics))
    follow("playback", "metrics", Plays(metrics))
    follow("accounts", "history", Profiles(process.client(History)))
    process.run("titles to search", Indexing(log, search, skipped).run)
    process.run("popularity to search", Trending(metrics, search, process.clock).run)


async def ingest(process: Process) -> None:
    """Ingest, and the look-out for films in the inbox."""
    from matinee.ingest.contract import Ingest
    from matinee.ingest.inbox import Inbox
    from matinee.ingest.service import Service
    from matinee.services.catalog.contract import Catalog
    from matinee.services.jobs.contract import Jobs

    database = stores.database(process, "ingest", "matinee.ingest")
    jobs, catalog = process.client(Jobs), process.client(Catalog)
    limits = process.settings.studio
    service = Service(database, stores.objects(process), jobs, catalog, process.clock, process.ids, limits)
    inbox = Inbox(process.home.path)
    process.offer(Ingest, service)

    async def take_in() -> None:
        while True:
            await inbox.take(service)
            await asyncio.sleep(2)

    process.run("inbox", take_in)


async def worker(process: Process) -> None:
    """Runs the steps of ingest, with the media tools."""
    from matinee.ingest.scratch import Scratch
    from matinee.ingest.toolchain import installed
    from matinee.ingest.worker import IngestWorker, Steps
    from matinee.services.catalog.contract import Catalog
    from matinee.services.fill.contract import Fill
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.open import open as open_programs

    jobs, scratch = process.client(Jobs), Scratch(process.home.scratch, process.settings.studio.spare)
    steps = Steps(
        process.client(Catalog),
        process.client(Fill),
        stores.objects(process),
        open_programs("processes:"),
        installed(),
        scratch,
        process.clock,
    )
    process.run("ingest steps", IngestWorker(jobs, steps, scratch, process.name).run)


async def timers(process: Process) -> None:
    """The calendar's jobs: who submits them and who runs them."""
    from matinee.app.timers import GROUP, TIMERS, Timekeeper, handler, kind
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.executor import Worker

    jobs = process.client(Jobs)
    handlers = {kind(timer): handler(timer, process.client) for timer in TIMERS}
    process.run("timekeeper", Timekeeper(jobs, process.clock).run)
    process.run("timers", Worker(jobs, GROUP, handlers, f"{process.name}-timers").run)
