"""SQLite as a database: one writer thread, a few reader threads, WAL, every commit on the disk before it is answered.

Units that wait for the writer at the same time share one transaction, each in a savepoint of its own, and so one fsync:
a unit that fails is undone alone. Where that is not possible (the disk fills, a deferred constraint breaks the commit)
each of them runs again in a transaction of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from matinee.backends.sql.migrations import upgrade
from matinee.backends.sql.outbox import published
from matinee.backends.sql.work import Outcome, Work
from matinee.runtime.errors import Conflict, Invalid, OutOfSpace, Unavailable

T = TypeVar("T")
Queue = SimpleQueue[Work | None]
Run = Callable[[Connection, Work], None]

_READERS = 2
_MOST_TOGETHER = 64  # units in one commit: bounds how long the first waits for the last
_ALMOST_FULL_BYTES = 1 << 20
_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 0",
)


class Sqlite:
    """The Database of one file, made private (0600) where it is absent. Its threads end with `close`."""

    def __init__(self, path: Path, *, readers: int = _READERS) -> None:
        self._path = path
        self._wakes: list[Callable[[], None]] = []
        self._writes: Queue = SimpleQueue()
        self._reads: Queue = SimpleQueue()
        self._closed = False
        self._most_readers = readers
        self._reading = engine(path, "BEGIN", "PRAGMA foreign_keys = ON", "PRAGMA query_only = ON")
        self._writing = engine(path, "BEGIN IMMEDIATE", "PRAGMA foreign_keys = ON")
        self._readers: list[threading.Thread] = []
        self._writer = self._thread("write", self._writes, self._writing, self._write)

    async def read(self, unit: Callable[[Connection], T], *, fresh: bool = False) -> T:
        del fresh  # there is one copy, and it is always fresh
        if len(self._readers) < self._most_readers and (not self._readers or not self._reads.empty()):
            self._readers.append(self._thread("read", self._reads, self._reading, self._read))
        return await self._put(self._reads, unit)

    async def transact(self, unit: Callable[[Connection], T]) -> T:
        return await self._put(self._writes, unit)

    def on_publish(self, wake: Callable[[], None]) -> None:
        self._wakes.append(wake)

    async def close(self) -> None:
        """Ends when what was asked before it is done. The writer goes last: it moves the WAL into the file."""
        if self._closed:
            return
        self._closed = True
        for _ in self._readers:
            self._reads.put(None)
        await asyncio.to_thread(_join, self._readers)
        self._writes.put(None)
        await asyncio.to_thread(self._writer.join)

    def _put(self, queue: Queue, unit: Callable[[Connection], T]) -> asyncio.Future[T]:
        if self._closed:
            raise Unavailable("The database is closed")
        work = Work(unit)
        queue.put(work)
        return work.answer

    def _thread(self, name: str, queue: Queue, on: Engine, run: Run) -> threading.Thread:
        thread = threading.Thread(
            target=self._serve, args=(queue, on, run), name=f"{self._path.stem} {name}", daemon=True
        )
        thread.start()
        return thread

    def _serve(self, queue: Queue, on: Engine, run: Run) -> None:
        """Runs what the queue brings, until it brings None, on one connection, opened again where that failed."""
        while (work := queue.get()) is not None:
            try:
                connection = on.connect()
            except DBAPIError as error:
                work.settle((None, self._meaning(error)))
                continue
            with connection:
                run(connection, work)
                while (work := queue.get()) is not None:
                    run(connection, work)
            return

    def _read(self, connection: Connection, work: Work) -> None:
        if not work.abandoned:
            work.settle(self._alone(connection, work))

    def _write(self, connection: Connection, work: Work) -> None:
        batch = [work, *self._waiting()]
        outcomes = self._together(connection, batch)
        if published(connection):
            for wake in self._wakes:
                wake()
        for settled, outcome in zip(batch, outcomes, strict=True):
            settled.settle(outcome)

    def _waiting(self) -> list[Work]:
        batch: list[Work] = []
        while len(batch) < _MOST_TOGETHER:
            try:
                work = self._writes.get_nowait()
            except Empty:
                break
            if work is None:
                self._writes.put(None)
                break
            batch.append(work)
        return batch

    def _together(self, connection: Connection, batch: list[Work]) -> list[Outcome]:
        if len(batch) > 1:
            # Whatever ends the whole, each unit meets its own fault below.
            with contextlib.suppress(Exception), _transaction(connection):
                return [_saved(connection, work) for work in batch]
        return [(None, None) if work.abandoned else self._alone(connection, work) for work in batch]

    def _alone(self, connection: Connection, work: Work) -> Outcome:
        try:
            with _transaction(connection):
                value = work.unit(connection)
        except BaseException as error:  # noqa: BLE001 - it is the caller's; the thread lives on
            return None, self._meaning(error)
        return value, None

    def _meaning(self, error: BaseException) -> BaseException:
        """The error by meaning, where it is the disk's or the lock's fault and not the unit's."""
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) if isinstance(error, DBAPIError) else 0
        match code & 0xFF:
            case sqlite3.SQLITE_FULL:
                return _caused(OutOfSpace(), error)
            case sqlite3.SQLITE_IOERR if shutil.disk_usage(self._path.parent).free < _ALMOST_FULL_BYTES:
                return _caused(OutOfSpace(), error)
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return _caused(Unavailable("The database is locked by another process"), error)
            case _:
                return error


def engine(path: Path, begin: str, *pragmas: str) -> Engine:
    """An engine whose connections begin their transactions with `begin`: the driver's own guessing is off."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(pragma)
        return connection

    made = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    def begins(connection: Connection) -> None:
        cast("sqlite3.Connection", connection.connection.dbapi_connection).execute(begin)

    event.listen(made, "begin", begins)
    return made


def at(url: str, package: str) -> Sqlite:
    """The database of `sqlite:///relative/path` or `sqlite:////absolute/path`, brought to the head of the package's history.
    Raises Invalid where the URL names no file, Conflict where a newer version wrote it."""
    try:
        named = make_url(url).database
    except ArgumentError as error:
        raise Invalid(f"{url!r} is not the URL of a database; one is sqlite:///path") from error
    if named in {None, "", ":memory:"}:
        raise Invalid(f"{url!r} names no file; write sqlite:///path")
    path = Path(str(named))
    _upgrade(path, package)
    return Sqlite(path)


def _upgrade(path: Path, package: str) -> None:
    """Whole or not at all. A table may be rebuilt under those that refer to it, so references are checked at the end."""
    with engine(path, "BEGIN IMMEDIATE", "PRAGMA foreign_keys = OFF").begin() as connection:
        upgrade(connection, package)
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if dangling is not None:
            raise Conflict(f"the migrations of {package} leave rows of {dangling[0]} that refer to nothing")


@contextlib.contextmanager
def _transaction(connection: Connection) -> Generator[None]:
    """As `connection.begin`, and undone too where the commit itself fails: SQLite leaves that one open."""
    try:
        with connection.begin():
            yield
    except BaseException:
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        if driver.in_transaction:
            driver.rollback()
        raise


def _saved(connection: Connection, work: Work) -> Outcome:
    """Runs the unit in a savepoint. Raises where its failure ended the whole transaction."""
    if work.abandoned:
        return None, None
    try:
        with connection.begin_nested():
            value = work.unit(connection)
    except BaseException as error:
        whole = cast("sqlite3.Connection", connection.connection.dbapi_connection).in_transaction
        if isinstance(error, OperationalError) or not whole:
            raise
        return None, error
    return value, None


def _caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()
