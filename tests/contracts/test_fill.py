from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from matinee.backends.sql.open import open as open_database
from matinee.runtime.errors import Invalid
from matinee.services.fill.contract import Drop, Fill, FillFile, Manifest, ObserveManifest, Want
from matinee.services.fill.service import Service

Wired = Callable[..., Awaitable[Any]]


def want(title: str, encode: str = "enc_1", files: int = 2) -> Want:
    path = f"{title}/{encode}"
    return Want(title, path, [FillFile(f"{path}/v/{n:05}.m4s", n, f"{n:064x}") for n in range(files)])


@pytest.fixture
async def fill(tmp_path: Path, wired: Wired) -> AsyncIterator[Fill]:
    database = open_database(f"sqlite:///{tmp_path}/fill.db", migrations="matinee.services.fill")
    yield await wired(Fill, Service(database))
    await database.close()


async def now(fill: Fill, after: int = -1, wait_s: float = 0) -> Manifest:
    return await fill.observe_manifest(ObserveManifest("cdn-a", after, wait_s))


async def test_the_newest_wish_stands_first_and_an_older_encode_is_dropped(fill: Fill) -> None:
    assert await now(fill) == Manifest(0, [])
    await fill.want(want("ttl_1"))
    await fill.want(want("ttl_2"))
    await fill.want(want("ttl_1", "enc_2", files=3))
    manifest = await now(fill)
    assert [one.encode_path for one in manifest.encodes] == ["ttl_1/enc_2", "ttl_2/enc_1"]
    assert manifest.encodes[0].files == want("ttl_1", "enc_2", files=3).files


async def test_repeats_change_nothing(fill: Fill) -> None:
    await fill.want(want("ttl_1"))
    first = await now(fill)
    await fill.want(want("ttl_1"))
    await fill.drop(Drop("ttl_9"))
    assert await now(fill) == first


async def test_a_dropped_title_is_no_longer_named(fill: Fill) -> None:
    await fill.want(want("ttl_1"))
    before = await now(fill)
    await fill.drop(Drop("ttl_1"))
    after = await now(fill)
    assert (after.encodes, after.version > before.version) == ([], True)


async def test_a_change_is_told_to_who_waits(fill: Fill) -> None:
    known = await now(fill)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(now(fill, known.version, 30))
        await asyncio.sleep(0)
        await fill.want(want("ttl_1"))
    assert [one.encode_path for one in waiting.result().encodes] == ["ttl_1/enc_1"]
    assert await now(fill, waiting.result().version, 0.01) == waiting.result()


async def test_a_version_that_was_never_given_is_answered_at_once(fill: Fill) -> None:
    assert await now(fill, after=999, wait_s=30) == Manifest(0, [])


async def test_a_wish_that_climbs_out_of_its_folder_is_refused(fill: Fill) -> None:
    with pytest.raises(Invalid):
        await fill.want(Want("ttl_1", "ttl_1/enc_1", [FillFile("ttl_1/enc_1/../../x", 1, "0" * 64)]))
