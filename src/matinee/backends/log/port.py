"""The event log: topics of partitions of records; a group reads each record at least once and remembers how far it got."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Record(Struct, frozen=True):
    """`key` chooses the partition, so that one key's records stay in order. `value` is a CloudEvents envelope in JSON."""

    key: bytes
    value: bytes


class Entry(Struct, frozen=True):
    """A record where it stands in the log."""

    partition: int
    offset: int
    record: Record


class Reader(Protocol):
    """One member of a group; the group's members share out the partitions."""

    async def poll(self, limit: int, wait_s: float) -> list[Entry]:
        """Up to `limit` entries after those given before; waits up to `wait_s` for the first; empty when there were none."""
        ...

    async def commit(self) -> None:
        """What `poll` gave so far counts as done: a new reader of the group goes on after it."""
        ...

    async def close(self) -> None: ...


class Log(Protocol):
    async def append(self, topic: str, records: Sequence[Record]) -> None:
        """Durable on return. Raises OutOfSpace when the disk is full, TooLarge for a record of over 16 MiB, Invalid for a bad name,
        Unavailable; some of the records may then be there nonetheless: append them again."""
        ...

    async def reader(self, topic: str, group: str) -> Reader:
        """A new group begins at the topic's start."""
        ...

    async def forget(self, topic: str, before: datetime) -> int:
        """Retention: drops what was written before that time, in whole segments and never the newest; returns the bytes
        freed. A group that had not come so far goes on after it."""
        ...

    async def close(self) -> None: ...
