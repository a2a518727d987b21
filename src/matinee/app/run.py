"""Builds a process from its targets and lives it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from matinee.app.admin import Admin
from matinee.app.home import Home
from matinee.app.listener import listen
from matinee.app.lock import hold
from matinee.app.process import Process
from matinee.app.targets import TARGETS, ordered
from matinee.config import Settings
from matinee.runtime.rpc import server


async def run(name: str, home: Home, settings: Settings, options: dict[str, Any], targets: Sequence[str]) -> None:
    """Until SIGTERM or SIGINT. Raises Invalid for an unknown target, and whatever keeps a target from being built."""
    order = ordered(targets)
    process = Process(name, home, settings, options)
    for part in {name, *(target for target in order if TARGETS[target].alone)}:
        hold(home, part)
    try:
        await build(process, targets)
    except BaseException:
        await process.close()
        raise
    await process.live()


async def build(process: Process, targets: Sequence[str]) -> None:
    """Builds the targets and serves their operations at this process's socket, under the name of each service."""
    for target in ordered(targets):
        await TARGETS[target].build(process)
    path = process.home.socket(process.name)
    await listen(process, process.name, Admin(process, server.app(process.offered)), path)
    for contract in process.offered:
        _also_known_as(process, contract.__name__.lower())


def _also_known_as(process: Process, service: str) -> None:
    """The service's own socket is a link to this process's: whoever runs the service, its name leads there."""
    link = process.home.socket(service)
    if service == process.name:
        return
    draft = link.with_suffix(f".{process.name}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    draft.symlink_to(process.home.socket(process.name).name)
    draft.rename(link)
