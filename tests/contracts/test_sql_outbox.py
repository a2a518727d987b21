from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select

import matinee.services
from matinee.backends.log.open import open as open_log
from matinee.backends.log.port import Log, Record
from matinee.backends.sql.draft import difference, draft
from matinee.backends.sql.migrations import folder
from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.outbox import Relay, outbox, publish
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Conflict, Invalid, Unavailable
from matinee.runtime.events import Event

Eventually = Callable[..., Awaitable[None]]
metadata = MetaData()
films = Table("films", metadata, Column("id", Integer, primary_key=True), Column("name", String(40), nullable=False))
table = outbox(metadata)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    name = f"owner_{tmp_path.name.replace('-', '_')}"
    (tmp_path / name / "migrations").mkdir(parents=True)
    (tmp_path / name / "__init__.py").touch()
    draft(metadata, name, "first")
    return name


@pytest.fixture
async def database(tmp_path: Path, package: str) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{tmp_path}/films.db", package)
    yield database
    await database.close()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    log = open_log(f"file://{tmp_path}/log")
    yield log
    await log.close()


def event(n: int) -> Event:
    return Event(f"evt_{n}", "catalog", "matinee.title.published", datetime(2026, 1, 1, tzinfo=UTC), "ttl_1", {"n": n})


def publishing(*numbers: int, topic: str = "titles") -> Callable[[Connection], None]:
    def unit(connection: Connection) -> None:
        for n in numbers:
            publish(connection, table, topic, "ttl_1", event(n))

    return unit


class Seen:
    """A log that keeps what it is given, and fails where it is told to."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.failures = 0

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("The log is away")
        told = [msgspec.json.decode(record.value, type=Event) for record in records]
        self.ids += [f"{topic} {each.id.removeprefix('evt_')}" for each in told]


async def rows(database: Database) -> int:
    return await database.read(lambda connection: len(connection.execute(select(table)).all()))


async def test_events_come_to_the_log_whole_and_in_order(database: Database, log: Log) -> None:
    for n in range(0, 30, 3):
        await database.transact(publishing(n, n + 1, n + 2))
    assert await Relay(database, table, log, batch=7).drain() == 30
    assert await rows(database) == 0
    reader = await log.reader("titles", "test")
    entries = await reader.poll(100, 1)
    await reader.close()
    assert [msgspec.json.decode(entry.record.value, type=Event) for entry in entries] == [event(n) for n in range(30)]
    assert {entry.record.key for entry in entries} == {b"ttl_1"}


async def test_an_event_is_kept_or_undone_with_what_it_tells(database: Database) -> None:
    def unit(connection: Connection) -> None:
        connection.execute(insert(films).values(name="x"))
        publishing(1)(connection)
        raise Conflict("no")

    with pytest.raises(Conflict):
        await database.transact(unit)
    assert await rows(database) == 0


async def test_a_commit_wakes_the_relay(database: Database, eventually: Eventually) -> None:
    log = Seen()
    running = asyncio.ensure_future(Relay(database, table, log, poll_s=3600).run())
    for n in range(5):
        await database.transact(publishing(n))
        await eventually(lambda n=n: len(log.ids) == n + 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert log.ids == [f"titles {n}" for n in range(5)]


async def test_another_process_is_polled_for(
    tmp_path: Path, package: str, database: Database, eventually: Eventually
) -> None:
    log, other = Seen(), open_database(f"sqlite:///{tmp_path}/films.db", package)
    running = asyncio.ensure_future(Relay(database, table, log, poll_s=0.02).run())
    await other.transact(publishing(1))
    await eventually(lambda: log.ids == ["titles 1"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await other.close()


async def test_a_log_that_was_away_gets_everything_later(database: Database, eventually: Eventually) -> None:
    log = Seen()
    log.failures = 2
    running = asyncio.ensure_future(Relay(database, table, log).run())
    await database.transact(publishing(1, 2))
    await database.transact(publishing(3))
    await eventually(lambda: log.ids == ["titles 1", "titles 2", "titles 3"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_nothing_is_lost_between_append_and_delete(database: Database) -> None:
    """Cancelled in between, the next relay gives the same events again."""
    log = Seen()

    class Stops:
        read = database.read

        async def transact(self, _: object) -> None:
            raise Unavailable("killed here")

    await database.transact(publishing(1, 2))
    with pytest.raises(Unavailable):
        await Relay(Stops(), table, log).drain()  # type: ignore[arg-type]
    await Relay(database, table, log).drain()
    assert log.ids == ["titles 1", "titles 2"] * 2


async def test_topics_go_their_own_ways(database: Database) -> None:
    log = Seen()
    await database.transact(publishing(1))
    await database.transact(publishing(2, topic="billing"))
    await database.transact(publishing(3))
    await Relay(database, table, log).drain()
    assert log.ids == ["titles 1", "titles 3", "billing 2"]


def test_a_drafted_history_leads_to_its_tables(package: str) -> None:
    assert difference(metadata, package) == []
    grown = MetaData()
    Table(
        "films",
        grown,
        Column("id", Integer, primary_key=True),
        Column("name", String(40), nullable=False),
        Column("year", Integer),
    )
    outbox(grown)
    assert len(difference(grown, package)) == 1
    assert draft(grown, package, "year").name == "0002_year.py"
    assert difference(grown, package) == []


def test_a_package_without_a_history_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="migrations"):
        open_database(f"sqlite:///{tmp_path}/x.db", "matinee.terms")


OWNERS = [
    "matinee.ingest",
    *(
        module.name
        for module in pkgutil.walk_packages(matinee.services.__path__, "matinee.services.")
        if module.ispkg and module.name.count(".") == 2 and find_spec(f"{module.name}.tables")
    ),
]


@pytest.mark.parametrize("owner", OWNERS)
def test_every_owners_history_leads_to_its_tables(owner: str) -> None:
    assert list(folder(owner).glob("0001_*.py"))
    assert difference(importlib.import_module(f"{owner}.tables").metadata, owner) == []
