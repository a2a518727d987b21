"""What is stored, under a key or under a prefix of keys."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import obstore
from obstore.store import LocalStore, ObjectStore

from matinee.backends.objects.errors import by_meaning

if TYPE_CHECKING:
    from obstore import ObjectMeta

_BLOCK = 4 << 20
_TYPES = {
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".vtt": "text/vtt",
    ".jpg": "image/jpeg",
}


def local_path(objects: ObjectStore, object_key: str) -> Path | None:
    """The file that is the object, where objects are files of this machine."""
    root = _root(objects)
    return None if root is None else root / object_key


def free_bytes(objects: ObjectStore) -> int:
    """Bytes free where objects lie; without end where that is not this machine's."""
    root = _root(objects)
    return sys.maxsize if root is None else shutil.disk_usage(root).free


def _root(objects: ObjectStore) -> Path | None:
    if isinstance(objects, LocalStore) and objects.prefix is not None:
        return Path(objects.prefix)
    return None


async def put_file(objects: ObjectStore, object_key: str, path: Path) -> None:
    """Puts a file, with the type that its name tells. Where objects are files of the same disk, it gets its second name;
    nothing is copied."""
    goal = local_path(objects, object_key)
    if goal is not None and await asyncio.to_thread(_link, path, goal):
        return
    keeps_types = not isinstance(objects, LocalStore)
    attributes = {"Content-Type": _TYPES[path.suffix]} if keeps_types and path.suffix in _TYPES else None
    with by_meaning():
        await obstore.put_async(objects, object_key, path, attributes=attributes)


def _link(path: Path, goal: Path) -> bool:
    goal.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, goal)
    except FileExistsError:
        return path.samefile(goal)
    except OSError:
        return False
    return True


async def sha256(objects: ObjectStore, object_key: str) -> str:
    """The SHA-256 of an object."""
    digest = hashlib.sha256()
    answer = await obstore.get_async(objects, object_key)
    async for block in answer.stream(min_chunk_size=_BLOCK):
        await asyncio.to_thread(digest.update, block)
    return digest.hexdigest()


async def is_missing(objects: ObjectStore, object_key: str) -> bool:
    """Whether there is no such object."""
    try:
        await obstore.head_async(objects, object_key)
    except FileNotFoundError:
        return True
    return False


async def delete_under(objects: ObjectStore, prefix: str) -> None:
    """Deletes every object under the prefix, which ends with a slash, and on a disk the empty folders.
    What another sweep deletes meanwhile is as good as deleted."""
    async for meta in listed(objects, prefix):
        with contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(objects, meta["path"])
    path = local_path(objects, prefix)
    if path is not None:
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


async def delete(objects: ObjectStore, object_key: str) -> None:
    """Deletes one object, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        await obstore.delete_async(objects, object_key)


async def listed(objects: ObjectStore, prefix: str) -> AsyncIterator[ObjectMeta]:
    """Every object under the prefix."""
    async for some in cast("AsyncIterator[Sequence[ObjectMeta]]", cast("Any", obstore).list(objects, prefix=prefix)):
        for meta in some:
            yield meta
