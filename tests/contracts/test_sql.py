from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, ForeignKey, Integer, MetaData, String, Table, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.backends.sql.sqlite import engine
from matinee.runtime.errors import Conflict, Invalid, OutOfSpace, Unavailable

metadata = MetaData()
films = Table("films", metadata, Column("id", Integer, primary_key=True), Column("name", String(40), unique=True))
scenes = Table("scenes", metadata, Column("film", ForeignKey("films.id", deferrable=True, initially="DEFERRED")))

FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("films", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40), unique=True))
    op.create_table(
        "scenes",
        sa.Column("film", sa.Integer, sa.ForeignKey("films.id", deferrable=True, initially="DEFERRED")),
    )


def downgrade():
    op.drop_table("scenes")
    op.drop_table("films")
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("films") as films:
        films.add_column(sa.Column("year", sa.Integer))


def downgrade():
    pass
"""
BROKEN = SECOND.replace("sa.Integer))", "sa.Integer))\n    op.execute('INSERT INTO nowhere VALUES (1)')")


class History:
    """A package on disk that a test adds revisions to."""

    def __init__(self, root: Path, name: str) -> None:
        self.package = name
        self.folder = root / name / "migrations"
        self.folder.mkdir(parents=True)
        (root / name / "__init__.py").touch()
        self.write("0001_first", FIRST)

    def write(self, name: str, module: str) -> None:
        (self.folder / f"{name}.py").write_text(module)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> History:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return History(tmp_path, f"history_{tmp_path.name.replace('-', '_')}")


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/films.db"


@pytest.fixture
async def database(url: str, history: History) -> AsyncIterator[Database]:
    database = open_database(url, history.package)
    yield database
    await database.close()


def named(name: str) -> Callable[[Connection], None]:
    return lambda connection: connection.execute(insert(films).values(name=name)) and None


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(films.c.name).order_by(films.c.id)))


async def test_a_transaction_is_read_back(database: Database) -> None:
    await database.transact(named("Metropolis"))
    assert await database.read(names) == ["Metropolis"]
    assert await database.read(names, fresh=True) == ["Metropolis"]


async def test_a_unit_that_fails_leaves_nothing(database: Database) -> None:
    def unit(connection: Connection) -> None:
        named("half")(connection)
        raise KeyError("after the first row")

    with pytest.raises(KeyError):
        await database.transact(unit)
    assert await database.read(names) == []


async def test_units_together_fail_alone(database: Database) -> None:
    def failing(connection: Connection) -> None:
        named("undone")(connection)
        raise Conflict("no")

    units = [named(f"film {n}") if n % 2 else failing for n in range(20)]
    outcomes = await asyncio.gather(*map(database.transact, units), named_twice(database), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[:20]] == [Conflict, type(None)] * 10
    assert isinstance(outcomes[20], IntegrityError)
    assert sorted(await database.read(names)) == sorted(f"film {n}" for n in range(1, 20, 2))


async def named_twice(database: Database) -> None:
    def twice(connection: Connection) -> None:
        named("twice")(connection)
        named("twice")(connection)

    await database.transact(twice)


async def test_a_deferred_constraint_fails_only_the_unit_that_broke_it(database: Database) -> None:
    def dangling(connection: Connection) -> None:
        connection.execute(insert(scenes).values(film=999))

    good, bad, after = await asyncio.gather(
        *map(database.transact, [named("before"), dangling, named("after")]), return_exceptions=True
    )
    assert (good, after) == (None, None)
    assert isinstance(bad, IntegrityError)
    assert sorted(await database.read(names)) == ["after", "before"]


async def test_the_writer_survives_every_kind_of_failure(database: Database) -> None:
    def stop(_: Connection) -> None:
        raise StopIteration

    def leave(_: Connection) -> None:
        raise SystemExit

    for unit in (stop, leave):
        with pytest.raises(RuntimeError, match="a unit of work raised"):
            await database.transact(unit)
    await database.transact(named("still here"))
    assert await database.read(names) == ["still here"]


async def test_a_read_sees_one_state_while_the_writer_goes_on(database: Database) -> None:
    loop = asyncio.get_running_loop()
    begun, written = asyncio.Event(), threading.Event()

    def twice(connection: Connection) -> tuple[list[str], list[str]]:
        first = names(connection)
        loop.call_soon_threadsafe(begun.set)
        assert written.wait(10)
        return first, names(connection)

    reading = asyncio.ensure_future(database.read(twice))
    await begun.wait()
    await database.transact(named("later"))
    written.set()
    assert await reading == ([], [])
    assert await database.read(names) == ["later"]


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(named("sneaked in"))
    assert await database.read(names) == []


async def test_a_cancelled_caller_does_not_stop_the_others(database: Database) -> None:
    tasks = [asyncio.ensure_future(database.transact(named(f"film {n}"))) for n in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[3], asyncio.CancelledError)
    assert [outcome for n, outcome in enumerate(outcomes) if n != 3] == [None] * 9
    assert len(await database.read(names)) >= 9


async def test_a_full_disk_is_out_of_space_and_passes(database: Database) -> None:
    def cap(pages: int) -> Callable[[Connection], None]:
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}") and None

    def big(connection: Connection) -> None:
        connection.execute(insert(films), [{"name": f"{n:040}"} for n in range(5000)])

    await database.transact(cap(10))
    with pytest.raises(OutOfSpace):
        await database.transact(big)
    assert await database.read(names) == []
    outcomes = await asyncio.gather(database.transact(big), database.transact(named("small")), return_exceptions=True)
    assert isinstance(outcomes[0], OutOfSpace)
    assert outcomes[1] is None
    await database.transact(cap(1_000_000))
    await database.transact(big)
    assert len(await database.read(names)) == 5001


async def test_after_close_it_is_unavailable(url: str, history: History) -> None:
    database = open_database(url, history.package)
    pending = [asyncio.ensure_future(database.transact(named(f"film {n}"))) for n in range(5)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    assert await asyncio.gather(*pending) == [None] * 5
    with pytest.raises(Unavailable):
        await database.read(names)


async def test_what_was_answered_outlives_a_kill(url: str, history: History, tmp_path: Path) -> None:
    open_and_write = textwrap.dedent(f"""
        import asyncio
        from sqlalchemy import text
        from matinee.backends.sql.open import open as open_database

        async def main():
            database = open_database({url!r}, {history.package!r})
            for n in range(1_000_000):
                await database.transact(lambda c: c.execute(text("INSERT INTO films (name) VALUES (:n)"), {{"n": str(n)}}) and None)
                print(n, flush=True)

        asyncio.run(main())
    """)
    process = started(open_and_write, tmp_path)
    assert process.stdout is not None
    for _ in range(50):
        answered = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    rest = process.communicate()[0].split()
    answered = max([answered, *(int(line) for line in rest[:-1])])
    database = open_database(url, history.package)
    found = await database.read(names)
    await database.close()
    assert found[: answered + 1] == [str(n) for n in range(answered + 1)]


async def test_open_upgrades_and_keeps_what_is_there(url: str, history: History) -> None:
    database = open_database(url, history.package)
    await database.transact(named("old"))
    await database.close()
    history.write("0002_year", SECOND)
    database = open_database(url, history.package)
    rows = await database.read(lambda connection: connection.execute(text("SELECT name, year FROM films")).all())
    await database.close()
    assert [tuple(row) for row in rows] == [("old", None)]


async def test_a_start_at_head_loads_no_alembic(url: str, history: History, tmp_path: Path) -> None:
    await open_database(url, history.package).close()
    again = f"""
