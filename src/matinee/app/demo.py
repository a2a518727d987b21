"""Puts the demo films into a house: each is made once, and what its owner then does with it stays done."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable

from matinee.app.process import Process
from matinee.demo.films import FILMS, DemoFilm, make, start
from matinee.ingest.contract import Ingest
from matinee.ingest.toolchain import installed
from matinee.services.jobs.open import open as open_programs


async def add_films(process: Process, say: Callable[[str], None]) -> None:
    """Makes what is not there yet and starts its preparation. Raises Unavailable when the house goes away meanwhile."""
    folder = process.home.path / "demo"
    for film in FILMS:
        if not (folder / f"{film.name}.added").exists():
            say(f"{film.metadata.title}: is drawn")
            await _add(process, film)


async def _add(process: Process, film: DemoFilm) -> None:
    folder = process.home.path / "demo"
    made = await make(open_programs("processes:"), installed(), film, folder / film.name)
    await process.client(Ingest).start(start(film, made))
    (folder / f"{film.name}.added").touch()
    await asyncio.to_thread(shutil.rmtree, folder / film.name, ignore_errors=True)
