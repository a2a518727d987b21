"""Folders of films: which files are there, and what is asked of ingest for each film among them."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest import names, nfo
from matinee.ingest.contract import InSeries, Sidecar, Start
from matinee.ingest.naming import HIDDEN, SUBTITLE_FOLDERS, Found, Ignored, read
from matinee.ingest.subtitles.naming import languages_and_role_of
from matinee.runtime.errors import Invalid
from matinee.services.catalog.contract import Metadata

MOST_SIDECARS = 40
_GONE, _CLOSED, _NOWHERE = "it vanished while it was looked at", "it may not be read", "it is a link that leads nowhere"
_LOOP, _ODD, _NAMELESS = "it leads back to a folder above", "it is neither file nor folder", "its name is not UTF-8"


class Looked(Struct, frozen=True):
    """A folder's films, and what is left out."""

    films: list[Found]
    ignored: list[Ignored]


def look(top: Path) -> Looked:
    """The films in a folder and all below it. What cannot be read is left out with the reason, and the rest goes on."""
    ignored: list[Ignored] = []
    files = list(_files(top, ignored))
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


def _files(top: Path, ignored: list[Ignored]) -> Iterator[Path]:
    """Every file below, each folder once; links are followed, but not in a circle."""
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
            why, is_folder = _looked_at(entry)
            if why is not None:
                ignored.append(Ignored(Path(entry.path), why))
            elif is_folder:
                waiting.append((Path(entry.path), above | {itself}))
            else:
                yield Path(entry.path)


def _looked_at(entry: os.DirEntry[str]) -> tuple[str | None, bool]:
    """Why it is left out, or whether it is a folder."""
    if not _is_text(entry.name):
        return _NAMELESS, False
    if entry.name.startswith("."):
        return HIDDEN, False
    try:
        mode = entry.stat().st_mode
    except OSError as wrong:
        return (_NOWHERE if entry.is_symlink() else _reason(wrong)), False
    if stat.S_ISDIR(mode):
        return None, True
    if not stat.S_ISREG(mode):
        return _ODD, False
    return (None if os.access(entry.path, os.R_OK) else _CLOSED), False


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


class Order(Struct, frozen=True):
    """What to ask for a film; `notes` are sentences on what lies beside it and could not be used."""

    start: Start
    notes: list[str]


def order(film: Found, key: str, told: dict[str, Any] | None = None, **more: Any) -> Order:
    """What is asked for a film, from its name, then its NFO, its JSON, and what is `told` of it, each above the one before;
    `more` are values of `Start`.

    Raises Invalid where the film is in parts, or what is told of it does not fit.
    """
    if len(film.parts) > 1:
        parts = ", ".join(part.name for part in film.parts)
        raise Invalid(f"{film.title} is in {len(film.parts)} parts; join them into one film file first: {parts}")
    notes: list[str] = []
    about: dict[str, Any] = {"title": _line(film.title), **({"year": film.year} if film.year else {})}
    about |= _read(film.nfo, nfo.read, notes) | _read(film.notes, nfo.read_json, notes) | (told or {})
    start = Start(
        key,
        str(film.path),
        film.path.name,
        _metadata(about),
        _sidecars(film, notes),
        poster=None if film.poster is None else str(film.poster),
        episode=_episode(film, about, notes),
    )
    return Order(replace(start, **{name: value for name, value in more.items() if value is not None}), notes)


def _sidecars(film: Found, notes: list[str]) -> list[Sidecar]:
    if len(film.subtitles) > MOST_SIDECARS:
        notes.append(
            f"{film.path.name} has {len(film.subtitles)} subtitle files; the first {MOST_SIDECARS} go with it."
        )
    found: list[Sidecar] = []
    for path in film.subtitles[:MOST_SIDECARS]:
        language, role = languages_and_role_of(path.name, film.path.stem)
        found.append(Sidecar(str(path), language, role))
    return found


def _episode(film: Found, about: dict[str, Any], notes: list[str]) -> InSeries | None:
    if film.place is None:
        return None
    place = film.place
    series = {"title": _line(place.series), **_read(film.series_nfo, nfo.read, notes)}
    series |= _read(film.series_notes, nfo.read_json, notes)
    if len(series) == 1 and "maturity" in about:
        series["maturity"] = about["maturity"]
    described = _metadata(series)
    return InSeries(described.title, place.season, place.number, place.number_to, described)


def _read(path: PurePath | None, reading: Callable[[bytes, str], dict[str, Any]], notes: list[str]) -> dict[str, Any]:
    """What the file tells; nothing, and a note, where it cannot be read."""
    if path is None:
        return {}
    try:
        with Path(path).open("rb") as file:
            return reading(file.read(nfo.LARGEST + 1), path.name)
    except OSError as wrong:
        notes.append(f"{path.name} is left out: {wrong.strerror}.")
    except Invalid as wrong:
        notes.append(f"{wrong.detail} It is left out.")
    return {}


def _metadata(about: dict[str, Any]) -> Metadata:
    try:
        return msgspec.convert(about, Metadata)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"what is told of {about['title'][:60]} does not fit: {wrong}") from wrong


def _line(name: str) -> str:
    """A name as a title can be it."""
    return nfo.line(name, 200) or "Film"


def counted(ignored: Sequence[Ignored]) -> dict[str, list[Ignored]]:
    """By reason, so that a thousand hidden files are one line."""
    found: dict[str, list[Ignored]] = {}
    for each in ignored:
        found.setdefault(each.why, []).append(each)
    return found
