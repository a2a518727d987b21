"""Puts the demo films into a house: each is made once, and what its owner then does with it stays done."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable

from matinee.app.process import Process
from matinee.demo.film import DemoFilm
from matinee.demo.films import FILMS
from matinee.demo.making import make, start
from matinee.ingest.contract import Ingest, ObservePreparations, Phase, Preparation
from matinee.ingest.toolchain import installed
from matinee.services.jobs.open import open as open_programs

_ON_ITS_WAY = {Phase.UPLOADING, Phase.PREPARING}
_PATIENCE_S, _WAIT_S = 60.0, 20.0


async def add_films(process: Process, say: Callable[[str], None]) -> None:
    """Makes what is not there yet and starts its preparation. Raises Unavailable when the house goes away meanwhile.

    The first gets the whole machine until it plays; the others are drawn while those before them are encoded.
    """
    folder = process.home.path / "demo"
    missing = [film for film in FILMS if not (folder / f"{film.name}.added").exists()]
    for place, film in enumerate(missing):
        say(f"{film.metadata.title}: drawing it")
        preparation = await _add(process, film)
        if place == 0:
            await _plays(process.client(Ingest), preparation)


async def _add(process: Process, film: DemoFilm) -> Preparation:
    folder = process.home.path / "demo"
    made = await make(open_programs("processes:"), installed(), film, folder / film.name)
    preparation = await process.client(Ingest).start(start(film, made))
    (folder / f"{film.name}.added").touch()
    await asyncio.to_thread(shutil.rmtree, folder / film.name, ignore_errors=True)
    return preparation


async def _plays(ingest: Ingest, preparation: Preparation) -> None:
    """Waits until the film plays or has failed, and no longer than a minute."""
    cursor, phase = 0, preparation.phase
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while phase in _ON_ITS_WAY:
                seen = await ingest.observe(ObservePreparations(cursor, _WAIT_S))
                cursor = seen.cursor
                phase = next((found.phase for found in seen.preparations if found.id == preparation.id), phase)
    except TimeoutError:
        return
