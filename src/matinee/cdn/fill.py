"""Keeps the disk as the manifest says: pulls what is missing in the background, deletes what is not wanted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from matinee.cdn.core import Core
from matinee.cdn.shelf import Shelf
from matinee.cdn.store import Store
from matinee.runtime.bell import heard
from matinee.runtime.errors import MatineeError
from matinee.services.fill.contract import FillFile, Manifest

WAIT_S = 20.0
_ENOUGH_S = 0.5  # between two questions of viewers' misses
_AT_ONCE = 4
_LONGEST_PAUSE_S = 30.0
_log = logging.getLogger(__name__)


class Pace:
    """Lets through so many bytes a second, in all; 0: any number."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._free_at = 0.0

    async def __call__(self, count: int) -> None:
        if not self._bytes_per_s:
            return
        now = asyncio.get_running_loop().time()
        self._free_at = max(now, self._free_at) + count / self._bytes_per_s
        await asyncio.sleep(self._free_at - now)


class Filler:
    """Follows the manifest and fills after it. `cut` is called when encodes are gone, to stop answers under way."""

    def __init__(self, core: Core, shelf: Shelf, store: Store, pace: Pace, cut: Callable[[], None]) -> None:
        self._core = core
        self._shelf = shelf
        self._store = store
        self._pace = pace
        self._cut = cut
        self._changed = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = 0.0

    async def start(self) -> None:
        """Takes up what the last run knew, so that the disk counts before the core has answered."""
        known = await asyncio.to_thread(self._store.remembered)
        if known is not None:
            self._shelf.apply(known)
        await self._settle()

    async def follow(self) -> None:
        """Until cancelled: each new manifest is taken up as it is made."""
        pause = 0.5
        while True:
            try:
                await self._ask(WAIT_S)
                pause = 0.5
            except MatineeError as wrong:
                _log.debug("no manifest: %s", wrong.detail)
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)

    async def run(self) -> None:
        """Until cancelled: what is missing is pulled, the most wanted first; what fails is tried again later."""
        pause = 1.0
        while True:
            self._changed.clear()
            await self._delete_unwanted()
            await self._settle()
            whole = await self._pull_missing()
            pause = 1.0 if whole else min(_LONGEST_PAUSE_S, pause * 2)
            await heard(self._changed, WAIT_S if whole else pause)

    def ask_now(self) -> asyncio.Future[None] | None:
        """A viewer asks for a file that the manifest does not name: it may be newer than our manifest. Once for all who ask."""
        now = asyncio.get_running_loop().time()
        if self._asking is None:
            if now - self._asked_at < _ENOUGH_S:
                return None
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask(0))
            self._asking.add_done_callback(self._asked)
        return asyncio.shield(self._asking)

    def _asked(self, done: asyncio.Task[None]) -> None:
        self._asking = None
        if not done.cancelled():
            done.exception()

    async def _ask(self, wait_s: float) -> None:
        manifest = await self._core.manifest(self._shelf.library.version, wait_s)
        if manifest.version != self._shelf.library.version:
            await self._take_up(manifest)

    async def _take_up(self, manifest: Manifest) -> None:
        if self._shelf.apply(manifest):
            self._cut()
        self._changed.set()
        try:
            await asyncio.to_thread(self._store.remember, manifest)
        except (MatineeError, OSError) as wrong:
            _log.warning("the manifest could not be written: %s", wrong)

    async def _settle(self) -> None:
        """Finds what of the missing is on the disk already."""
        missing = self._shelf.library.missing()
        here = await asyncio.to_thread(lambda: [file for file in missing if self._store.holds(file.path, file.size)])
        for file in here:
            if self._shelf.library.files.get(file.path.encode()) == file:
                self._shelf.library.settle(file)

    async def _delete_unwanted(self) -> None:
        here = await asyncio.to_thread(lambda: list(self._store.encodes()))
        if self._shelf.library.version < 0:
            return
        for encode_path in here:
            if not self._shelf.library.names(encode_path):
                await asyncio.to_thread(self._store.delete_encode, encode_path)

    async def _pull_missing(self) -> bool:
        """True where nothing is missing any more."""
        left = iter(self._shelf.library.missing())
        done = await asyncio.gather(*(self._pull_each(left) for _ in range(_AT_ONCE)))
        return all(done)

    async def _pull_each(self, left: Iterator[FillFile]) -> bool:
        whole = True
        for file in left:
            if self._changed.is_set():
                return False
            try:
                whole &= await self._shelf.fill(file, self._pace)
            except (MatineeError, OSError) as wrong:
                _log.warning("fill waits: %s", wrong)
                return False
        return whole
