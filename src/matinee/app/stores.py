"""The stores of a process, each opened once and closed when it stops. What a process does not open, it does not import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matinee.app.process import Process

if TYPE_CHECKING:
    from obstore.store import ObjectStore
    from sqlalchemy import Table

    from matinee.backends.cache.port import Cache
    from matinee.backends.log.port import Log
    from matinee.backends.sql.port import Database


def database(process: Process, owner: str, package: str, outbox: Table | None = None) -> Database:
    """The owner's database at the head of its history, with its relay beside it where it has an outbox."""
    from matinee.backends.sql.open import open as open_sql
    from matinee.backends.sql.outbox import Relay

    opened = open_sql(process.home.store(owner), migrations=package)
    process.on_stop(f"database {owner}", opened.close)
    if outbox is not None:
        relay = Relay(opened, outbox, log(process))
        process.run(f"relay {owner}", relay.run)
    return opened


def log(process: Process) -> Log:
    """The events of this machine."""
    from matinee.backends.log.open import open as open_log

    def make() -> Log:
        opened = open_log(f"file://{process.home.log}")
        process.on_stop("log", opened.close)
        return opened

    return process.once("log", make)


def objects(process: Process) -> ObjectStore:
    """The films, pictures and uploads of this machine; of a worker that was let in, those of its house."""
    from matinee.backends.objects.open import open as open_objects

    def make() -> ObjectStore:
        let_in = process.admission
        if let_in is not None:
            return open_objects(let_in.url, let_in.token, let_in.certificate)
        return open_objects(f"file://{process.home.objects}")

    return process.once("objects", make)


def cache(process: Process) -> Cache:
    """What this process keeps of answers that cost much."""
    from matinee.backends.cache.open import open as open_cache

    def make() -> Cache:
        opened = open_cache("memory:")
        process.on_stop("cache", opened.close)
        return opened

    return process.once("cache", make)
