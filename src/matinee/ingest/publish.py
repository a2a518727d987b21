"""Puts a package where viewers get it: files first, manifests last, then the catalogue and the appliances are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from matinee.backends.objects.errors import by_meaning
from matinee.ingest.package import DASH, HLS
from matinee.ingest.pipeline import Order
from matinee.ingest.wanted import wanted
from matinee.services.catalog.contract import Attach, ByTitle, Catalog, Encode, Poster, State
from matinee.services.fill.contract import Fill

_AT_ONCE = 8
_TYPES = {
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".vtt": "text/vtt",
    ".jpg": "image/jpeg",
}


async def put_package(
    objects: ObjectStore, order: Order, encode: Encode, root: Path, progress: Callable[[float], None]
) -> None:
    """Puts the encode's files under `media/{title}/{encode}/`. Repeats write the same again."""
    base = f"media/{order.title_id}/{order.encode_id}"
    manifests = {DASH, HLS}
    paths = [file.path for file in encode.files if file.path not in manifests]
    gate, done = asyncio.Semaphore(_AT_ONCE), 0

    async def put(path: str) -> None:
        nonlocal done
        async with gate:
            await _put(objects, root / path, f"{base}/{path}")
        done += 1
        progress(done / len(paths))

    async with asyncio.TaskGroup() as group:
        for path in paths:
            group.create_task(put(path))
    for path in sorted(manifests):
        await _put(objects, root / path, f"{base}/{path}")


async def put_poster(objects: ObjectStore, order: Order, widths: list[int], root: Path) -> Poster:
    """Puts the poster's sizes under `images/{image}/`."""
    for width in widths:
        await _put(objects, root / f"{width}.jpg", f"images/{order.image_id}/{width}.jpg")
    widest = max(widths)
    return Poster(order.image_id, widest, widest * 9 // 16, widths)


async def announce(catalog: Catalog, fill: Fill, order: Order, encode: Encode, poster: Poster) -> None:
    """Gives the title its film. What an editor withdrew meanwhile stays withdrawn."""
    title = await catalog.attach(Attach(order.title_id, encode, poster))
    await fill.want(wanted(order.title_id, encode))
    if order.publish and title.state is State.DRAFT:
        await catalog.publish(ByTitle(order.title_id))


async def _put(objects: ObjectStore, path: Path, key: str) -> None:
    attributes = {"Content-Type": _TYPES[path.suffix]} if path.suffix in _TYPES and _keeps_types(objects) else None
    with by_meaning():
        await obstore.put_async(objects, key, path, attributes=attributes)


def _keeps_types(objects: ObjectStore) -> bool:
    return not isinstance(objects, obstore.store.LocalStore)
