"""What the appliance is to hold, after the manifest, and what of it is still missing.

The manifest is the only source of names: a request's path is looked up here as it stands, so no path can reach anything else.
"""

from __future__ import annotations

from msgspec import Struct

from matinee.services.fill.contract import FillFile, Manifest, Wanted
from matinee.services.fill.rules import fault_of_file


class Change(Struct, frozen=True):
    """What a new manifest took away."""

    encodes: list[str]
    paths: frozenset[bytes]


class Library:
    """`files` by their path under an appliance. Missing are those that `settle` has not called present."""

    def __init__(self) -> None:
        self.version = -1
        self.files: dict[bytes, FillFile] = {}
        self._encodes: dict[str, Wanted] = {}
        self._missing: dict[str, dict[str, FillFile]] = {}

    def apply(self, manifest: Manifest) -> Change:
        """Takes up a manifest. Files that it changed count as missing until they are settled."""
        before, old = self.files, self._encodes
        wanted = {one.encode_path: one for one in manifest.encodes if all(_sound(one, file) for file in one.files)}
        self.files = {file.path.encode(): file for one in wanted.values() for file in one.files}
        kept = {path for path, one in wanted.items() if old.get(path) == one}
        self._missing = {
            path: self._missing[path] if path in kept else {file.path: file for file in one.files}
            for path, one in wanted.items()
        }
        self._encodes = wanted
        self.version = manifest.version
        gone = frozenset(path for path, file in before.items() if self.files.get(path) != file)
        return Change([path for path in old if path not in wanted], gone)

    def settle(self, file: FillFile) -> None:
        """The file is here, whole."""
        self._missing.get(_encode(file.path), {}).pop(file.path, None)

    def lose(self, file: FillFile) -> None:
        """The file turned out not to be here."""
        if self.files.get(file.path.encode()) == file:
            self._missing[_encode(file.path)][file.path] = file

    def missing(self) -> list[FillFile]:
        """In the manifest's order: the most wanted first."""
        return [file for files in self._missing.values() for file in files.values()]

    def held(self) -> list[str]:
        """The encodes that are here whole."""
        return [path for path, files in self._missing.items() if not files]

    def names(self, encode_path: str) -> bool:
        return encode_path in self._encodes


def _encode(path: str) -> str:
    return "/".join(path.split("/", 2)[:2])


def _sound(wanted: Wanted, file: FillFile) -> bool:
    return fault_of_file(wanted.encode_path, file) is None
