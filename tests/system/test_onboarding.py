"""Films come in while core, worker and encoders are killed at random: all end right, nothing is done twice, nothing is left.

`KILLS=100 FILMS=20` is the long form.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from house import House, eventually, film, matinee

KILLS, FILMS = int(os.environ.get("KILLS", "9")), int(os.environ.get("FILMS", "3"))
VICTIMS = ("core", "worker", "encoder")


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own, which cuts films into the shortest chunks."""
    house = House(MATINEE_ENCODE_CHUNK_S="10")
    house.start()
    yield house
    house.close()


def encoders(house: House) -> list[psutil.Process]:
    """The programs that the worker runs now."""
    return psutil.Process(house.pids()["worker"]).children(recursive=True)


def kill(house: House, victim: str) -> bool:
    """Kills it, where it is there just now."""
    try:
        if victim != "encoder":
            os.kill(house.pids()[victim], signal.SIGKILL)
            return True
        programs = encoders(house)
        if programs:
            random.choice(programs).kill()
    except (KeyError, ProcessLookupError, psutil.NoSuchProcess):
        return False
    return bool(programs)


def titles(house: House) -> dict[str, str]:
    return {each["title"]: each["state"] for each in house.owner().studio_titles()}


def preparing(house: House) -> list[str]:
    """What is still prepared, or failed."""
    answer = house.owner().get("/api/studio/preparations").json()["preparations"]
    return [f"{each['title']}: {each['phase']} {each['message']}" for each in answer]


def rows(house: House, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{house.home / 'stores' / 'jobs.sqlite'}?mode=ro", uri=True) as store:
        return store.execute(query).fetchall()


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


@pytest.mark.timeout(300 + 60 * FILMS)
def test_whoever_is_killed_every_film_ends_right(factory: House, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    logging.getLogger(__name__).warning("seed %d", seed)
    random.seed(seed)
    for number in range(FILMS):
        path = film(tmp_path / f"{number}.mp4", 24, "480x360", pitch=440 + number)
        added = matinee("add", path, "--title", f"Film {number}", "--home", factory.home)
        assert added.returncode == 0, added.stderr
    killed = 0
    while killed < KILLS and preparing(factory):
        killed += kill(factory, random.choice(VICTIMS))
        time.sleep(random.uniform(0.1, 2.5))
        eventually(lambda: {"core", "worker"} <= factory.pids().keys(), 20)
        eventually(lambda: factory.owner().get("/api/session").status_code == 200, 20)
    assert killed
    logging.getLogger(__name__).warning("%d killed", killed)
    eventually(lambda: preparing(factory) == [], 120 + 20 * FILMS)
    assert titles(factory) == {f"Film {number}": "published" for number in range(FILMS)}
    again = "SELECT step, attempt FROM tasks t WHERE EXISTS (SELECT 1 FROM tasks e WHERE e.job_id = t.job_id"
    again += " AND e.step = t.step AND e.reason = 'normal' AND e.attempt < t.attempt)"
    assert rows(factory, again) == []
    assert rows(factory, "SELECT step FROM tasks WHERE reason NOT IN ('normal', 'lost', 'failed')") == []
    eventually(lambda: files(factory.home / "scratch") == [], 40)
    left = {path.relative_to(factory.home / "objects").parts[0] for path in files(factory.home / "objects")}
    assert left == {"media", "images"}
    assert factory.strays() == []
