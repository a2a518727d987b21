"""What files of this machine hold, remembered so that one which stays as it is, is not read again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from matinee.ingest.tables import files


class FileState(Struct, frozen=True):
    """A file as a look found it. `place` is the SHA-256 of its path; `changed_ns` its time of change."""

    place: str
    size: int
    changed_ns: int


def state_of(path: Path) -> FileState:
    """Raises OSError where there is no such file."""
    found = path.stat()
    return FileState(hashlib.sha256(os.fsencode(path)).hexdigest(), found.st_size, found.st_mtime_ns)


def of_parts(digests: Sequence[str]) -> str:
    """The SHA-256 of a film by those of its files in order; of a single one it is that file's."""
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def content_of(connection: Connection, state: FileState) -> str | None:
    """The SHA-256 of a file that is as it was when it was last read."""
    wanted = files.c.place == state.place, files.c.size == state.size, files.c.changed_ns == state.changed_ns
    return connection.scalar(select(files.c.sha256).where(*wanted))


def remember(connection: Connection, state: FileState, sha256: str) -> None:
    """Keeps what a file holds in this state, in place of what it held before."""
    connection.execute(delete(files).where(files.c.place == state.place))
    connection.execute(insert(files).values(**msgspec.to_builtins(state), sha256=sha256))
