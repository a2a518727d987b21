"""The master keys under `secrets/`: one a line in hex, the newest first. None is removed: a restored database needs its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from matinee.app.home import Home
from matinee.runtime.errors import Invalid
from matinee.services.playback.masters import Masters

LENGTH = 32


class MasterFile:
    """The file of one data folder, made with one key when first asked for."""

    def __init__(self, home: Home) -> None:
        self._path = home.secrets / "masters.keys"

    def keys(self) -> list[bytes]:
        """Raises Invalid where the file holds something else."""
        with contextlib.suppress(FileExistsError):
            if not self._path.exists():
                self._write_new([secrets.token_bytes(LENGTH)])
        try:
            keys = [bytes.fromhex(line) for line in self._path.read_text().split()]
            Masters(keys)
        except ValueError as wrong:
            raise Invalid(f"{self._path} holds no master keys") from wrong
        return keys

    def rotate(self) -> str:
        """Puts a new key before the others; its name."""
        keys = [secrets.token_bytes(LENGTH), *self.keys()]
        self._draft(keys).replace(self._path)
        return Masters(keys).newest

    def _write_new(self, keys: list[bytes]) -> None:
        """Raises FileExistsError where another process was first: then its key counts."""
        draft = self._draft(keys)
        try:
            os.link(draft, self._path)
        finally:
            draft.unlink()

    def _draft(self, keys: list[bytes]) -> Path:
        descriptor, path = tempfile.mkstemp(prefix=".masters.", dir=self._path.parent)  # 0600 from the first
        with open(descriptor, "w") as file:  # noqa: PTH123 - by descriptor
            file.write("".join(f"{key.hex()}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        return Path(path)
