"""What can be read now: open files first, then those on the disk, then those that the origin has."""

from __future__ import annotations

from collections import OrderedDict

from matinee.cdn import answer
from matinee.cdn.content import Content
from matinee.cdn.library import Library
from matinee.cdn.pull import Origin, Paced, Pulls
from matinee.cdn.store import Store
from matinee.services.fill.contract import FillFile, Manifest

_MOST_OPEN = 1024


class Shelf:
    """Library, disk and pulls of one appliance, kept in step. `opened` are contents by path, for a look without a call."""

    def __init__(self, library: Library, store: Store, origin: Origin) -> None:
        self.opened: OrderedDict[bytes, Content] = OrderedDict()
        self.library = library
        self._store = store
        self._pulls = Pulls(origin, store, self._settled)

    @property
    def origin_bytes(self) -> int:
        return self._pulls.bytes_taken

    def take(self, path: bytes) -> Content | None:
        """The file of that path; None where the manifest names none. Raises OutOfSpace, OSError."""
        file = self.library.files.get(path)
        if file is None:
            return None
        fd = self._store.open(file.path, file.size)
        if fd is None:
            self.library.lose(file)
            return self._pulls.content(file)
        content = Content(path, fd, file.size, file.size, answer.of_file(file))
        self._keep_open(content)
        return content

    async def fill(self, file: FillFile, paced: Paced) -> bool:
        """Sees to it that the file is on the disk; False where it could not be had."""
        if self._store.holds(file.path, file.size):
            self.library.settle(file)
            return True
        return await self._pulls.whole(file, paced)

    def apply(self, manifest: Manifest) -> list[str]:
        """Takes up a manifest; what it no longer names is not served from here on. Returns the encodes that are gone."""
        change = self.library.apply(manifest)
        self._pulls.drop(change.paths)
        for path in change.paths & self.opened.keys():
            self.opened.pop(path).retire()
        return change.encodes

    async def close(self) -> None:
        await self._pulls.close()
        for content in self.opened.values():
            content.retire()
        self.opened.clear()

    def _settled(self, file: FillFile, content: Content) -> None:
        if self.library.files.get(content.path) == file:
            self.library.settle(file)
            self._keep_open(content)
        else:
            self._store.delete(file.path)
            content.retire()

    def _keep_open(self, content: Content) -> None:
        replaced = self.opened.pop(content.path, None)
        if replaced is not None and replaced is not content:
            replaced.retire()
        self.opened[content.path] = content
        if len(self.opened) > _MOST_OPEN:
            self.opened.popitem(last=False)[1].retire()
