"""The outbox: events written in the transaction of what they tell, then moved to the log in order, at least once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

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
    delete,
    insert,
    select,
)

from matinee.backends.log.port import Log, Record
from matinee.backends.sql.port import Database
from matinee.runtime.bell import heard
from matinee.runtime.errors import MatineeError
from matinee.runtime.events import Event

_MARK = "matinee.published"
_LONGEST_PAUSE_S = 5.0
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
    connection.execute(insert(table).values(topic=topic, key=key, event=msgspec.json.encode(event)))
    connection.info[_MARK] = True


def published(connection: Connection) -> bool:
    """Whether `publish` was called on this connection since this was last asked: so a database knows whom to wake."""
    return connection.info.pop(_MARK, False)


class Relay:
    """Moves one outbox to the log. One relay an outbox: two would break the order."""

    def __init__(self, database: Database, table: Table, log: Log, *, batch: int = 500, poll_s: float = 1.0) -> None:
        self._database = database
        self._table = table
        self._log = log
        self._batch = batch
        self._poll_s = poll_s

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
            await heard(woken, self._poll_s)

    async def drain(self) -> int:
        """Moves all there is now; returns how many. What is appended but not yet deleted is appended again later."""
        moved = 0
        while rows := await self._database.read(self._oldest, fresh=True):
            for topic, records in _by_topic(rows).items():
                await self._log.append(topic, records)
            await self._database.transact(lambda connection, rows=rows: self._forget(connection, rows))
            moved += len(rows)
        return moved

    def _oldest(self, connection: Connection) -> Sequence[Row[int, str, str, bytes]]:
        columns = self._table.c
        query = select(columns.id, columns.topic, columns.key, columns.event).order_by(columns.id).limit(self._batch)
        return connection.execute(query).all()

    def _forget(self, connection: Connection, rows: Sequence[Row[int, str, str, bytes]]) -> None:
        connection.execute(delete(self._table).where(self._table.c.id.in_([row.id for row in rows])))


def _by_topic(rows: Sequence[Row[int, str, str, bytes]]) -> dict[str, list[Record]]:
    topics: dict[str, list[Record]] = {}
    for row in rows:
        topics.setdefault(row.topic, []).append(Record(row.key.encode(), row.event))
    return topics
