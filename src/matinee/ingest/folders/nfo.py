"""What people wrote about a film in the files beside it: Kodi's NFO (XML), and JSON in the catalogue's own words."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

import msgspec

from matinee.runtime.errors import Invalid
from matinee.terms.maturity import HIGHEST, Maturity
from matinee.terms.title import Metadata

LARGEST = 1 << 20
_ROOTS = frozenset({"movie", "episodedetails", "tvshow", "musicvideo", "video"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_YEAR = re.compile(r"\b(18[89]\d|19\d\d|2[01]\d\d)\b")
_AGE = re.compile(r"\b(\d{1,2})\b")
_AGES = {
    "g": 0, "u": 0, "uc": 0, "al": 0, "tp": 0, "tv-g": 0, "tv-y": 0, "tv-y7": 7, "pg": 10, "tv-pg": 10, "pg-13": 13, "12a": 13,
    "tv-14": 16, "r": 16, "m": 16, "nc-17": 18, "x": 18, "tv-ma": 18, "ma": 18,
}  # fmt: skip
"""Ratings that are no age. Each is the next class that is not below what it means."""


def read(data: bytes, name: str) -> dict[str, Any]:
    """The keys of the catalogue's Metadata that an NFO file tells: of its first film, where it tells of several. Empty where it
    holds but an address. Raises Invalid: too large, no XML, or with entities, which are refused."""
    if len(data) > LARGEST:
        raise Invalid(f"{name} is too large to be read.")
    if b"<" not in data.replace(b"\0", b""):
        return {}
    found = _Fields()
    try:
        found.parse(data)
    except (expat.ExpatError, ValueError, LookupError) as wrong:  # the latter for what it says that its encoding is
        if not found.whole:  # an address may stand behind it, or another episode
            raise Invalid(f"{name} is not the XML that an NFO file is.") from wrong
    except _Entities as wrong:
        raise Invalid(f"{name} has a document type or entities, which are not read.") from wrong
    return _told(found.fields) if found.root in _ROOTS else {}


class _Entities(Exception):
    pass


class _Fields:
    """The texts of the first root's children, by name."""

    def __init__(self) -> None:
        self.root = ""
        self.whole = False
        self.fields: dict[str, list[str]] = {}
        self._depth = 0
        self._text: list[str] = []

    def parse(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text_of
        parser.Parse(data, True)  # noqa: FBT003 - expat's own signature

    def _refuse(self, *_: Any) -> None:
        raise _Entities

    def _start(self, name: str, _: Any) -> None:
        self._depth += 1
        if self._depth == 1:
            self.root = name.casefold()
        elif self._depth == 2:
            self._text = []

    def _end(self, name: str) -> None:
        if self._depth == 2:
            self.fields.setdefault(name.casefold(), []).append("".join(self._text).strip())
        self._depth -= 1
        self.whole = self.whole or self._depth == 0

    def _text_of(self, text: str) -> None:
        if self._depth == 2:
            self._text.append(text)


def _told(fields: dict[str, list[str]]) -> dict[str, Any]:
    def first(*keys: str) -> str:
        return next((text for key in keys for text in fields.get(key, []) if text), "")

    year = _YEAR.search(first("year", "premiered", "releasedate", "aired"))
    genres = [genre for text in fields.get("genre", []) for genre in re.split(r"[/|,;]", text)]
    told = {
        "title": line(first("title"), 200),
        "synopsis": first("plot", "outline")[:4000],
        "year": int(year[0]) if year else None,
        "genres": list(dict.fromkeys(plain for genre in genres if (plain := line(genre, 40))))[:10],
        "maturity": maturity(first("mpaa", "certification")),
    }
    return {key: value for key, value in told.items() if value not in ("", None, [])}


def line(text: str, length: int) -> str:
    """The text as one line that fits."""
    return _CONTROL.sub(" ", text).strip()[:length].strip()


def maturity(rating: str) -> Maturity | None:
    """The class of a rating as people write it: "Rated PG-13", "DE:FSK 12", "18+". None where it says nothing that is known."""
    plain = re.sub(r"^(?:rated|fsk|uk|us|de|gb|[a-z]{2}\s*:)[\s:-]*", "", rating.casefold().strip())
    plain = re.sub(r"^(?:rated|fsk)[\s:-]*", "", plain)
    word = plain.split()[0] if plain.split() else ""
    age = _AGES.get(word)
    if age is None and (found := _AGE.search(plain)) is not None:
        age = int(found[1])
    return None if age is None else next((level for level in Maturity if level >= age), HIGHEST)


def read_json(data: bytes, name: str) -> dict[str, Any]:
    """The keys of the catalogue's Metadata that a JSON file tells; `title` may be missing. Raises Invalid."""
    if len(data) > LARGEST:
        raise Invalid(f"{name} is too large to be read.")
    try:
        told = msgspec.json.decode(data, type=dict[str, Any])
        msgspec.convert({"title": "x", **told}, Metadata)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"{name}: {wrong}.") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Invalid(f"{name} is not JSON.") from wrong
    return told
