"""Where a film's bytes lie before it is prepared: objects under `sources/` and `uploads/`."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import obstore
from msgspec import Struct
from obstore.store import ObjectStore

from matinee.backends.objects import stored
from matinee.backends.objects.errors import by_meaning
from matinee.ingest.contract import Sidecar
from matinee.runtime.errors import Invalid

_BLOCK = 4 << 20


class Files(Struct, frozen=True):
    """A film and what lies beside it, as keys of objects; with a slash at its end one is the folder of an upload's pieces.
    `further` are the parts in which a film in several goes on."""

    film: str
    sidecars: list[Sidecar]
    poster: str | None = None
    further: list[str] = []


def key(intake_id: str, name: str) -> str:
    """The object of a film or sidecar that was taken from a path."""
    return f"sources/{intake_id}/{name}"


def part(intake_id: str, place: int) -> str:
    """The object of a film that was taken from a path, or of one of the files that it is in; they count from 0."""
    return key(intake_id, f"film-{place + 1}" if place else "film")


def checked(path: str) -> Path:
    """The path of a file that can be taken. Raises Invalid with one sentence."""
    found = Path(path)
    if not found.is_absolute() or not found.is_file():
        raise Invalid(f"There is no file {path}.")
    if not os.access(found, os.R_OK):
        raise Invalid(f"The file {path} cannot be read: permission is denied.")
    if found.stat().st_size == 0:
        raise Invalid("The file is empty.")
    return found


async def take(
    objects: ObjectStore, path: Path, object_key: str, *, move: bool, heard: Callable[[int], None] | None = None
) -> str | None:
    """Puts the file to objects; with `move` it is gone from its place then. On one file system a move is a rename, which reads
    nothing: None, else the SHA-256 of its bytes. `heard` is told how many were read, now and then, from another thread.

    Raises Invalid when the file cannot be read, or changed meanwhile; OutOfSpace.
    """
    try:
        goal = stored.local_path(objects, object_key)
        if move and goal is not None and await asyncio.to_thread(_same_disk, path, goal):
            await asyncio.to_thread(os.replace, path, goal)
            return None
        digest = await asyncio.to_thread(_copy, objects, path, object_key, heard or _unheard)
    except PermissionError as error:
        raise Invalid(f"The file {path} cannot be read: permission is denied.") from error
    except FileNotFoundError as error:
        raise Invalid(f"There is no file {path} any more.") from error
    except _Changed as error:
        await obstore.delete_async(objects, object_key)
        raise Invalid(f"The file {path} changed while it was read; add it again when it is whole.") from error
    except OSError as error:
        raise Invalid(f"The file {path} cannot be read: {error.strerror or error}.") from error
    if move:
        await asyncio.to_thread(path.unlink, missing_ok=True)
    return digest


class _Changed(Exception):
    pass


def _unheard(_: int) -> None: ...


def _same_disk(path: Path, goal: Path) -> bool:
    goal.parent.mkdir(parents=True, exist_ok=True)
    return path.stat().st_dev == goal.parent.stat().st_dev


def _copy(objects: ObjectStore, path: Path, object_key: str, heard: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file, by_meaning():
        before = os.fstat(file.fileno())
        blocks = _blocks(file, digest.update, heard)
        obstore.put(objects, object_key, blocks, use_multipart=True, chunk_size=_BLOCK)
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or file.tell() != after.st_size:
            raise _Changed
    return digest.hexdigest()


def _blocks(file: BinaryIO, digest: Callable[[bytes], None], heard: Callable[[int], None]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        digest(block)
        yield block
        heard(file.tell())


async def fetch(objects: ObjectStore, source: str, size: int | None, path: Path) -> None:
    """Writes the source, one object or a folder of pieces, into a file. Raises Invalid unless it has `size` bytes, if given."""
    with path.open("wb") as file:
        async for block in _read(objects, source):
            await asyncio.to_thread(file.write, block)
        written = file.tell()
    if size is not None and written != size:
        raise Invalid("The upload is not whole: bytes are missing. Send it again.")


async def digest(objects: ObjectStore, source: str) -> str:
    """The SHA-256 of the source, one object or a folder of pieces."""
    found = hashlib.sha256()
    async for block in _read(objects, source):
        await asyncio.to_thread(found.update, block)
    return found.hexdigest()


async def _read(objects: ObjectStore, source: str) -> AsyncIterator[bytes]:
    for object_key in await _pieces(objects, source) if source.endswith("/") else [source]:
        answer = await obstore.get_async(objects, object_key)
        async for block in answer.stream(min_chunk_size=_BLOCK):
            yield block


async def _pieces(objects: ObjectStore, prefix: str) -> list[str]:
    """The pieces that follow one another from the first byte on; one that was put and never counted lies beside them."""
    sizes: dict[int, tuple[str, int]] = {}
    async for meta in stored.listed(objects, prefix):
        name = meta["path"].removeprefix(prefix)
        if name.isdigit():  # others are held until their checksum is seen to be right
            sizes[int(name)] = (meta["path"], meta["size"])
    found: list[str] = []
    at = 0
    while at in sizes:
        object_key, length = sizes[at]
        found.append(object_key)
        at += max(1, length)
    return found
