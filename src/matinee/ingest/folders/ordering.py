"""What is asked of ingest for a film of a folder: from its name, and from what lies beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest.contract import InSeries, Sidecar, Start
from matinee.ingest.folders import nfo
from matinee.ingest.folders.reading import Found
from matinee.ingest.subtitles.naming import languages_and_role_of
from matinee.runtime.errors import Invalid
from matinee.terms.title import Metadata

MOST_SIDECARS = 40


class Order(Struct, frozen=True):
    """What to ask for a film; `notes` are sentences on what lies beside it and could not be used."""

    start: Start
    notes: list[str]


def order(film: Found, key: str, told: dict[str, Any] | None = None, **more: Any) -> Order:
    """What is asked for a film, from its name, then its NFO, its JSON, and what is `told` of it, each above the one before;
    `more` are values of `Start`.

    Raises Invalid where a part of the film is missing, or what is told of it does not fit.
    """
    if film.missing:
        raise Invalid(_lack(film))
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
        further=[str(part) for part in film.parts[1:]],
    )
    return Order(replace(start, **{name: value for name, value in more.items() if value is not None}), notes)


def _lack(film: Found) -> str:
    *most, last = [str(number) for number in film.missing]
    named = f"parts {', '.join(most)} and {last}" if most else f"part {last}"
    return f"{film.title} lacks {named}: there are but {', '.join(part.name for part in film.parts)}"


def _sidecars(film: Found, notes: list[str]) -> list[Sidecar]:
    if len(film.subtitles) > MOST_SIDECARS:
        notes.append(
            f"{film.path.name} has {len(film.subtitles)} subtitle files; the first {MOST_SIDECARS} go with it."
        )
    found: list[Sidecar] = []
    for path in film.subtitles[:MOST_SIDECARS]:
        part = _part_of(path, film)
        language, role = languages_and_role_of(path.name, film.parts[part or 0].stem)
        found.append(Sidecar(str(path), language, role, part))
    return found


def _part_of(text: PurePath, film: Found) -> int | None:
    """The part that a subtitle file is named like; None where it is the whole film's."""
    if len(film.parts) == 1:
        return None
    stem = text.stem.casefold()
    like = [place for place, part in enumerate(film.parts) if stem.startswith(part.stem.casefold())]
    return max(like, key=lambda place: len(film.parts[place].stem), default=None)


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
