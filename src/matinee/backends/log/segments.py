"""The log as files that all processes of a machine share: `topic/partition/segment`, see `partition.py`.

A process appends from one thread: what waits for it at the same time is written together and shares one sync a partition.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from zlib import crc32

from matinee.backends.log.frame import framed
from matinee.backends.log.group import Member
from matinee.backends.log.partition import Partition, meaning
from matinee.backends.log.port import Entry, Reader, Record
from matinee.runtime.bell import heard
from matinee.runtime.errors import Invalid, Unavailable

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\Z")
_LOOK_S = 0.1  # how often a waiting reader looks for what other processes appended
_SHARE_S = 1.0
_SYNCS = 4
_SEGMENT_BYTES = 16 << 20


class SegmentLog:
    """The log of one folder. A new topic has `partitions` partitions; one that exists keeps its number."""

    def __init__(self, folder: Path, *, partitions: int = 4, segment_bytes: int = _SEGMENT_BYTES) -> None:
        self._folder = folder
        self._partitions = partitions
        self._segment_bytes = segment_bytes
        self._topics: dict[str, Topic] = {}
        self._queue: SimpleQueue[_Append | None] = SimpleQueue()
        self._opening = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    async def append(self, topic: str, records: Sequence[Record]) -> None:
        """As the port says. Where it raises, some of the records may be there nonetheless: append them again."""
        if not records:
            return
        append = _Append(_named(topic), records)
        if self._closed:
            raise Unavailable("The event log is closed")
        self._queue.put(append)
        await append.done
        self._topics[topic].wake()

    async def reader(self, topic: str, group: str) -> Reader:
        opened = await asyncio.to_thread(self._topic, _named(topic))
        member = await asyncio.to_thread(
            Member, self._folder / topic / "groups" / _named(group), len(opened.partitions)
        )
        return SegmentReader(opened, member)

    async def forget(self, topic: str, before: datetime) -> int:
        opened = await asyncio.to_thread(self._topic, _named(topic))
        at = before.timestamp()
        return await asyncio.to_thread(lambda: sum(partition.forget(at) for partition in opened.partitions))

    async def close(self) -> None:
        """Ends when what was appended before it is durable."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        for topic in self._topics.values():
            topic.close()

    def _topic(self, name: str) -> Topic:
        with self._opening:
            if name not in self._topics:
                try:
                    self._topics[name] = Topic(self._folder / name, self._partitions, self._segment_bytes)
                except OSError as error:
                    raise meaning(error) from error
            return self._topics[name]

    def _write(self) -> None:
        with ThreadPoolExecutor(_SYNCS, thread_name_prefix="log sync") as syncs:
            while (append := self._queue.get()) is not None:
                batch = [append, *self._waiting()]
                shares = self._shares(batch)
                if len(shares) == 1:
                    shares[0].write()
                else:
                    list(syncs.map(_Share.write, shares))  # a disk takes several syncs at once for little more than one
                for each in batch:
                    each.settle()

    def _shares(self, batch: list[_Append]) -> list[_Share]:
        """What each partition gets of a batch. An append that cannot be written at all has its error."""
        shares: dict[tuple[str, int], _Share] = {}
        for append in batch:
            try:
                topic = self._topic(append.topic)
                parts = topic.parts(append.records)
            except Exception as error:  # noqa: BLE001 - the appender's; the thread lives on
                append.error = error
                continue
            for number, frames in parts.items():
                share = shares.setdefault((append.topic, number), _Share(topic.partitions[number]))
                share.add(frames, append)
        return list(shares.values())

    def _waiting(self) -> list[_Append]:
        batch: list[_Append] = []
        while True:
            try:
                append = self._queue.get_nowait()
            except Empty:
                return batch
            if append is None:
                self._queue.put(None)
                return batch
            batch.append(append)


