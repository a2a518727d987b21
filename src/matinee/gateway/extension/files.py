from __future__ import annotations

import importlib.metadata
import linecache
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from stat import S_IWOTH
from types import ModuleType

from matinee.gateway.extension.added import Added
from matinee.gateway.extension.place import place_of

GROUP = "matinee.filters"
"""The entry points by which an installed package offers filters: a filter, or a module of some."""

Stamp = tuple[int, int, int]


class Unusable(Exception):
    """A file or package whose filters cannot be used: one sentence."""


class Files:
    """The filters of the files in one folder, as they are now. One that is wrong is told once, and its last good ones stay."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: Mapping[Path, Stamp] = {}
        self._good: dict[Path, Sequence[Added]] = {}

    def changed(self) -> bool:
        return self._look() != self._stamps

    def load(self) -> tuple[Sequence[Added], Sequence[str]]:
        """The filters, those of unchanged files as they were, and what there is to say of files that are wrong."""
        stamps, wrong = self._look(), list[str]()
        self._good = {path: good for path, good in self._good.items() if path in stamps}
        for path, stamp in stamps.items():
            if stamp != self._stamps.get(path):
                try:
                    self._good[path] = _of_file(path)
                except (Unusable, OSError) as why:
                    wrong.append(str(why))
        self._stamps = stamps
        return [each for path in stamps for each in self._good.get(path, ())], wrong

    def _look(self) -> Mapping[Path, Stamp]:
        stamps: dict[Path, Stamp] = {}
        for path in sorted(self._folder.glob("*.py")):
            try:
                found = path.stat()
            except OSError:
                continue
            stamps[path] = (found.st_mtime_ns, found.st_size, found.st_ino)
        return stamps


def of_packages() -> tuple[Sequence[Added], Sequence[str]]:
    """The filters that installed packages offer, and what there is to say of those that cannot be used."""
    found, wrong = list[Added](), list[str]()
    for entry in importlib.metadata.entry_points(group=GROUP):
        source = f"{entry.dist.name if entry.dist else 'package'}: {entry.value}"
        try:
            loaded = entry.load()
            found += _marked(vars(loaded).values() if isinstance(loaded, ModuleType) else [loaded], source)
        except BaseException as why:  # noqa: BLE001 - a package may be anyone's
            wrong.append(f"the filters of {source} are not used: {_reason(why, None)}")
    return found, wrong


def _of_file(path: Path) -> Sequence[Added]:
    """Raises Unusable. The code is compiled anew, past Python's cache of it: two changes may fall into one second."""
    name = f"matinee_filters_{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    before = sys.modules.get(name)
    _refuse_open(path)
    try:
        code = compile(path.read_bytes(), str(path), "exec")
        linecache.checkcache(str(path))
        sys.modules[name] = module  # where classes of the file look for their own module
        exec(code, module.__dict__)  # noqa: S102 - the operator's own code, from the operator's own folder
        return _marked(vars(module).values(), path.name)
    except BaseException as why:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
        if isinstance(why, Unusable):
            raise
        raise Unusable(f"{path.name} is not used: {_reason(why, path)}") from why


def _refuse_open(path: Path) -> None:
    """What others of this machine could have put there is not run: neither their files, nor any from a folder that is open."""
    found, folder = path.stat(), path.parent.stat()
    if found.st_mode & S_IWOTH:
        raise Unusable(f"{path.name} is not used: anyone on this machine may write to it")
    if folder.st_mode & S_IWOTH:
        raise Unusable(f"{path.name} is not used: anyone on this machine may write to the folder {path.parent.name}")
    if found.st_uid not in {0, os.geteuid(), folder.st_uid}:
        raise Unusable(f"{path.name} is not used: it belongs to somebody else")


def _marked(found: Iterable[object], source: str) -> Sequence[Added]:
    filters: dict[int, Added] = {}
    for each in found:
        place = place_of(each)
        if place is not None and callable(each):
            filters[id(each)] = Added(each, place, source)
    if not filters:
        raise Unusable(f"{source} is not used: it marks no filter with @inbound, @endpoint, @outbound or @finished")
    return list(filters.values())


def _reason(why: BaseException, path: Path | None) -> str:
    line = why.lineno if isinstance(why, SyntaxError) else None
    trace = why.__traceback__
    while path is not None and trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    said = why.msg if isinstance(why, SyntaxError) else str(why)
    return f"{f'line {line}: ' if line else ''}{type(why).__name__}{f': {said}' if said else ''}"
