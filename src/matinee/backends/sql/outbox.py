"""The outbox: events written in the transaction of what they tell, then moved to the log in order, at least once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
)

from matinee.backends.log.port import Log, Record
from matinee.backends.sql.port import Database
from matinee.runtime.bell import heard
from matinee.runtime.errors import MatineeError
from matinee.runtime.events import Event

Rows = Sequence[Row[Any]]

_MARK = "matinee.published"
_LONGEST_PAUSE_S = 5.0
_REST_S = 0.05  # after each move, so that a burst of events goes in few
_log = logging.getLogger(__name__)


def outbox(metadata: MetaData) -> Table:
    """The table `outbox`, for the owner's MetaData: its rows are events that the log does not hold yet."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("topic", String(120), nullable=False),
        Column("key", String(255), nullable=False),
        Column("event", LargeBinary, nullable=False),
    )


def publish(connection: Connection, table: Table, topic: str, key: str, event: Event) -> None:
    """Writes the event in the caller's transaction; with it, it is kept or undone. One key's events stay in order."""
    connection.execute(insert(table), {"topic": topic, "key": key, "event": msgspec.json.encode(event)})
    connection.info[_MARK] = True


def published(connection: Connection) -> bool:
    """Whether `publish` was called on this connection since this was last asked: so a database knows whom to wake."""
    return connection.info.pop(_MARK, False)


class Relay:
    """Moves one outbox to the log. One relay an outbox: two would break the order."""

    def __init__(self, database: Database, table: Table, log: Log, *, batch: int = 500, poll_s: float = 1.0) -> None:
        self._database = database
        self._log = log
        self._batch = batch
        self._poll_s = poll_s
        columns = table.c
        self._oldest_rows = select(*columns).order_by(columns.id).limit(batch)
        self._moved = delete(table).where(columns.id.in_(bindparam("ids", expanding=True)))

    async def run(self) -> None:
        """Until cancelled. A commit of this process wakes it at once; others' rows are seen within `poll_s`."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(woken.set)

        self._database.on_publish(wake)
        pause = 0.0
        while True:
            woken.clear()
            try:
                await self.drain()
                pause = 0.0
            except MatineeError as error:
                pause = min(_LONGEST_PAUSE_S, max(0.1, pause * 2))
                _log.warning("the outbox waits %.1f s: %s", pause, error.detail)
                await asyncio.sleep(pause)
                continue
            await asyncio.sleep(_REST_S)
            await heard(woken, self._poll_s)

    async def drain(self) -> int:
        """Moves all there is now; returns how many. What is appended but not yet deleted is appended again later."""
        moved, rows = 0, await self._database.read(self._oldest, fresh=True)
        while rows:
            for topic, records in _by_topic(rows).items():
                await self._log.append(topic, records)
            moved += len(rows)
            rows = await self._database.transact(partial(self._go_on, rows=rows))
        return moved

    def _go_on(self, connection: Connection, rows: Rows) -> Rows:
        """Forgets what was moved, and gives the next."""
        connection.execute(self._moved, {"ids": [row.id for row in rows]})
        return self._oldest(connection) if len(rows) == self._batch else ()

    def _oldest(self, connection: Connection) -> Rows:
        return connection.execute(self._oldest_rows).all()


def _by_topic(rows: Rows) -> dict[str, list[Record]]:
    topics: dict[str, list[Record]] = {}
    for row in rows:
        topics.setdefault(row.topic, []).append(Record(row.key.encode(), row.event))
    return topics