class Topic:
    """A topic's partitions, and the readers of this process that wait for it."""

    def __init__(self, folder: Path, partitions: int, segment_bytes: int) -> None:
        count = _count(folder, partitions)
        self.partitions = [Partition(folder / str(n), n, segment_bytes=segment_bytes) for n in range(count)]
        self.waiting: set[asyncio.Event] = set()

    def parts(self, records: Sequence[Record]) -> dict[int, bytearray]:
        """The records as bytes of the partitions that their keys choose."""
        parts: dict[int, bytearray] = {}
        for record in records:
            parts.setdefault(crc32(record.key) % len(self.partitions), bytearray()).extend(framed(record))
        return parts

    def wake(self) -> None:
        for event in self.waiting:
            event.set()

    def close(self) -> None:
        for partition in self.partitions:
            partition.close()


class SegmentReader:
    """One member of a group. Its files are looked at in a thread, and only once there is something to read."""

    def __init__(self, topic: Topic, member: Member) -> None:
        self._topic = topic
        self._member = member
        self._at: dict[int, int] = {}
        self._kept: dict[int, int] = {}
        self._shared_at = float("-inf")
        self._first = 0

    async def poll(self, limit: int, wait_s: float) -> list[Entry]:
        loop = asyncio.get_running_loop()
        end, woken = loop.time() + wait_s, asyncio.Event()
        self._topic.waiting.add(woken)
        try:
            while True:
                woken.clear()
                await self._share(loop.time())
                if self._behind():
                    entries, at = await asyncio.to_thread(self._read, limit, dict(self._at))
                    self._at = at  # only now: a poll that is cancelled has given nothing
                    if entries:
                        return entries
                if (left := end - loop.time()) <= 0:
                    return []
                await heard(woken, min(left, _LOOK_S))
        finally:
            self._topic.waiting.discard(woken)

    async def commit(self) -> None:
        self._member.keep({number: at for number, at in self._at.items() if at != self._kept.get(number)})
        self._kept = dict(self._at)

    async def close(self) -> None:
        self._member.leave()

    async def _share(self, now: float) -> None:
        if now - self._shared_at < _SHARE_S:
            return
        busy = {number for number, at in self._at.items() if at != self._kept.get(number)}
        await asyncio.to_thread(self._member.share, busy)
        self._shared_at = now
        offsets = self._member.offsets()
        self._kept = {number: self._kept.get(number, offset) for number, offset in offsets.items()}
        self._at = {number: self._at.get(number, offset) for number, offset in offsets.items()}

    def _behind(self) -> bool:
        return any(at < self._topic.partitions[number].end for number, at in self._at.items())

    def _read(self, limit: int, at: dict[int, int]) -> tuple[list[Entry], dict[int, int]]:
        """From each partition in turn, beginning with another one each time, so that none starves."""
        entries: list[Entry] = []
        numbers = sorted(at)
        self._first += 1
        for turn in range(len(numbers)):
            number = numbers[(self._first + turn) % len(numbers)]
            if len(entries) < limit:
                found, at[number] = self._topic.partitions[number].read(at[number], limit - len(entries))
                entries += found
        return entries, at


class _Append:
    """Records on their way from their loop to the thread that writes."""

    def __init__(self, topic: str, records: Sequence[Record]) -> None:
        self.topic = topic
        self.records = records
        self.error: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()

    def settle(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self.done.done():
            return
        if self.error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(self.error)


class _Share:
    """What one partition gets of a batch."""

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self._frames = bytearray()
        self._appends: list[_Append] = []

    def add(self, frames: bytearray, append: _Append) -> None:
        self._frames += frames
        self._appends.append(append)

    def write(self) -> None:
        try:
            self._partition.append(bytes(self._frames))
        except Exception as error:  # noqa: BLE001 - the appenders'
            for append in self._appends:
                append.error = error


def _named(name: str) -> str:
    if not _NAME.match(name):
        raise Invalid(f"{name!r} is no name of a topic or a group: letters, digits, `.`, `_` and `-`")
    return name


def _count(folder: Path, wished: int) -> int:
    """The topic's number of partitions, settled by who makes it."""
    path = folder / "partitions"
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".partitions.{os.getpid()}.{threading.get_ident()}"
    if not path.exists():
        scratch.write_text(str(wished))
        try:
            path.hardlink_to(scratch)
        except FileExistsError:
            pass  # another process was first
        finally:
            scratch.unlink()
    return int(path.read_text())
