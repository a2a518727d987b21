from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import pytest
from typer.testing import CliRunner

from matinee.app import doctor
from matinee.cli.commands import app
from matinee.ingest.toolchain import installed
from matinee.services.jobs.machine import Memory
from matinee.services.jobs.processes import Processes
from matinee.services.jobs.programs import Ended


class Pretended:
    """Programs that answer by their name, and the real ones for all else."""

    def __init__(self, **answers: Ended) -> None:
        self._answers = answers

    async def run(self, command: Sequence[str], **more: Any) -> Ended:
        name = Path(command[0]).name
        if "-encoders" in command:
            name = "encoders"
        return self._answers.get(name) or await Processes().run(command, **more)


def findings(home: Path, programs: Any = None, **tools: str) -> dict[str, doctor.Finding]:
    found = asyncio.run(doctor.examine(home, msgspec.structs.replace(installed(), **tools), programs or Processes()))
    return {finding.name: finding for finding in found}


def test_what_came_with_the_package_is_whole_and_pinned(tmp_path: Path) -> None:
    found = findings(tmp_path)
    for name in ("ffmpeg", "ffprobe", "packager", "wide ffmpeg"):
        assert found[name].fault == ""
        assert "(pinned: " in found[name].says
    assert found["encoders"].says == "libx264, aac"
    assert found["steps"].says.startswith("niced, limited in memory")
    assert [finding.fault for finding in found.values() if finding.fault] == []


def test_ones_own_program_is_told_from_the_pinned_one(tmp_path: Path) -> None:
    own = tmp_path / "ffprobe"
    shutil.copy(installed().ffprobe, own)
    found = findings(tmp_path, ffprobe=str(own))["ffprobe"]
    assert (found.fault, found.note) == ("", "ffprobe is your own; tests ran with the pinned one.")


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (None, "cannot be started: No such file"),
        ("#!/bin/sh\necho no library here >&2; exit 127\n", "does not run: no library here."),
        ("#!/bin/sh\necho hello\n", "does not run: it gave no reason."),
    ],
)
def test_a_program_that_does_not_run_is_a_fault(tmp_path: Path, made: str | None, says: str) -> None:
    broken = tmp_path / "packager"
    if made is not None:
        broken.write_text(made)
        broken.chmod(0o700)
    assert says in findings(tmp_path, packager=str(broken))["packager"].fault


def test_a_program_that_was_changed_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(_: bytes) -> Any:
        return hashlib.md5(b"other", usedforsecurity=False)

    monkeypatch.setattr(doctor.hashlib, "sha256", other)
    assert "is not what came with" in findings(tmp_path)["packager"].fault


def test_encoders_memory_disk_and_settings_that_lack_are_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "matinee.toml").write_text("[gateway]\nport = 'x'\n")
    monkeypatch.setattr(doctor, "memory", lambda: Memory(8000, 900))
    monkeypatch.setattr(doctor, "disk_mb", mock.Mock(return_value=1500))
    found = findings(tmp_path, Pretended(encoders=Ended(0, b" A....D aac  AAC", "")))
    assert "libx264" in found["encoders"].fault
    assert found["memory"].fault == "There is less than 1 GB of free memory."
    assert found["disk"].fault.startswith("There is less than 2 GB free at ")
    assert "port" in found["settings"].fault


def test_a_system_that_refuses_limits_is_told_of(tmp_path: Path) -> None:
    free = Pretended(
        **{Path(sys.executable).name: Ended(0, f"0 -1 {Path('/proc/self/ns/net').readlink()}".encode(), "")}
    )
    found = findings(tmp_path, free)["steps"]
    assert "niced" in found.fault
    assert "memory" in found.fault
    assert "network" in found.note
    assert "network" not in found.fault


def test_the_command_prints_each_fault_and_ends_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def examine(*_: object) -> list[doctor.Finding]:
        return [doctor.Finding("disk", "little", fault="There is little."), doctor.Finding("steps", "so", note="Hm.")]

    monkeypatch.setattr(doctor, "examine", examine)
    ended = CliRunner().invoke(app, ["doctor", "--home", str(tmp_path)])
    assert ended.exit_code == 1
    assert ended.stderr == "matinee: There is little.\n"
    assert "! disk         little" in ended.stdout
    assert "note: Hm." in ended.stdout
