from __future__ import annotations

import asyncio
import os
from pathlib import Path

import obstore
from obstore.store import LocalStore

from matinee.backends.objects import stored
from matinee.ingest.intake import originals


async def test_what_vanishes_while_it_is_deleted_is_deleted(tmp_path: Path) -> None:
    """Two sweeps at once: each finds objects gone that it has just seen."""
    objects = LocalStore(tmp_path)
    for number in range(200):
        await obstore.put_async(objects, f"uploads/upl_1/{number:020d}", b"x")
    await obstore.put_async(objects, "uploads/upl_2/0", b"x")

    await asyncio.gather(*(stored.delete_under(objects, "uploads/upl_1/") for _ in range(8)))

    left = [meta["path"] async for some in obstore.list(objects) for meta in some]
    assert left == ["uploads/upl_2/0"]
    await stored.delete_under(objects, "uploads/upl_1/")


async def test_on_one_disk_a_film_is_moved_without_reading_it(tmp_path: Path) -> None:
    """64 GiB of nothing: whoever reads it is late."""
    film, objects = tmp_path / "film", LocalStore(tmp_path / "objects", mkdir=True)
    film.touch()
    os.truncate(film, 1 << 36)
    inode = film.stat().st_ino
    async with asyncio.timeout(5):
        await originals.take(objects, film, "sources/upl_1/film", move=True)
    assert not film.exists()
    assert (tmp_path / "objects/sources/upl_1/film").stat().st_ino == inode


async def test_what_is_not_moved_stays(tmp_path: Path) -> None:
    film, objects = tmp_path / "film", LocalStore(tmp_path / "objects", mkdir=True)
    film.write_bytes(os.urandom(9 << 20))
    await originals.take(objects, film, "sources/upl_1/film", move=False)
    assert (tmp_path / "objects/sources/upl_1/film").read_bytes() == film.read_bytes()
