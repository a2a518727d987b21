from __future__ import annotations

from pathlib import Path

import pytest

from matinee.services.jobs import machine

MEMINFO = "MemTotal:        8000000 kB\nMemFree: 1 kB\nMemAvailable:    4000000 kB\nHugePages_Total:       0\n"


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "cgroup").write_text("4:memory:/other\n0::/house/worker\n")
    (tmp_path / "groups/house/worker").mkdir(parents=True)
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path / "groups")
    return tmp_path


def bound(folder: Path, most: str, used: int, cached: int) -> None:
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {cached}\n")


def test_memory_is_the_machines(pretend: Path) -> None:
    assert machine.memory() == machine.Memory(8192, 4096)
    bound(pretend / "groups/house/worker", "max", 1, 1)
    assert machine.memory() == machine.Memory(8192, 4096)


def test_memory_is_the_containers_where_that_has_less(pretend: Path) -> None:
    bound(pretend / "groups/house", "2000000000", 1_500_000_000, 500_000_000)
    assert machine.memory() == machine.Memory(2000, 1000)


def test_disk_of_a_folder_that_is_still_to_be_made(tmp_path: Path) -> None:
    assert machine.disk_mb(tmp_path / "a" / "b") > 0
