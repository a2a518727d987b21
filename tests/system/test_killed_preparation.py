"""A house that prepares a film is killed at chosen moments; the next one ends the work and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from house import film

from ingesting import WorkingHouse, over
from matinee.ingest.contract import Phase, Start, Sweep
from matinee.services.catalog.contract import ByTitle
from matinee.services.jobs.contract import ListJobs, Reason
from matinee.terms.title import Metadata

Eventually = Callable[..., Awaitable[None]]
HERE = Path(__file__).parent
FILM = Metadata("The Lighthouse", year=2026, genres=["Drama"])


async def work(home: Path, film_path: Path, *further: Path) -> None:
    """A house that works until it is killed."""
    house = WorkingHouse(home, lease_ms=1000)
    await house.ingest.start(Start("k", str(film_path), "f.mp4", FILM, further=[str(path) for path in further]))
    await house.worker.run()


async def killed(home: Path, films: list[Path], place: str, eventually: Eventually) -> None:
    """A house that began with a film and was killed when it had come to this place."""
    code = "import asyncio, pathlib, sys, test_killed_preparation as t; asyncio.run(t.work(*map(pathlib.Path, sys.argv[1:])))"
    command = [sys.executable, "-c", code, *map(str, [home, *films])]
    with subprocess.Popen(command, cwd=HERE, env={**os.environ, "PYTHONPATH": str(HERE.parent)}) as doomed:
        try:
            await eventually(lambda: any(home.glob(place)), within_s=30)
        finally:
            doomed.kill()


async def left_clean(house: WorkingHouse) -> None:
    await house.ingest.sweep(Sweep())
    await house.worker.sweep()
    assert house.files("scratch") == []
    assert {name.split("/")[0] for name in house.files("objects")} == {"media", "images"}


@pytest.mark.parametrize("place", ["scratch/*/splice.*.part", "objects/work/*/splice"])
async def test_killed_while_parts_are_joined_it_still_ends_right(
    tmp_path: Path, eventually: Eventually, place: str
) -> None:
    films = [film(tmp_path / f"f cd{part}.mp4", 2) for part in (1, 2)]
    await killed(tmp_path / "home", films, place, eventually)
    house = WorkingHouse(tmp_path / "home", lease_ms=1000)
    running = asyncio.create_task(house.worker.run())
    started = await house.ingest.start(Start("k", str(films[0]), "f.mp4", FILM, further=[str(films[1])]))
    done = await over(house, started.id)
    assert (done.phase, done.message) == (Phase.PLAYABLE, "")
    encode = await house.catalog.encode(ByTitle(done.title_id))
    assert (encode.duration_ms, [chapter.title for chapter in encode.chapters]) == (4000, ["Part 1", "Part 2"])
    await left_clean(house)
    running.cancel()
    await house.close()


@pytest.mark.parametrize(
    "place",
    [
        "objects/work/*/inspect",
        "scratch/*/first.0.*.part/v240.mp4",
        "objects/work/*/draft",
        "objects/work/*/playable",
        "scratch/*/complete.*.part",
        "objects/work/*/complete",
    ],
)
async def test_killed_at_any_moment_it_still_ends_right(tmp_path: Path, eventually: Eventually, place: str) -> None:
    path = film(tmp_path / "f.mp4", seconds=6, size="640x360")
    home = tmp_path / "home"
    await killed(home, [path], place, eventually)
    house = WorkingHouse(home, lease_ms=1000)
    running = asyncio.create_task(house.worker.run())
    started = await house.ingest.start(Start("k", str(path), "f.mp4", FILM))
    done = await over(house, started.id)
    assert (done.phase, done.message) == (Phase.PLAYABLE, "")
    job = (await house.jobs.list_jobs(ListJobs())).jobs[0]
    ended = [task.step for task in job.tasks if task.reason is Reason.NORMAL]
    assert sorted(ended) == sorted(set(ended))
    assert {task.step for task in job.tasks} == set(ended)
    assert len((await house.catalog.encode(ByTitle(done.title_id))).renditions) == 3
    assert {task.reason for task in job.tasks} <= {Reason.NORMAL, Reason.LOST}
    await left_clean(house)
    running.cancel()
    await house.close()
