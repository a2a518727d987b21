"""Builds what happens behind the requests: events, ingest with its worker, timers."""

from __future__ import annotations

import asyncio

from matinee.app import stores
from matinee.app.process import Process


async def events(process: Process) -> None:
    """Events: takes them in, and runs the live consumers of the log."""
    from matinee.events import live
    from matinee.events.collect import Collector
    from matinee.events.contract import Events
    from matinee.services.history.contract import History
    from matinee.services.metrics.contract import Metrics
    from matinee.services.search.contract import Search

    log = stores.log(process)
    metrics, search = process.client(Metrics), process.client(Search)
    process.offer(Events, Collector(log, process.clock))
    process.run("beacons", live.Beacons(log, metrics).run)
    process.run("plays", live.Plays(log, metrics).run)
    process.run("titles", live.Titles(log, search).run)
    process.run("profiles", live.Profiles(log, process.client(History)).run)
    process.run("trending", live.Trending(metrics, search, process.clock).run)


async def ingest(process: Process) -> None:
    """Ingest, and the look-out for films in the inbox."""
    from matinee.ingest.contract import Ingest
    from matinee.ingest.inbox import Inbox
    from matinee.ingest.service import Service
    from matinee.services.catalog.contract import Catalog
    from matinee.services.jobs.contract import Jobs

    database = stores.database(process, "ingest", "matinee.ingest")
    jobs, catalog = process.client(Jobs), process.client(Catalog)
    service = Service(database, stores.objects(process), jobs, catalog, process.clock, process.ids)
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

    jobs, scratch = process.client(Jobs), Scratch(process.home.scratch)
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