import asyncio, sys
from matinee.backends.sql.open import open as open_database
async def main():
    await open_database({url!r}, {history.package!r}).close()
asyncio.run(main())
print("alembic" in sys.modules)
"""
    assert started(again, tmp_path).communicate()[0] == "False\n"


def started(program: str, path: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)


async def test_an_upgrade_that_fails_changes_nothing(url: str, history: History, tmp_path: Path) -> None:
    await open_database(url, history.package).close()
    history.write("0002_year", BROKEN)
    with pytest.raises(OperationalError):
        open_database(url, history.package)
    history.write("0002_year", SECOND)
    database = open_database(url, history.package)
    assert await database.read(lambda connection: connection.scalar(text("SELECT count(year) FROM films"))) == 0
    await database.close()


async def test_a_newer_database_is_refused_in_one_sentence(url: str, history: History) -> None:
    history.write("0002_year", SECOND)
    await open_database(url, history.package).close()
    (history.folder / "0002_year.py").unlink()
    with pytest.raises(Conflict, match="does not know"):
        open_database(url, history.package)


async def test_the_file_is_private(database: Database, tmp_path: Path) -> None:
    await database.transact(named("secret"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("films.db*")} == {0o600}  # noqa: ASYNC240


@pytest.mark.parametrize("url", ["oracle://there/films", "sqlite://", "sqlite:///:memory:", "not a url", ""])
def test_an_unknown_url_is_one_sentence(url: str, history: History) -> None:
    with pytest.raises(Invalid, match="sqlite:///path"):
        open_database(url, history.package)


def test_sqlite_keeps_its_promises_about_disk(url: str, history: History, tmp_path: Path) -> None:
    with engine(tmp_path / "p.db", "BEGIN").connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2}
    assert sqlite3.sqlite_version_info >= (3, 37)
