"""Folders of films: which files are there, and which of them are films."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from matinee.ingest.folders import names
from matinee.ingest.folders.reading import HIDDEN, SUBTITLE_FOLDERS, Found, Ignored, read
from matinee.runtime.errors import Invalid

_OUTSIDE = "it is a link that leads out of the folder"
_GONE, _CLOSED, _NOWHERE = "it vanished while it was looked at", "it may not be read", "it is a link that leads nowhere"
_LOOP, _ODD, _NAMELESS = "it leads back to a folder above", "it is neither file nor folder", "its name is not UTF-8"


class Looked(Struct, frozen=True):
    """A folder's films, and what is left out."""

    films: list[Found]
    ignored: list[Ignored]


def look(top: Path, *, bounded: bool = False) -> Looked:
    """The films in a folder and all below it. What cannot be read is left out with the reason, and the rest goes on. Where it
    is `bounded`, so are links that lead out of it: who may write there need not be one who may read all that we may."""
    ignored: list[Ignored] = []
    files = list(_files(top, ignored, top.resolve() if bounded else None))
    reading = read(files, top)
    return Looked(reading.films, sorted([*ignored, *reading.ignored], key=lambda each: each.path))


def look_at(path: Path) -> Found:
    """One file as a film, with what lies beside it, whatever it is called. Raises Invalid where there is no such file."""
    if not path.is_file():
        raise Invalid(f"cannot read {path}: {'it is a folder' if path.is_dir() else 'there is no such file'}")
    top = path.parent if names.season_of(path.parent.name) is None else path.parent.parent
    films = read(_near(path, top), top).films
    named = next((film for film in films if path in film.parts), None)
    return named or Found((path,), path.stem)


def _near(path: Path, top: Path) -> Iterator[Path]:
    """The files in its folder and in those for subtitles below it, and of its series."""
    deeper = [
        below for name in SUBTITLE_FOLDERS for below in path.parent.glob(f"[{name[0]}{name[0].upper()}]{name[1:]}/**")
    ]
    for folder in {top, path.parent, *deeper}:
        with contextlib.suppress(OSError):
            yield from (each for each in folder.iterdir() if each.is_file())


def _files(top: Path, ignored: list[Ignored], bound: Path | None) -> Iterator[Path]:
    """Every file below, each folder once; links are followed, but not in a circle, and not out of the `bound`."""
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Path, frozenset[tuple[int, int]]]] = [(top, frozenset())]
    while waiting:
        folder, above = waiting.pop()
        try:
            found = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as wrong:
            ignored.append(Ignored(folder, _reason(wrong)))
            continue
        itself = (found.st_dev, found.st_ino)
        if itself in above:
            ignored.append(Ignored(folder, _LOOP))
        if itself in seen:
            continue
        seen.add(itself)
        for entry in entries:
            why, is_folder = _looked_at(entry, bound)
            if why is not None:
                ignored.append(Ignored(Path(entry.path), why))
            elif is_folder:
                waiting.append((Path(entry.path), above | {itself}))
            else:
                yield Path(entry.path)


def _looked_at(entry: os.DirEntry[str], bound: Path | None) -> tuple[str | None, bool]:
    """Why it is left out, or whether it is a folder."""
    if not _is_text(entry.name):
        return _NAMELESS, False
    if entry.name.startswith("."):
        return HIDDEN, False
    try:
        mode = entry.stat().st_mode
    except OSError as wrong:
        return (_NOWHERE if entry.is_symlink() else _reason(wrong)), False
    if bound is not None and entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(bound):
        return _OUTSIDE, False
    if stat.S_ISREG(mode):
        return (None if os.access(entry.path, os.R_OK) else _CLOSED), False
    return (None, True) if stat.S_ISDIR(mode) else (_ODD, False)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reason(wrong: OSError) -> str:
    if isinstance(wrong, PermissionError):
        return _CLOSED
    if isinstance(wrong, FileNotFoundError):
        return _GONE
    return f"it cannot be read ({wrong.strerror})"


def counted(ignored: Sequence[Ignored]) -> dict[str, list[Ignored]]:
    """By reason, so that a thousand hidden files are one line."""
    found: dict[str, list[Ignored]] = {}
    for each in ignored:
        found.setdefault(each.why, []).append(each)
    return found
