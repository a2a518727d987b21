"""Uploads in parts, as files of a folder, until they are put together."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from matinee.runtime.disk import is_full
from matinee.runtime.errors import Invalid, NotFound, OutOfSpace

_PIECE = 1 << 20
_ID = re.compile(r"[a-z]+_[0-9a-f]{32}\Z")
_KEY = "key"


class Parts:
    """`root` is this server's own: what lies there when it begins is given up. `new_id` names an upload."""

    def __init__(self, root: Path, new_id: Callable[[], str]) -> None:
        self._root = root
        self._new_id = new_id
        shutil.rmtree(root, ignore_errors=True)

    async def begin(self, key: str) -> str:
        """The id of a new upload of this key."""
        upload = self._new_id()
        folder = self._root / upload
        folder.mkdir(parents=True)
        (folder / _KEY).write_text(key)
        return upload

    async def put(self, upload: str, key: str, number: int, body: AsyncIterator[bytes]) -> str:
        """Writes one part; the same once more replaces it. Its tag. Raises NotFound, OutOfSpace."""
        folder = self._folder(upload, key)
        digest, draft = hashlib.sha256(), folder / f"{self._new_id()}.draft"
        try:
            with draft.open("wb") as file:
                async for piece in body:
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
            draft.rename(folder / str(number))
        except OSError as wrong:
            draft.unlink(missing_ok=True)
            if is_full(wrong):
                raise OutOfSpace from wrong
            raise
        return f'"{digest.hexdigest()}"'

    async def joined(self, upload: str, key: str, numbers: Sequence[int]) -> AsyncIterator[bytes]:
        """The bytes of these parts in their order. Raises NotFound, Invalid where one is missing."""
        folder = self._folder(upload, key)
        for number in numbers:
            path = folder / str(number)
            if not path.is_file():
                raise Invalid(f"Part {number} is missing.")
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield piece

    async def end(self, upload: str) -> None:
        """Forgets an upload."""
        if _ID.match(upload):
            await asyncio.to_thread(shutil.rmtree, self._root / upload, ignore_errors=True)

    def _folder(self, upload: str, key: str) -> Path:
        folder = self._root / upload
        if not _ID.match(upload) or not (folder / _KEY).is_file() or (folder / _KEY).read_text() != key:
            raise NotFound("There is no such upload")
        return folder
