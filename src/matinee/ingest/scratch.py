"""Where steps work. A step fills a folder of its own; when it is whole it becomes `work/{job}/{step}/` among the objects, where
the steps after it find it on whatever machine they run."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import obstore
from obstore.store import ObjectStore

from matinee.backends.objects import stored
from matinee.backends.objects.errors import by_meaning
from matinee.ingest.intake import originals
from matinee.runtime.disk import is_full
from matinee.runtime.errors import OutOfSpace

_RESULT = "result.json"
_UNFINISHED = ".part"
_WORK = "work"

Work = Callable[[Path], Awaitable[dict[str, Any]]]


class Scratch:
    """`root` is a folder of this machine; `spare` bytes of its disk stay free."""

    def __init__(self, root: Path, objects: ObjectStore, spare: int) -> None:
        self._root = root
        self._objects = objects
        self._spare = spare
        self._copying = asyncio.Lock()

    async def make(self, job_id: str, step: str, task_id: str, work: Work) -> dict[str, Any]:
        """The result of `work`, which fills the folder it is given; what was made once is not made again.

        The result is written last and the folder becomes the step's in one move, so a step killed at any moment begins anew.
        Raises OutOfSpace.
        """
        known = await self._result(job_id, step)
        if known is not None:
            return known
        part = self._root / job_id / f"{step}.{task_id}{_UNFINISHED}"
        await asyncio.to_thread(self._clear, job_id, step)
        try:
            part.mkdir(parents=True)
            result = await work(part)
            await asyncio.to_thread(_note, part, result)
            await self._keep(part, job_id, step)
        except OSError as wrong:
            if is_full(wrong):
                raise OutOfSpace("The disk became full while the film was prepared.") from wrong
            raise
        return result

    async def folder(self, job_id: str, step: str) -> Path:
        """The files of a finished step, on this machine. Raises FileNotFoundError where it has not been made."""
        shared = self._shared(job_id, step)
        if shared is not None:
            if not await asyncio.to_thread(shared.exists):
                raise FileNotFoundError(shared)
            return shared
        here = self._root / job_id / step
        async with self._copying:  # several steps at once may want it
            if not here.exists():
                part = here.with_name(f"{step}.copy{_UNFINISHED}")
                await asyncio.to_thread(shutil.rmtree, part, ignore_errors=True)
                await self._fetch(_key(job_id, step, ""), part)
                await asyncio.to_thread(_settle, part, here)
        return here

    async def _fetch(self, prefix: str, into: Path) -> None:
        found = [meta async for meta in stored.listed(self._objects, prefix)]
        self.check_room(sum(meta["size"] for meta in found))
        for meta in found:
            path = into / meta["path"].removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            await originals.fetch(self._objects, meta["path"], None, path)
        if not (into / _RESULT).exists():
            raise FileNotFoundError(prefix)

    async def _result(self, job_id: str, step: str) -> dict[str, Any] | None:
        try:
            answer = await obstore.get_async(self._objects, _key(job_id, step, _RESULT))
        except FileNotFoundError:
            return None
        return msgspec.json.decode(bytes(await answer.bytes_async()), type=dict[str, Any])

    async def _keep(self, part: Path, job_id: str, step: str) -> None:
        shared = self._shared(job_id, step)
        if shared is not None:
            await asyncio.to_thread(_settle, part, shared)
            return
        for name in await asyncio.to_thread(_names, part):
            with by_meaning():
                await obstore.put_async(self._objects, _key(job_id, step, name), part / name)
        await asyncio.to_thread(_settle, part, self._root / job_id / step)

    def _shared(self, job_id: str, step: str) -> Path | None:
        return stored.local_path(self._objects, f"{_WORK}/{job_id}/{step}")

    def _clear(self, job_id: str, step: str) -> None:
        for part in (self._root / job_id).glob(f"{step}.*{_UNFINISHED}"):
            shutil.rmtree(part, ignore_errors=True)

    async def source(self, job_id: str, object_key: str, size: int) -> Path:
        """The film as one file of this machine: the object itself where objects are files, else a copy, made once. Raises
        OutOfSpace, Invalid where bytes are missing."""
        local = None if object_key.endswith("/") else stored.local_path(self._objects, object_key)
        if local is not None:
            return local
        copy = self._root / job_id / "film"
        async with self._copying:
            if not copy.exists():
                self.check_room(size)
                copy.parent.mkdir(parents=True, exist_ok=True)
                part = copy.with_suffix(_UNFINISHED)
                await originals.fetch(self._objects, object_key, size, part)
                part.rename(copy)
        return copy

    async def near(self, object_key: str, copy: Path) -> Path:
        """An object as a file of this machine: itself where objects are files, else written to `copy`."""
        local = stored.local_path(self._objects, object_key)
        if local is None:
            await originals.fetch(self._objects, object_key, None, copy)
        return local or copy

    def check_room(self, needed: int) -> None:
        """Raises OutOfSpace where the disk has less than this many bytes to spare."""
        free = self.free_bytes()
        if free < needed:
            raise OutOfSpace(
                f"There is not enough room on the disk: this film needs about {(needed + self._spare) >> 20} MB, "
                f"and {(free + self._spare) >> 20} MB are free."
            )

    def free_bytes(self) -> int:
        """What steps may still use of this machine's disk; below zero where it is over-full."""
        self._root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free - self._spare

    async def jobs(self) -> list[str]:
        """The ids of the jobs that left something, here or among the objects."""
        with by_meaning():
            shared = await cast("Any", obstore).list_with_delimiter_async(self._objects, f"{_WORK}/")
        found = {prefix.rstrip("/").rpartition("/")[2] for prefix in shared["common_prefixes"]}
        if self._root.is_dir():
            found |= {path.name for path in self._root.iterdir() if path.is_dir()}
        return sorted(found)

    async def drop(self, job_id: str) -> None:
        """Deletes all that the job left."""
        await asyncio.to_thread(shutil.rmtree, self._root / job_id, ignore_errors=True)
        await stored.delete_under(self._objects, work_of(job_id))


def work_of(job_id: str) -> str:
    """The folder of objects in which a job's steps leave what they made."""
    return f"{_WORK}/{job_id}/"


def _key(job_id: str, step: str, name: str) -> str:
    return f"{work_of(job_id)}{step}/{name}"


def _names(part: Path) -> list[str]:
    """The result last: it says that all is there."""
    names = sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file())
    return sorted(names, key=lambda name: name == _RESULT)


def _note(part: Path, result: dict[str, Any]) -> None:
    with (part / _RESULT).open("wb") as file:
        file.write(msgspec.json.encode(result))
        file.flush()
        os.fsync(file.fileno())


def _settle(part: Path, goal: Path) -> None:
    """Moves a whole folder to its place, where another may have been quicker."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.rename(goal)
    except OSError as wrong:
        if wrong.errno == errno.EXDEV:  # objects lie on another disk
            near = goal.with_name(f"{part.name}-{os.getpid()}")
            shutil.copytree(part, near)
            shutil.rmtree(part)
            _settle(near, goal)
        elif wrong.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            shutil.rmtree(part)
        else:
            raise
