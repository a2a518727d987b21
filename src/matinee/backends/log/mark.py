"""A position in a file of its own, which processes share: read and written in place, whole, with its checksum."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import threading
from collections.abc import Generator
from pathlib import Path
from zlib import crc32

from matinee.runtime.errors import Unavailable

_POSITION = struct.Struct("<QI")


class Mark:
    """The file is a lock too: `held` for a while, or `take`n for as long as its taker lives. A killed holder lets go."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._threads = threading.Lock()  # a file lock does not part the threads of one process

    def get(self) -> int | None:
        """The position; None where none was ever put. Raises Unavailable once closed."""
        if self._file < 0:
            raise Unavailable("The event log is closed")
        data = os.pread(self._file, _POSITION.size, 0)
        if len(data) < _POSITION.size:
            return None
        position, checked = _POSITION.unpack(data)
        return position if crc32(data[:8]) == checked else None

    def put(self, position: int) -> None:
        os.pwrite(self._file, _POSITION.pack(position, crc32(position.to_bytes(8, "little"))), 0)

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Waits until no other thread or process holds it."""
        with self._threads:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def take(self) -> bool:
        """Holds it until `close`, where nobody else does."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
