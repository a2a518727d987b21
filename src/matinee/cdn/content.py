"""A file whose bytes can be sent: whole on the disk, or growing while it is pulled."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

BLOCK = 1 << 18
_REMEMBERED_TICKS = 10
_probe = bytearray(1)


class Content:
    """One open file. `size` is what it will have, `available` how much of it may be sent by now.

    Whoever sends from it holds it (`users`), so that retiring it closes the descriptor only after the last of them.
    `waiting` are called when there is more to send, or when there never will be (`failed`).
    """

    __slots__ = ("available", "failed", "fd", "heads", "path", "retired", "seen", "size", "users", "waiting")

    def __init__(self, path: bytes, fd: int, size: int, available: int, heads: tuple[bytes, bytes]) -> None:
        self.path = path
        self.fd = fd
        self.size = size
        self.available = available
        self.heads = heads
        """The answer's headers that depend on the file alone: for a hit, for a miss."""
        self.users = 0
        self.retired = False
        self.failed = False
        self.seen: dict[int, int] = {}
        self.waiting: list[Callable[[], None]] = []

    def hold(self) -> None:
        self.users += 1

    def release(self) -> None:
        self.users -= 1
        if self.retired and self.users == 0:
            self._close()

    def retire(self) -> None:
        """No one new may hold it; the descriptor closes with its last user."""
        self.retired = True
        if self.users == 0:
            self._close()

    def grow(self, available: int) -> None:
        self.available = available
        self.tell()

    def fail(self) -> None:
        self.failed = True
        self.tell()

    def tell(self) -> None:
        waiting, self.waiting = self.waiting, []
        for wake in waiting:
            wake()

    def in_memory(self, start: int, stop: int, tick: int) -> int:
        """Up to where, from `start` on and at most to `stop`, the page cache has the bytes; `start` where it has none.

        A read that would not block tells it; its answer is remembered for a few ticks, so that what is watched by many is
        asked once. The loop never waits for the disk: what is cold, `load` brings in, in a thread.
        """
        seen = self.seen
        block = start // BLOCK
        if stop <= (block + 1) * BLOCK and seen.get(block, 0) >= tick:
            return stop
        while start < stop:
            if seen.get(block, 0) < tick:
                if not _cached(self.fd, start) or not _cached(self.fd, min(stop, (block + 1) * BLOCK) - 1):
                    return start
                seen[block] = tick + _REMEMBERED_TICKS
            block += 1
            start = min(stop, block * BLOCK)
        return start

    def loaded(self, offset: int, tick: int) -> None:
        """The block of that byte has just been read: it is not asked about in this tick and the next."""
        self.seen[offset // BLOCK] = tick + 1

    def load(self, start: int) -> None:
        """Reads one block into the page cache. Blocks: call it in a thread, holding the content."""
        os.preadv(self.fd, [bytearray(BLOCK - start % BLOCK)], start)

    def _close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _cached(fd: int, offset: int) -> bool:
    try:
        return os.preadv(fd, (_probe,), offset, os.RWF_NOWAIT) == 1
    except BlockingIOError:
        return False
    except OSError as unknown:
        if unknown.errno == errno.EOPNOTSUPP:  # a filesystem that cannot tell
            return True
        raise
