"""Time, from outside: rules take it as a value, services take a Clock.

Calendar rules and token lives read `now`, which a test clock may move. Timeouts, heartbeats and leases read what nothing
moves: `monotonic`, or `real_now` where they outlive a process.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What time it is, by the three measures that must not be mixed."""

    def now(self) -> datetime:
        """Aware UTC calendar time; a test clock may have moved it."""
        ...

    def real_now(self) -> datetime:
        """Aware UTC calendar time that no test clock moves: for leases and heartbeats that outlive a process."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward, of this machine."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251

    def real_now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251

    def monotonic(self) -> float:
        return time.monotonic()


class SharedClock(SystemClock):
    """The system's time moved by an offset that all processes of a machine map from one 8-byte file."""

    def __init__(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with contextlib.closing(os.fdopen(file, "r+b", buffering=0)):
            if os.fstat(file).st_size < 8:
                os.ftruncate(file, 8)
            self._offset = mmap.mmap(file, 8)

    def now(self) -> datetime:
        return self.real_now() + timedelta(milliseconds=struct.unpack("<q", self._offset[:8])[0])

    def advance(self, by: timedelta) -> datetime:
        """Moves calendar time forward for every process; returns the new time. Raises ValueError on a step back."""
        if by < timedelta(0):
            msg = "the test clock only goes forward"
            raise ValueError(msg)
        offset = struct.unpack("<q", self._offset[:8])[0] + int(by.total_seconds() * 1000)
        self._offset[:8] = struct.pack("<q", offset)
        return self.now()


def milliseconds(at: datetime) -> int:
    """Integer milliseconds since the epoch, the form of time in tables."""
    return int(at.timestamp() * 1000)


def moment(ms: int) -> datetime:
    """The aware UTC time of `milliseconds`."""
    return datetime.fromtimestamp(ms / 1000, UTC)
