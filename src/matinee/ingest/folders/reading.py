"""What a folder holds, by the names of its files alone: films, episodes, and what lies beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest.folders import names
from matinee.ingest.folders.parts import Together, together
from matinee.ingest.limits import SUBTITLE_SUFFIXES

FILM_SUFFIXES = frozenset(
    ".3gp .asf .avi .divx .dv .f4v .flv .gxf .m2t .m2ts .m2v .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts .mxf .ogm .ogv .rm .rmvb .ts "
    ".vob .webm .wmv .y4m".split()
)
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
PARTIAL_SUFFIXES = frozenset(
    ".part .partial .crdownload .download .filepart .opdownload .aria2 .tmp .temp .!qb .!ut".split()
)
_EXTRAS = frozenset(
    {
        "extras",
        "extra",
        "featurettes",
        "behind the scenes",
        "deleted scenes",
        "interviews",
        "samples",
        "sample",
        "trailers",
    }
)
_BESIDE = frozenset({"scenes", "shorts", "clips", "other", "backdrops", "theme-music"})
"""Extras beside a film; at the top such a folder may hold films."""

_EXTRA_ENDS = tuple(
    f"-{kind}"
    for kind in "trailer sample deleted deletedscene featurette interview scene short other behindthescenes clip extra".split()
)
_DISCS = frozenset({"video_ts", "bdmv"})
SUBTITLE_FOLDERS = frozenset({"subs", "sub", "subtitles", "subtitle"})

HIDDEN, PARTIAL = "it is hidden", "it is not whole yet"
EXTRA = "it is an extra, not a film"
DISC = "it is part of a disc; make one film file of it first"
STRANGER = "it is no film, and belongs to none"
UNNUMBERED = "it has no episode number; name it like S00E01"


class Place(Struct, frozen=True):
    """An episode's place. Season 0 holds the specials; a file with several episodes runs to `number_to`."""

    series: str
    season: int
    number: int
    number_to: int | None = None


class Found(Struct, frozen=True):
    """A film and what lies beside it. `nfo`, `notes` (JSON) and `poster` are its own, the `series_…` those of its series.
    `parts` are the files in order where the film is in several, else it is alone there; `missing` the numbers of those that
    are not there."""

    parts: tuple[PurePath, ...]
    title: str
    year: int | None = None
    place: Place | None = None
    subtitles: tuple[PurePath, ...] = ()
    poster: PurePath | None = None
    nfo: PurePath | None = None
    notes: PurePath | None = None
    series_nfo: PurePath | None = None
    series_notes: PurePath | None = None
    missing: tuple[int, ...] = ()

    @property
    def path(self) -> PurePath:
        return self.parts[0]

    @property
    def files(self) -> Iterator[PurePath]:
        """All that lies beside it, and itself."""
        beside = (self.poster, self.nfo, self.notes, self.series_nfo, self.series_notes)
        yield from (*self.parts, *self.subtitles, *(path for path in beside if path is not None))


class Ignored(Struct, frozen=True):
    """A file that is left out; `why` goes on after its name: "it is hidden"."""

    path: PurePath
    why: str


class Reading(Struct, frozen=True):
    films: list[Found]
    ignored: list[Ignored]


def read(paths: Iterable[PurePath], top: PurePath | None = None) -> Reading:
    """The films among these files, by path, and what is left out and why. Of the folders, those from `top` on down count:
    where a film lies in one called "Extras" that is above, it is none."""
    kept: list[PurePath] = []
    ignored: list[Ignored] = []
    for path in sorted(paths):
        why = _refusal(path, top)
        if why is None:
            kept.append(path)
        else:
            ignored.append(Ignored(path, why))
    folder = _Folder(kept)
    films, left = folder.films()
    used = {file for film in films for file in film.files}
    ignored += left
    known = used | {each.path for each in ignored}
    ignored += [Ignored(path, STRANGER) for path in kept if path not in known]
    return Reading(films, sorted(ignored, key=lambda each: each.path))


def _refusal(path: PurePath, top: PurePath | None) -> str | None:
    below = path.relative_to(top).parts if top is not None and path.is_relative_to(top) else path.parts[1:]
    folders, stem = [part.casefold() for part in below[:-1]], path.stem.casefold()
    if any(part.startswith(".") for part in below):
        return HIDDEN
    if path.suffix.casefold() in PARTIAL_SUFFIXES or path.name.endswith("~"):
        return PARTIAL
    if _DISCS & set(folders):
        return DISC
    is_film = path.suffix.casefold() in FILM_SUFFIXES
    if is_film and (
        _EXTRAS & set(folders)
        or _BESIDE & set(folders[1:])
        or stem.endswith(_EXTRA_ENDS)
        or stem in {"sample", "trailer"}
    ):
        return EXTRA
    return None


