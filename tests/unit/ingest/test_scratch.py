from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore, ObjectStore

from matinee.ingest.scratch import Scratch
from matinee.runtime.errors import OutOfSpace

STORES: dict[str, Callable[[Path], ObjectStore]] = {
    "files of this machine": lambda folder: LocalStore(folder / "objects", mkdir=True),
    "elsewhere": lambda _: MemoryStore(),
}


@pytest.fixture(params=STORES)
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return STORES[request.param](tmp_path)


def test_what_is_to_be_spared_is_not_taken(tmp_path: Path) -> None:
    half = shutil.disk_usage(tmp_path).free // 2
    Scratch(tmp_path, MemoryStore(), spare=0).check_room(half)
    with pytest.raises(OutOfSpace, match="not enough room"):
        Scratch(tmp_path, MemoryStore(), spare=2 * half + (1 << 40)).check_room(half)


async def test_another_machine_finds_what_a_step_made_and_makes_it_no_second_time(
    tmp_path: Path, objects: ObjectStore
) -> None:
    made = 0

    async def work(into: Path) -> dict[str, Any]:
        nonlocal made
        made += 1
        (into / "package").mkdir()
        (into / "package" / "a.m4s").write_bytes(b"segment")
        return {"made": made}

    here, there = Scratch(tmp_path / "here", objects, 0), Scratch(tmp_path / "there", objects, 0)
    assert await here.make("job_1", "playable", "tsk_1", work) == {"made": 1}
    assert await there.make("job_1", "playable", "tsk_2", work) == {"made": 1}
    for scratch in (here, there):
        folder = await scratch.folder("job_1", "playable")
        assert (folder / "package" / "a.m4s").read_bytes() == b"segment"
        assert await scratch.jobs() == ["job_1"]
    with pytest.raises(FileNotFoundError):
        await there.folder("job_1", "complete")
    for scratch in (here, there):
        await scratch.drop("job_1")
        assert await scratch.jobs() == []


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def test_a_step_that_was_cut_off_begins_anew(tmp_path: Path, objects: ObjectStore) -> None:
    scratch = Scratch(tmp_path / "here", objects, 0)

    async def cut_off(into: Path) -> dict[str, Any]:
        (into / "half").write_bytes(b"x")
        raise InterruptedError

    async def work(into: Path) -> dict[str, Any]:
        assert is_empty(into)
        return {}

    with pytest.raises(InterruptedError):
        await scratch.make("job_1", "first.0", "tsk_1", cut_off)
    assert await scratch.make("job_1", "first.0", "tsk_2", work) == {}
    assert [path.name for path in (await scratch.folder("job_1", "first.0")).iterdir()] == ["result.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_a_disk_that_takes_no_more_ends_a_step_in_one_sentence(tmp_path: Path, number: int) -> None:
    async def work(_: Path) -> dict[str, Any]:
        raise OSError(number, "full")

    with pytest.raises(OutOfSpace, match="became full"):
        await Scratch(tmp_path, MemoryStore(), spare=0).make("job_1", "draft", "tsk_1", work)


async def test_an_object_is_near_on_every_machine_and_copied_only_where_it_must(
    tmp_path: Path, objects: ObjectStore
) -> None:
    await obstore.put_async(objects, "sources/upl_1/film-2", b"a part")
    near = await Scratch(tmp_path / "here", objects, 0).near("sources/upl_1/film-2", tmp_path / "copy")
    assert near.read_bytes() == b"a part"
    assert (tmp_path / "copy").exists() == isinstance(objects, MemoryStore)


async def test_several_steps_fetch_one_folder_together(tmp_path: Path, objects: ObjectStore) -> None:
    async def work(into: Path) -> dict[str, Any]:
        (into / "film.mkv").write_bytes(b"film")
        return {}

    await Scratch(tmp_path / "here", objects, 0).make("job_1", "splice", "tsk_1", work)
    there = Scratch(tmp_path / "there", objects, 0)
    found = await asyncio.gather(*(there.folder("job_1", "splice") for _ in range(4)))
    assert {(folder / "film.mkv").read_bytes() for folder in found} == {b"film"}
