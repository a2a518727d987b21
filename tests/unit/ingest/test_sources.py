from __future__ import annotations

import asyncio
from pathlib import Path

import obstore
from obstore.store import LocalStore

from matinee.ingest import sources


async def test_what_vanishes_while_it_is_deleted_is_deleted(tmp_path: Path) -> None:
    """Two sweeps at once: each finds objects gone that it has just seen."""
    objects = LocalStore(tmp_path)
    for number in range(200):
        await obstore.put_async(objects, f"uploads/upl_1/{number:020d}", b"x")
    await obstore.put_async(objects, "uploads/upl_2/0", b"x")

    await asyncio.gather(*(sources.delete_under(objects, "uploads/upl_1/") for _ in range(8)))

    left = [meta["path"] async for some in obstore.list(objects) for meta in some]
    assert left == ["uploads/upl_2/0"]
    await sources.delete_under(objects, "uploads/upl_1/")
