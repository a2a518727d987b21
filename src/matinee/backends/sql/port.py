"""A database, by URL. SQLAlchemy Core is the port; this says who runs a unit of work, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """One owner's database. A unit of work is a plain function of a connection; it runs in one worker thread and may run twice,
    so it touches nothing but the connection and its answer."""

    async def read(self, unit: Callable[[Connection], T], *, fresh: bool = False) -> T:
        """Runs a unit that only reads, in a deferred transaction; at scale on a replica unless `fresh` (read one's own writes)."""
        ...

    async def transact(self, unit: Callable[[Connection], T]) -> T:
        """Runs a unit on the writer, whole or not at all; durable on return. Retried once on a certification conflict.
        Raises OutOfSpace when the disk is full."""
        ...

    def on_publish(self, wake: Callable[[], None]) -> None:
        """Has `wake` called, in any thread, after each commit of this process that put a row into an outbox."""
        ...

    async def close(self) -> None: ...
