"""The appliance's disk: `media/{title}/{encode}/…` are whole files alone, `incoming/` what is being pulled.

A file appears under its name only by a rename after it was checked and synced, so a crash at any moment leaves no bad one.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from matinee.runtime.disk import is_full
from matinee.runtime.errors import OutOfSpace
from matinee.services.fill.contract import Manifest


class Store:
    """One folder, of one appliance. Paths are those of a manifest, which were checked (`library`)."""

    def __init__(self, folder: Path) -> None:
        self._media = folder / "media"
        self._incoming = folder / "incoming"
        self._manifest = folder / "manifest"
        shutil.rmtree(self._incoming, ignore_errors=True)  # what a crash left behind
        for made in (self._media, self._incoming):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)

    def holds(self, path: str, size: int) -> bool:
        try:
            found = os.lstat(self._media / path)
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == size

    def open(self, path: str, size: int) -> int | None:
        """A descriptor of the whole file, for reading; None where it is absent or not of that size."""
        try:
            fd = os.open(self._media / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        found = os.fstat(fd)
        if stat.S_ISREG(found.st_mode) and found.st_size == size:
            return fd
        os.close(fd)
        return None

    def begin(self) -> tuple[int, Path]:
        """A new file to pull into. Raises OutOfSpace."""
        try:
            fd, name = tempfile.mkstemp(dir=self._incoming)
        except OSError as wrong:
            raise meaning(wrong) from wrong
        return fd, Path(name)

    def keep(self, fd: int, scratch: Path, path: str) -> None:
        """Gives what was pulled, and checked, its name. Raises OutOfSpace. Blocks."""
        place = self._media / path
        try:
            os.fsync(fd)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            scratch.replace(place)
        except OSError as wrong:
            raise meaning(wrong) from wrong

    def give_up(self, scratch: Path) -> None:
        scratch.unlink(missing_ok=True)

    def delete(self, path: str) -> None:
        (self._media / path).unlink(missing_ok=True)

    def delete_encode(self, encode_path: str) -> None:
        """Blocks."""
        folder = self._media / encode_path
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent != self._media and folder.parent.is_dir() and not any(folder.parent.iterdir()):
            folder.parent.rmdir()

    def encodes(self) -> Iterator[str]:
        """The folders `{title}/{encode}` that are here, whole or not."""
        for title in self._media.iterdir():
            if title.is_dir():
                yield from (f"{title.name}/{encode.name}" for encode in title.iterdir())

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._media).free

    def remember(self, manifest: Manifest) -> None:
        """So that a start without a core knows what it may serve. Blocks."""
        scratch = self._manifest.with_suffix(".new")
        try:
            scratch.write_bytes(msgspec.msgpack.encode(manifest))
            scratch.replace(self._manifest)
        except OSError as wrong:
            raise meaning(wrong) from wrong

    def remembered(self) -> Manifest | None:
        try:
            return msgspec.msgpack.decode(self._manifest.read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError):
            return None


def meaning(wrong: OSError) -> OSError | OutOfSpace:
    """The error by meaning, where the disk is full."""
    return OutOfSpace("The appliance's disk is full") if is_full(wrong) else wrong
