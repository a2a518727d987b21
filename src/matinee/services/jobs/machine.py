"""What this machine has of memory and disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from msgspec import Struct

_MB = 1_000_000
_MEMINFO = Path("/proc/meminfo")
_GROUPS = Path("/proc/self/cgroup")
_CGROUPS = Path("/sys/fs/cgroup")


class Memory(Struct, frozen=True):
    total_mb: int
    free_mb: int


def memory() -> Memory:
    """The machine's memory, or the container's where that has less."""
    found = _of_the_machine()
    for most, used in _of_its_groups():
        found = Memory(min(found.total_mb, most // _MB), min(found.free_mb, max(0, most - used) // _MB))
    return found


def disk_mb(folder: Path) -> int:
    """Megabytes free where the folder lies, or will lie."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // _MB


def _of_the_machine() -> Memory:
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:  # not Linux
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MB
        return Memory(total, total)
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return Memory(kib["MemTotal"] * 1024 // _MB, kib["MemAvailable"] * 1024 // _MB)


def _of_its_groups() -> list[tuple[int, int]]:
    """The bounds of the control groups that this process is in: most and used bytes, without what the disk cache holds."""
    try:
        own = next(line for line in _GROUPS.read_text().splitlines() if line.startswith("0::"))[3:].strip("/")
    except (OSError, StopIteration):
        return []
    folder = _CGROUPS / own
    found: list[tuple[int, int]] = []
    while folder.is_relative_to(_CGROUPS):
        try:
            most, used = (folder / "memory.max").read_text().strip(), int((folder / "memory.current").read_text())
            cached = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())["inactive_file"]
            if most != "max":
                found.append((int(most), used - int(cached)))
        except (OSError, ValueError, KeyError):
            pass
        folder = folder.parent
    return found
