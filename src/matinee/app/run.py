"""Builds a process from its targets and lives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matinee.app.admin import Admin
from matinee.app.home import Home
from matinee.app.listener import listen
from matinee.app.lock import hold
from matinee.app.ports import bound_near
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
    if process.options.get("admin"):
        await listen(process, "admin port", Admin(process), bound_near(process.options["admin"], "--admin"))
    for service in {contract.__name__.lower() for contract in process.offered} - {process.name}:
        process.home.lead(service, path)  # whoever runs the service, its name leads there
