"""One partition of a topic: a folder of segments, and the mark of how far they are durable.

A segment is named by the position of its first byte, positions are bytes from the partition's start, and so an offset
leads to its record without an index. Who appends holds the mark's lock, writes, syncs, and only then moves the mark: so
nothing before the mark is ever lost, and readers, who take no lock, read nothing beyond it. Whole records that a crash left
beyond the mark are kept when the partition is next opened; a torn one is cut off.
"""

from __future__ import annotations

import logging
import os
from itertools import pairwise
from pathlib import Path

from matinee.backends.log import frame
from matinee.backends.log.mark import Mark
from matinee.backends.log.port import Entry
from matinee.runtime.disk import is_full
from matinee.runtime.errors import OutOfSpace, Unavailable

_READ_BYTES = 256 << 10
_log = logging.getLogger(__name__)


class Partition:
    """Shared by the threads of a process, as its files are by processes."""

    def __init__(self, folder: Path, number: int, *, segment_bytes: int) -> None:
        self._folder = folder
        self._number = number
        self._segment_bytes = segment_bytes
        self._mark = Mark(folder / "end")
        self._file = -1
        self._base = 0
        with self._mark.held():
            self._recover()

    @property
    def end(self) -> int:
        """The position after the last durable record."""
        return self._mark.get() or 0

    @property
    def start(self) -> int:
        """The position of the oldest record still kept."""
        return next(iter(self._bases()), 0)

    def append(self, frames: bytes) -> None:
        """Durable on return, or not there at all. Raises OutOfSpace, Unavailable."""
        with self._mark.held():
            if self._mark.get() is None:
                self._recover()
            end = self.end
            try:
                self._write(frames, end)
                os.fdatasync(self._file)
            except OSError as error:
                if self._file >= 0:
                    os.ftruncate(self._file, end - self._base)
                raise meaning(error) from error
            self._mark.put(end + len(frames))

    def read(self, position: int, most: int) -> tuple[list[Entry], int]:
        """Up to `most` entries from a position on, and the position to go on from."""
        position = max(position, self.start)
        end = self.end
        entries: list[Entry] = []
        while position < end and len(entries) < most:
            data = self._bytes(position, end)
            taken = self._entries(data, position, most - len(entries))
            if not taken:
                return entries, position if entries else self._skipped(position, end)
            entries += taken[0]
            position = taken[1]
        return entries, position

    def forget(self, before_s: float) -> int:
        """Deletes segments last written before that time (seconds since the epoch), never the newest; returns their bytes."""
        freed = 0
        with self._mark.held():
            for base in self._bases()[:-1]:
                found = self._path(base).stat()
                if found.st_mtime >= before_s:
                    break
                self._path(base).unlink()
                freed += found.st_size
        return freed

    def close(self) -> None:
        self._mark.close()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, frames: bytes, end: int) -> None:
        self._select(end)
        if os.fstat(self._file).st_size != end - self._base:  # another process was killed while it wrote
            os.ftruncate(self._file, end - self._base)
        left, at = memoryview(frames), end - self._base
        while left:
            written = os.pwrite(self._file, left, at)
            left, at = left[written:], at + written

    def _select(self, end: int) -> None:
        """Has the segment open that the next byte goes into."""
        newest = max(self._bases(), default=end)
        if end - newest >= self._segment_bytes:
            newest = end
        if self._file < 0 or newest != self._base:
            self._open(newest)

    def _open(self, base: int) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        fresh = not self._path(base).exists()
        self._file = os.open(self._path(base), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._base = base
        if fresh:
            _sync_folder(self._folder)

    def _recover(self) -> None:
        bases = self._bases()
        if not bases:
            return
        base, mark = bases[-1], self._mark.get()
        data = self._path(base).read_bytes()
        at = mark - base if mark is not None and base <= mark <= base + len(data) else 0
        while (found := frame.unframed(data, at)) is not None:
            at = found[1]
        if at < len(data):
            _log.warning("%s: %d torn bytes are cut off", self._path(base), len(data) - at)
            os.truncate(self._path(base), at)
        if mark != base + at:
            self._open(base)
            os.fdatasync(self._file)
            self._mark.put(base + at)

    def _bytes(self, position: int, end: int) -> bytes:
        """What a segment holds from the position on: some, and at least one frame where one is there."""
        bases = self._bases()
        base, after = next(((b, n) for b, n in pairwise([*bases, end]) if b <= position < n), (0, end))
        try:
            file = os.open(self._path(base), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        try:
            room = after - position
            data = os.pread(file, min(_READ_BYTES, room), position - base)
            if (needed := frame.size(data, 0)) > len(data):
                data = os.pread(file, min(needed, room), position - base)
            return data
        finally:
            os.close(file)

    def _entries(self, data: bytes, position: int, most: int) -> tuple[list[Entry], int] | None:
        entries: list[Entry] = []
        at = 0
        while len(entries) < most and (found := frame.unframed(data, at)) is not None:
            entries.append(Entry(self._number, position + at, found[0]))
            at = found[1]
        return (entries, position + at) if entries else None

    def _skipped(self, position: int, end: int) -> int:
        """Where to go on where the disk gave back other bytes than were written."""
        onward = next((base for base in self._bases() if base > position), end)
        _log.error("%s: %d bytes at %d cannot be read and are left out", self._folder, onward - position, position)
        return onward

    def _bases(self) -> list[int]:
        return sorted(int(name[:-4]) for name in os.listdir(self._folder) if name.endswith(".seg"))  # noqa: PTH208 - hot

    def _path(self, base: int) -> Path:
        return self._folder / f"{base:020d}.seg"


def meaning(error: OSError) -> Unavailable:
    """The error as callers of the log know it."""
    if is_full(error):
        return OutOfSpace("The disk of the event log is full")
    return Unavailable(f"The event log cannot be written: {error.strerror}")


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
