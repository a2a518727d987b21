"""A miss: the file is pulled from the origin once for all who wait, checked against the manifest, and kept."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from matinee.cdn import answer
from matinee.cdn.content import Content
from matinee.cdn.core import Signature
from matinee.cdn.store import Store, meaning
from matinee.runtime.errors import MatineeError, Unavailable
from matinee.runtime.http1 import Client
from matinee.services.fill.contract import FillFile

_STALL_S = 10.0
_MOST_AT_ONCE = 32
_log = logging.getLogger(__name__)

Sink = Callable[[bytes], Awaitable[None]]
Settled = Callable[[FillFile, Content], None]
Paced = Callable[[int], Awaitable[None]]
"""Waits until so many bytes more may be taken."""


class Origin:
    """Where files come from: `GET /media/{path}` under the appliance's own signature."""

    def __init__(self, client: Client, signature: Signature) -> None:
        self._client = client
        self._signature = signature

    async def get(self, path: str, sink: Sink) -> None:
        """Hands the file over as it arrives. Raises Unavailable, DeadlineExceeded, and what `sink` raises."""
        answer = await self._client.stream("GET", f"/media/{path}", sink, self._signature.field(), _STALL_S)
        if answer.status != 200:
            raise Unavailable(f"the origin answered {answer.status}")


class Pulls:
    """Those under way, by path. `settled` is told of each file that was kept."""

    def __init__(self, origin: Origin, store: Store, settled: Settled) -> None:
        self.bytes_taken = 0
        self._origin = origin
        self._store = store
        self._settled = settled
        self._under_way: dict[bytes, tuple[Content, asyncio.Task[None]]] = {}
        self._places = asyncio.Semaphore(_MOST_AT_ONCE)

    def content(self, file: FillFile, paced: Paced | None = None) -> Content:
        """The file as it arrives; a pull is begun where none is under way. Raises OutOfSpace, OSError."""
        path = file.path.encode()
        found = self._under_way.get(path)
        if found is not None:
            return found[0]
        fd, scratch = self._store.begin()
        content = Content(path, fd, file.size, 0, answer.of_file(file))
        content.hold()
        task = asyncio.create_task(self._run(file, content, scratch, paced))
        self._under_way[path] = content, task
        return content

    async def whole(self, file: FillFile, paced: Paced) -> bool:
        """Pulls the file, and waits until it is kept (True) or was given up."""
        self.content(file, paced)
        content, task = self._under_way[file.path.encode()]
        await asyncio.wait([task])
        return not content.failed

    def drop(self, paths: frozenset[bytes]) -> None:
        """Gives up those that are no longer wanted."""
        for path in paths & self._under_way.keys():
            self._under_way[path][1].cancel()

    async def close(self) -> None:
        tasks = [task for _, task in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, file: FillFile, content: Content, scratch: Path, paced: Paced | None) -> None:
        kept = False
        try:
            async with self._places:
                await self._fetch(file, content, paced)
            await _in_thread(content, lambda: self._store.keep(content.fd, scratch, file.path))
            kept = True
        except (MatineeError, OSError) as wrong:
            _log.warning("%s was not pulled: %s", file.path, wrong)
        finally:
            del self._under_way[content.path]
            if kept:
                self._settled(file, content)
                content.grow(file.size)
            else:
                self._store.give_up(scratch)
                content.fail()
                content.retire()
            content.release()

    async def _fetch(self, file: FillFile, content: Content, paced: Paced | None) -> None:
        """What has arrived may be sent at once, but for the last byte: nobody gets a whole file that is not the right one."""
        checked = hashlib.sha256()
        taken = 0

        async def take(piece: bytes) -> None:
            nonlocal taken
            if paced is not None and not content.waiting:  # no viewer waits
                await paced(len(piece))
            taken += len(piece)
            if taken > file.size:
                raise Unavailable("the origin gave more bytes than the manifest names")
            await _in_thread(content, lambda: _take(content.fd, piece, checked.update))
            self.bytes_taken += len(piece)
            content.grow(min(taken, file.size - 1))

        await self._origin.get(file.path, take)
        if taken != file.size or checked.hexdigest() != file.sha256:
            raise Unavailable("the origin gave other bytes than the manifest names")


async def _in_thread(content: Content, work: Callable[[], None]) -> None:
    """Holds the content until the thread is done with it, also where the pull is given up before."""
    content.hold()
    working = asyncio.get_running_loop().run_in_executor(None, work)
    working.add_done_callback(lambda done: (done.cancelled() or done.exception(), content.release()))
    await asyncio.shield(working)


def _take(fd: int, piece: bytes, check: Callable[[bytes], None]) -> None:
    check(piece)
    left = memoryview(piece)
    try:
        while left:
            left = left[os.write(fd, left) :]
    except OSError as wrong:
        raise meaning(wrong) from wrong
