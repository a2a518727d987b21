"""Builds what happens behind the requests: events, ingest with its worker, timers."""

from __future__ import annotations

import asyncio

from matinee.app import stores
from matinee.app.process import Process


async def events(process: Process) -> None:
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
    from matinee.ingest import inbox
    from matinee.ingest.contract import Ingest
    from matinee.ingest.service import Service
    from matinee.services.catalog.contract import Catalog
    from matinee.services.jobs.contract import Jobs

    database = stores.database(process, "ingest", "matinee.ingest")
    jobs, catalog = process.client(Jobs), process.client(Catalog)
    service = Service(database, stores.objects(process), jobs, catalog, process.clock, process.ids)
    process.offer(Ingest, service)
    process.run("ingest", service.run)

    async def take_inbox() -> None:
        while True:
            await inbox.take(process.home.inbox, service)
            await asyncio.sleep(2)

    process.run("inbox", take_inbox)


async def worker(process: Process) -> None:
    from matinee.ingest import worker as steps
    from matinee.services.catalog.contract import Catalog
    from matinee.services.fill.contract import Fill
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.executor import Worker

    jobs = process.client(Jobs)
    handlers = steps.handlers(
        jobs, process.client(Catalog), process.client(Fill), stores.objects(process), process.home.scratch
    )
    process.run("ingest steps", Worker(jobs, steps.GROUP, handlers, process.name).run)


async def timers(process: Process) -> None:
    from matinee.app.timers import GROUP, TIMERS, Timekeeper, handler, kind
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.executor import Worker

    jobs = process.client(Jobs)
    handlers = {kind(timer): handler(timer, process.client(timer.contract)) for timer in TIMERS}
    process.run("timekeeper", Timekeeper(jobs, process.clock).run)
    process.run("timers", Worker(jobs, GROUP, handlers, f"{process.name}-timers").run)
