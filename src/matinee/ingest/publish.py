"""Puts what was packaged where viewers get it: the files first, then the catalogue and the appliances are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from obstore.store import ObjectStore

from matinee.backends.objects import stored
from matinee.ingest.pipeline import Order
from matinee.ingest.wanted import wanted
from matinee.services.catalog.contract import Attach, ByTitle, Catalog
from matinee.services.fill.contract import Fill
from matinee.terms.encode import Encode, File
from matinee.terms.rendition import Rendition
from matinee.terms.title import State

_AT_ONCE = 8


async def put_files(
    objects: ObjectStore, order: Order, files: Sequence[File], root: Path, progress: Callable[[float], None]
) -> None:
    """Puts files of the encode under `media/{title}/{encode}/`. Repeats write the same again."""
    base = f"media/{order.title_id}/{order.encode_id}"
    gate, done = asyncio.Semaphore(_AT_ONCE), 0

    async def put(path: str) -> None:
        nonlocal done
        async with gate:
            await stored.put_file(objects, f"{base}/{path}", root / path)
        done += 1
        progress(done / len(files))

    async with asyncio.TaskGroup() as group:
        for file in files:
            group.create_task(put(file.path))


def extended(encode: Encode, renditions: list[Rendition], files: list[File]) -> Encode:
    """The encode with these beside what it has; now nothing of it is missing."""
    new, paths = {rendition.id for rendition in renditions}, {file.path for file in files}
    return msgspec.structs.replace(
        encode,
        renditions=[*(old for old in encode.renditions if old.id not in new), *renditions],
        files=[*(old for old in encode.files if old.path not in paths), *files],
        complete=True,
    )


async def announce(catalog: Catalog, fill: Fill, order: Order, encode: Encode) -> None:
    """Gives the title its film. What an editor withdrew meanwhile stays withdrawn, and off the appliances."""
    title = await catalog.attach(Attach(order.title_id, encode))
    if title.state is State.WITHDRAWN:
        return
    await fill.want(wanted(order.title_id, encode))
    if order.publish and title.state is State.DRAFT:
        await catalog.publish(ByTitle(order.title_id))
