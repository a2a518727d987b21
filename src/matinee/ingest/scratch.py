"""Where steps work: `{job}/{step}/` holds what a step made, whole; until then it lies in a folder of its own beside."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from matinee.runtime.disk import is_full
from matinee.runtime.errors import OutOfSpace

_RESULT = "result.json"
_UNFINISHED = ".part"

Work = Callable[[Path], Awaitable[dict[str, Any]]]


class Scratch:
    """`spare` bytes of the disk stay free."""

    def __init__(self, root: Path, spare: int) -> None:
        self._root = root
        self._spare = spare

    def folder(self, job_id: str, step: str) -> Path:
        """Where a finished step's files are."""
        return self._root / job_id / step

    async def make(self, job_id: str, step: str, task_id: str, work: Work) -> dict[str, Any]:
        """The result of `work`, which fills the folder it is given; what was made once is not made again.

        The result is written last and the folder renamed when it is whole, so a step killed at any moment begins anew.
        """
        done = self.folder(job_id, step)
        if not done.exists():
            await asyncio.to_thread(self._clear, job_id, step)
            part = self._root / job_id / f"{step}.{task_id}{_UNFINISHED}"
            try:
                part.mkdir(parents=True)
                await asyncio.to_thread(_seal, part, done, await work(part))
            except OSError as wrong:
                if is_full(wrong):
                    raise OutOfSpace("The disk became full while the film was prepared.") from wrong
                raise
        return msgspec.json.decode((done / _RESULT).read_bytes(), type=dict[str, Any])

    def _clear(self, job_id: str, step: str) -> None:
        for part in (self._root / job_id).glob(f"{step}.*{_UNFINISHED}"):
            shutil.rmtree(part, ignore_errors=True)

    def check_room(self, needed: int) -> None:
        """Raises OutOfSpace where the disk has less than this many bytes to spare."""
        self._root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._root).free
        if free - self._spare < needed:
            raise OutOfSpace(
                f"There is not enough room on the disk: this film needs about {(needed + self._spare) >> 20} MB, "
                f"and {free >> 20} MB are free."
            )

    def jobs(self) -> Iterator[str]:
        """The ids of the jobs that left something here."""
        if self._root.is_dir():
            yield from sorted(path.name for path in self._root.iterdir() if path.is_dir())

    async def drop(self, job_id: str) -> None:
        """Deletes all that the job left."""
        await asyncio.to_thread(shutil.rmtree, self._root / job_id, ignore_errors=True)


def _seal(part: Path, done: Path, result: dict[str, Any]) -> None:
    with (part / _RESULT).open("wb") as file:
        file.write(msgspec.json.encode(result))
        file.flush()
        os.fsync(file.fileno())
    part.rename(done)
