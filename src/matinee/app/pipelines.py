"""Builds what happens behind the requests: events, ingest with its worker, timers."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from matinee.app import stores
from matinee.app.process import Process

if TYPE_CHECKING:
    from matinee.ingest.contract import Ingest


async def events(process: Process) -> None:
    """Events: takes them in, and runs what follows the topics of the log."""
    from matinee.events.collect import Collector
    from matinee.events.consumer import Consumer, Effect, skip_counter
    from matinee.events.contract import Events
    from matinee.events.live.counters import Beacons, Plays
    from matinee.events.live.forgetting import Profiles
    from matinee.events.live.notices import NOTICES, Notices
    from matinee.events.live.popularity import Trending
    from matinee.events.live.search_index import Indexing
    from matinee.services.history.contract import History
    from matinee.services.metrics.contract import Metrics
    from matinee.services.push.contract import Push
    from matinee.services.search.contract import Search

    log, skipped = stores.log(process), skip_counter(process.registry)
    metrics, search = process.client(Metrics), process.client(Search)

    def follow(topic: str, group: str, effect: Effect) -> None:
        process.run(f"{topic} to {group}", Consumer(log, topic, group, effect, skipped).run)

    process.offer(Events, Collector(log, process.clock))
    follow("beacons", "metrics", Beacons(metrics))
    follow("playback", "metrics", Plays(metrics))
    follow("accounts", "history", Profiles(process.client(History)))
    for topic, notice in NOTICES.items():
        follow(topic, "push", Notices(process.client(Push), process.clock, notice))
    process.run("titles to search", Indexing(log, search, skipped).run)
    process.run("popularity to search", Trending(metrics, search, process.clock).run)


async def ingest(process: Process) -> None:
    """Ingest, and the look-out for films in the inbox and in watched folders."""
    from matinee.ingest.contract import Ingest
    from matinee.ingest.intake.inbox import Inbox
    from matinee.ingest.service import Service
    from matinee.services.catalog.contract import Catalog
    from matinee.services.jobs.contract import Jobs

    database = stores.database(process, "ingest", "matinee.ingest")
    jobs, catalog = process.client(Jobs), process.client(Catalog)
    limits = process.settings.studio
    encoding = process.settings.encode
    service = Service(database, stores.objects(process), jobs, catalog, process.clock, process.ids, limits, encoding)
    inbox = Inbox(process.home.path)
    process.offer(Ingest, service)

    async def take_in() -> None:
        while True:
            await inbox.take(service)
            await asyncio.sleep(2)

    process.run("inbox", take_in)
    if limits.watch:
        _watch(process, service)


def _watch(process: Process, ingest: Ingest) -> None:
    from matinee.ingest.folders.watch import Watch

    limits = process.settings.studio
    watch = Watch([Path(top) for top in limits.watch], ingest, limits.watch_looks)

    async def look_out() -> None:
        while True:
            await watch.look()
            await asyncio.sleep(limits.watch_every_s)

    process.run("watched folders", look_out)


async def worker(process: Process) -> None:
    """Runs the steps of ingest, with the media tools."""
    from matinee.ingest.pictures import sending
    from matinee.ingest.pictures.step import PictureStep
    from matinee.ingest.scratch import Scratch
    from matinee.ingest.steps import Steps
    from matinee.ingest.toolchain import installed
    from matinee.ingest.worker import IngestWorker
    from matinee.services.catalog.contract import Catalog
    from matinee.services.fill.contract import Fill
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.executor import Worker
    from matinee.services.jobs.open import open as open_programs
    from matinee.services.jobs.room import of_machine
    from matinee.services.playback.contract import Playback

    jobs, objects = process.client(Jobs), stores.objects(process)
    scratch = Scratch(process.home.scratch, objects, process.settings.studio.spare)
    steps = Steps(
        process.client(Catalog),
        process.client(Fill),
        process.client(Playback),
        objects,
        open_programs("processes:"),
        installed(),
        scratch,
        process.clock,
    )
    at_once = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    room = of_machine(process.home.scratch, process.settings.studio.spare >> 20)
    process.run("ingest steps", IngestWorker(jobs, steps, scratch, process.name, at_once, room).run)
    sent = PictureStep(process.client(Catalog), objects, open_programs("processes:"), installed(), scratch)
    artwork = Worker(jobs, sending.GROUP, {sending.KIND: sent}, f"{process.name}/artwork")
    process.run("artwork", artwork.run)


async def timers(process: Process) -> None:
    """The calendar's jobs: who submits them and who runs them."""
    from matinee.app.timers import GROUP, TIMERS, Timekeeper, handler, kind
    from matinee.services.jobs.contract import Jobs
    from matinee.services.jobs.executor import Worker

    jobs = process.client(Jobs)
    handlers = {kind(timer): handler(timer, process.client) for timer in TIMERS}
    process.run("timekeeper", Timekeeper(jobs, process.clock).run)
    process.run("timers", Worker(jobs, GROUP, handlers, f"{process.name}-timers").run)
