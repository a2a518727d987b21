"""A title as all know it: what it is, what is written about it, where and when it may be seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from matinee.terms.artwork import Poster
from matinee.terms.genre import Genre
from matinee.terms.language import Language, lookup
from matinee.terms.maturity import HIGHEST, Maturity
from matinee.terms.territory import Territory


class Kind(StrEnum):
    """A series has no film of its own: its episodes have."""

    FILM = "film"
    SERIES = "series"
    EPISODE = "episode"


class State(StrEnum):
    """draft (in preparation) → published ⇄ withdrawn. A series is published as long as one of its episodes is, and a draft
    while none is; withdrawn only by an editor, and then until it is published again."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """What is written about a title in one language."""

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
    synopsis: Annotated[str, Meta(max_length=4000)] = ""


Translations = Annotated[dict[Language, Words], Meta(max_length=40)]


class Metadata(Struct, frozen=True, forbid_unknown_fields=True):
    """What people write about a title. A film without a maturity gets the highest class. `title` and `synopsis` are in the
    original `language`, `translations` in others."""

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")]
    synopsis: Annotated[str, Meta(max_length=4000)] = ""
    year: Annotated[int, Meta(ge=1880, le=2200)] | None = None
    genres: Annotated[list[Genre], Meta(max_length=10)] = []
    maturity: Maturity = HIGHEST
    language: Language = "und"
    translations: Translations = {}


def worded(metadata: Metadata, languages: Sequence[Language]) -> Words:
    """What is written in the first of these languages that there is (RFC 4647, lookup), else in the original."""
    found = lookup(languages, [metadata.language, *metadata.translations])
    spoken = metadata.translations.get(found) if found and found != metadata.language else None
    if spoken is None:
        return Words(metadata.title, metadata.synopsis)
    return spoken if spoken.synopsis else Words(spoken.title, metadata.synopsis)


class Episode(Struct, frozen=True, forbid_unknown_fields=True):
    """Its place in its series. Season 0 holds the specials; a double episode runs from `number` to `number_to`."""

    series_id: str
    season: Annotated[int, Meta(ge=0, le=9999)]
    number: Annotated[int, Meta(ge=0, le=99_999)]
    number_to: Annotated[int, Meta(ge=0, le=99_999)] | None = None


class Rights(Struct, frozen=True):
    """Where and when a title may be seen. No territories: everywhere. None: no bound on that side."""

    territories: frozenset[Territory] = frozenset()
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None


class Title(Struct, frozen=True):
    """A title as the catalogue knows it. `encode_id` is None while the film is in preparation, and for a series. `poster`,
    `portrait` and `square` are the artwork that stands for it in each shape, `poster` the landscape one."""

    id: str
    state: State
    metadata: Metadata
    rights: Rights
    duration_ms: int
    poster: Poster | None
    encode_id: str | None
    created_at: datetime
    published_at: datetime | None
    revision: int
    portrait: Poster | None = None
    square: Poster | None = None
    kind: Kind = Kind.FILM
    episode: Episode | None = None


class Card(Struct, frozen=True):
    """What a row shows of a title, in the language asked. An episode has its place and the title of its series."""

    id: str
    title: str
    year: int | None
    maturity: Maturity
    genres: list[str]
    duration_ms: int
    poster_id: str | None
    portrait_id: str | None = None
    kind: Kind = Kind.FILM
    episode: Episode | None = None
    series_title: str | None = None
