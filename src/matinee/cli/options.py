"""Options that several commands share, and the way from a command to a running house."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from matinee.app.home import DEFAULT_HOME, Home
from matinee.app.lock import running
from matinee.app.process import Process
from matinee.config import read
from matinee.runtime.errors import Unavailable

__all__ = ["DEFAULT_HOME", "HomePath", "NotRunning", "ask"]

T = TypeVar("T")

HomePath = Annotated[
    Path, typer.Option("--home", envvar="MATINEE_HOME", help="The data folder.", show_default="./matinee-data")
]


class NotRunning(Unavailable):
    type, title = "not-running", "Matinee is not running"


def ask(home: Path, work: Callable[[Process], Coroutine[Any, Any, T]]) -> T:
    """Runs `work` with a process that offers nothing and reaches the services of the house that runs on `home`.

    Raises NotRunning where none does."""
    place = Home(home)
    if not running(place):
        raise NotRunning(f"Matinee is not running on {place.path}; start it with `matinee up`, or say --home")

    async def inside() -> T:
        return await work(Process("cli", place, read(place.path), {}))

    return asyncio.run(inside())
