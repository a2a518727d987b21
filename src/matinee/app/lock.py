"""Who runs on a data folder: each part that must be alone there holds a lock that goes with its process, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from matinee.app.home import Home, UnusableHome
from matinee.runtime.errors import Conflict

SUPERVISOR = "up"
_LOOK_AGAIN_S = 0.05


class AlreadyRunning(Conflict):
    type, title = "already-running", "Matinee already runs on this data folder"


def hold(home: Home, part: str) -> int:
    """Holds `part` of the data folder for this process. Raises AlreadyRunning."""
    held = _taken(home.locks / part)
    if held is None:
        what = "Matinee" if part == SUPERVISOR else part
        raise AlreadyRunning(f"{what} already runs on {home.path}; stop it or give another folder with --home")
    return held


def running(home: Home) -> list[str]:
    """The parts that run on this data folder now."""
    try:
        parts = sorted(home.locks.iterdir()) if home.locks.is_dir() else []
    except OSError as wrong:
        raise UnusableHome(f"cannot look into the data folder {home.path}: {wrong.strerror}") from wrong
    return [part.name for part in parts if not _is_free(part)]


def wait_until_free(home: Home, most_s: float = 10.0) -> None:
    """Returns when all that a killed supervisor left behind has ended. Raises AlreadyRunning naming what still runs."""
    until = time.monotonic() + most_s
    while left := [part for part in running(home) if part != SUPERVISOR]:
        if time.monotonic() > until:
            raise AlreadyRunning(f"{_said(left)} on {home.path}; stop {'it' if len(left) == 1 else 'them'} first")
        time.sleep(_LOOK_AGAIN_S)


def _said(parts: list[str]) -> str:
    """As in "cdn-a, core and worker already run"."""
    *others, last = parts
    return f"{', '.join(others)} and {last} already run" if others else f"{last} already runs"


def _is_free(path: Path) -> bool:
    held = _taken(path)
    if held is None:
        return False
    os.close(held)
    return True


def _taken(path: Path) -> int | None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as wrong:
        raise UnusableHome(f"cannot write to the data folder: {path}: {wrong.strerror}") from wrong
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file