class _Folder:
    """The files that may be films or lie beside them."""

    def __init__(self, paths: Sequence[PurePath]) -> None:
        self._sets = together([path for path in paths if path.suffix.casefold() in FILM_SUFFIXES])
        self._sole = Counter(one.parts[0].parent for one in self._sets)
        self._by_name = {(path.parent, path.name.casefold()): path for path in paths}
        self._by_stem = {(one.parts[0].parent, stem): one.parts[0] for one in self._sets for stem in one.stems}
        self._only = {one.parts[0].parent: one.parts[0] for one in self._sets if self._sole[one.parts[0].parent] == 1}
        self._texts: dict[PurePath, list[PurePath]] = defaultdict(list)
        for path in paths:
            owner = self._owner(path) if path.suffix.casefold() in SUBTITLE_SUFFIXES else None
            if owner is not None:
                self._texts[owner].append(path)

    def _owner(self, text: PurePath) -> PurePath | None:
        """The film of a subtitle file: the longest name that its own begins with, in its folder or in the one above where that
        is for subtitles alone, in which a film that is by itself has all."""
        folder, above = text.parent, text.parent.parent
        if (beside := self._named_like(folder, text.stem)) is not None:
            return beside
        if folder.name.casefold() in SUBTITLE_FOLDERS:
            return self._named_like(above, text.stem) or self._only.get(above)
        if above.name.casefold() in SUBTITLE_FOLDERS:
            return self._by_stem.get((above.parent, folder.name))
        return None

    def _named_like(self, folder: PurePath, stem: str) -> PurePath | None:
        parts = stem.split(".")
        ways = ((folder, ".".join(parts[:end])) for end in range(len(parts), 0, -1))
        return next((self._by_stem[way] for way in ways if way in self._by_stem), None)

    def films(self) -> tuple[list[Found], list[Ignored]]:
        """The films, and those that cannot be told."""
        found: list[Found] = []
        ignored: list[Ignored] = []
        for one in self._sets:
            film = self._film(one, sole=self._sole[one.parts[0].parent] == 1)
            if film is None:
                ignored += [Ignored(path, UNNUMBERED) for path in one.parts]
            else:
                found.append(film)
        return _one_version(found, ignored)

    def _film(self, one: Together, *, sole: bool) -> Found | None:
        path = one.parts[0]
        season = names.season_of(path.parent.name)
        numbered = names.episode(path.stem, season)
        if numbered is not None:
            return self._episode(one, numbered, season)
        if season is not None:
            return None
        own, around = names.film(one.name), names.film(path.parent.name)
        if sole and own.year is None and around.year is not None:
            own = around
        title = f"{own.title} ({own.rest})" if own.rest else own.title
        return self._dressed(one, Found(one.parts, title, own.year), sole=sole)

    def _episode(self, one: Together, numbered: names.Numbered, season: int | None) -> Found:
        here = one.parts[0].parent
        folder = here if season is None else here.parent
        around = names.film(folder.name).title
        series = (around if season is not None else numbered.before) or around or numbered.before or "Series"
        in_season = numbered.season if numbered.season is not None else season or 0
        place = Place(series, in_season, numbered.number, numbered.number_to)
        title = numbered.after or _untitled(place)
        film = self._dressed(one, Found(one.parts, title, None, place), sole=False)
        nfo, notes = (self._named([folder, here], [name]) for name in ("tvshow.nfo", "series.json"))
        return replace(film, series_nfo=nfo, series_notes=notes)

    def _dressed(self, one: Together, film: Found, *, sole: bool) -> Found:
        """The film with what lies beside it."""
        stems = one.stems
        pictures = [f"{stem}{end}" for stem in stems for end in ("-poster", "-thumb", "")]
        nfos = [f"{stem}.nfo" for stem in stems]
        notes = [f"{stem}.json" for stem in stems]
        folder = film.path.parent
        if sole:
            pictures += ["poster", "folder", "cover", "movie", folder.name]
            nfos += ["movie.nfo"]
            notes += ["movie.json"]
        poster_names = [f"{picture}{suffix}" for picture in pictures for suffix in sorted(PICTURE_SUFFIXES)]
        return replace(
            film,
            subtitles=tuple(self._texts[film.path]),
            poster=self._named([folder], poster_names),
            nfo=self._named([folder], nfos),
            notes=self._named([folder], notes),
            missing=one.missing,
        )

    def _named(self, folders: Sequence[PurePath], wanted: Sequence[str]) -> PurePath | None:
        """The first of these files that there is, in whatever case."""
        ways = ((folder, name.casefold()) for folder in folders for name in wanted)
        return next((self._by_name[way] for way in ways if way in self._by_name), None)


def _one_version(films: list[Found], ignored: list[Ignored]) -> tuple[list[Found], list[Ignored]]:
    """Of a film that lies in one folder in several forms the first stays, in the order of their names' length and letters."""
    kept: dict[object, Found] = {}
    for film in sorted(films, key=lambda film: (-_height(film.path), len(film.path.name), film.path)):
        what = (film.path.parent, film.title.casefold(), film.year, film.place)
        known = kept.setdefault(what, film)
        if known is not film:
            ignored.extend(Ignored(path, f"it is another version of {known.path.name}") for path in film.parts)
    return sorted(kept.values(), key=lambda film: film.path), ignored


def _height(path: PurePath) -> int:
    """The lines of picture that the name tells: 2160 for "Film (2019) - 2160p"; 0 where it tells none."""
    return max((height for height in (2160, 1080, 720, 576, 480) if f"{height}p" in path.stem.casefold()), default=0)


def _untitled(place: Place) -> str:
    if place.number_to is None:
        return f"Episode {place.number}"
    return f"Episodes {place.number} to {place.number_to}"
