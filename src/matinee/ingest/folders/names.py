"""What a single name says of a film: title, year, place in a series, part. The usual names of Kodi, Jellyfin and Plex, and those
of releases ("The.Film.2019.1080p.BluRay.x264-GROUP")."""

from __future__ import annotations

import re

from msgspec import Struct

MOST_IN_ONE = 20
"""A file with more episodes than this has a number that is none: "S01E02-720"."""

_SURE = (
    r"(?:(?:480|576|720|1080|2160|4320)[ip]|[48]k|blu-?ray|b[dr]-?rip|dvd-?(?:rip|scr)|web-?(?:dl|rip)|hd-?(?:tv|rip)|x26[45]|h\.?26[45]"
    r"|hevc|xvid|divx)"
)
_TAG = rf"(?:{_SURE}|uhd|hdr(?:10)?|dvd[59]?|web|remux|proper|repack|av1|aac|ac3|dts|flac|10bit|multi|unrated|extended)"
"""Words of releases. Only the sure ones end a title by themselves: there are films called "Web" and "Proper"."""

_RELEASE = re.compile(rf"[\s._(\[-]+{_SURE}(?![a-z0-9])", re.IGNORECASE)
_YEAR = re.compile(r"^(?P<title>.*?)[\s._-]*[(\[](?P<year>(?:18|19|20|21)\d\d)[)\]](?P<rest>.*)$", re.DOTALL)
_BARE_YEAR = re.compile(rf"^(?P<title>.+)[\s._]+(?P<year>(?:19|20)\d\d)[\s._-]+{_TAG}(?![a-z0-9])", re.IGNORECASE)
_NOTES = re.compile(r"[\[{][^\[\]{}]*[\]}]")
"""Ids and editions in brackets: "[imdbid-tt0133093]", "{tmdb-603}"."""

_BY_LETTERS = re.compile(
    r"(?<![a-z0-9])s(?P<season>\d{1,4})[\s._-]*e(?:p\.?)?(?P<number>\d{1,5})(?P<more>(?:-?e\d{1,5}|-\d{1,5}(?![\dpix]))*)(?!\d)",
    re.IGNORECASE,
)
_BY_CROSS = re.compile(
    r"(?<![\dx])(?P<season>\d{1,2})x(?P<number>\d{2,3})(?P<more>(?:-(?:\d{1,2}x)?\d{2,3}(?![\dpix]))*)(?![\dx])",
    re.IGNORECASE,
)
_IN_SEASON = re.compile(
    r"^(?:.*?[\s._-])?(?:e|ep|episode|folge|épisode|episodio)[\s._-]*(?P<number>\d{1,5})(?P<more>)(?!\d)|"
    r"^(?P<first>\d{1,4})(?P<more2>)(?=[\s._-]|$)",
    re.IGNORECASE,
)
_SEASON = re.compile(
    r"^(?:.*[\s._-])?(?:season|staffel|saison|series|temporada|stagione|seizoen|säsong)[\s._-]*(?P<number>\d{1,4})$|^s(?P<short>\d{1,4})$",
    re.IGNORECASE,
)
_SPECIALS = re.compile(r"^(?:specials?|extras? \(specials\)|season[\s._-]*0+)$", re.IGNORECASE)
_PART = re.compile(
    r"^(?P<stem>.*?)[\s._(\[-]+(?P<kind>cd|dvd|part|pt|disc|disk)[\s._-]*(?P<number>\d{1,2}|[a-d])[)\]]?$",
    re.IGNORECASE,
)
_EDGE = " \t._-\N{EN DASH}\N{EM DASH}"


class Named(Struct, frozen=True):
    """`rest` is what stands after the year, without the tags of a release: "Director's Cut"."""

    title: str
    year: int | None = None
    rest: str = ""


class Numbered(Struct, frozen=True):
    """`before` and `after` are what stands around the number: the series' title, and the episode's."""

    season: int | None
    number: int
    number_to: int | None
    before: str
    after: str


class Part(Struct, frozen=True):
    """One of the files that are a film together. `stem` is what they share. A `disc` is not called "part"."""

    stem: str
    number: int
    disc: bool = False


def film(stem: str) -> Named:
    """A film's name: "Film (2019) - Director's Cut", "The.Film.2019.1080p"; without a year the whole is the title."""
    found = _YEAR.match(stem)
    if found and words(found["title"]):
        title = words(_NOTES.sub(" ", found["title"])) or words(found["title"])
        return Named(title, int(found["year"]), words(_untagged(_NOTES.sub(" ", found["rest"]))))
    plain = _NOTES.sub(" ", stem)
    found = _BARE_YEAR.match(plain)
    if found:
        return Named(words(found["title"]), int(found["year"]))
    return Named(words(_untagged(plain)) or words(stem) or stem)


def episode(stem: str, season: int | None = None) -> Numbered | None:
    """An episode's name: "Series S01E02 - Name", "1x02", "S01E01-E02"; inside the folder of a `season` also "Episode 2" and
    "02 - Name". None where it is no episode's."""
    found = _BY_LETTERS.search(stem) or _BY_CROSS.search(stem)
    if found:
        number = int(found["number"])
        return Numbered(int(found["season"]), number, _last(number, found["more"]), *_around(stem, found))
    found = _IN_SEASON.match(_NOTES.sub(" ", stem).strip()) if season is not None else None
    if found is None:
        return None
    number = int(found["number"] or found["first"])
    return Numbered(season, number, None, "", words(_untagged(_NOTES.sub(" ", stem).strip()[found.end() :])))


def season_of(folder: str) -> int | None:
    """The number of a season's folder: "Season 01", "S1", "Staffel 2"; 0 for "Specials". None where it is no season's."""
    if _SPECIALS.match(folder.strip()):
        return 0
    found = _SEASON.match(folder.strip())
    return None if found is None else int(found["number"] or found["short"])


def part(stem: str) -> Part | None:
    """A name that ends in "cd1", "part 2", "disc a"."""
    found = _PART.match(stem)
    if found is None or not words(found["stem"]):
        return None
    number = found["number"].lower()
    in_order = int(number) if number.isdigit() else "abcd".index(number) + 1
    return Part(found["stem"], in_order, disc=not found["kind"].lower().startswith("p"))


def words(text: str) -> str:
    """The text as people write it: dots and underscores that stand for spaces become such."""
    if " " not in text.strip():
        text = re.sub(r"(?<!\b[A-Za-z])\.(?!$)|(?<=\b[A-Za-z])\.(?=[A-Za-z]{2})", " ", text)
    return re.sub(r"\s+", " ", text.replace("_", " ")).strip(_EDGE)


def _untagged(text: str) -> str:
    found = _RELEASE.search(text)
    return text[: found.start()] if found else text


def _around(stem: str, found: re.Match[str]) -> tuple[str, str]:
    before = film(stem[: found.start()].strip(_EDGE)) if stem[: found.start()].strip(_EDGE) else Named("")
    return before.title, words(_untagged(_NOTES.sub(" ", stem[found.end() :])))


def _last(first: int, more: str) -> int | None:
    numbers = [int(each.rpartition("x")[2]) for each in re.findall(r"(?:\d{1,2}x)?\d+", more)]
    last = max(numbers, default=first)
    return last if first < last <= first + MOST_IN_ONE else None
