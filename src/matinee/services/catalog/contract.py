"""The catalogue: titles, what they are made of, who may see them, and when."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType

from matinee.runtime.errors import Conflict, Forbidden, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.terms.language import Language
from matinee.terms.maturity import HIGHEST, Maturity
from matinee.terms.rendition import Rendition
from matinee.terms.territory import Territory
from matinee.terms.viewer import Viewer

Genre = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f/]+\Z")]

_MARKS = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[\W_]+")


def slug(genre: str) -> str:
    """A genre's name as it stands in addresses: "Sci-Fi & Fantasy" is `sci-fi-fantasy`, "Драма" is `драма`. Names with the
    same slug are one genre; a slug's slug is itself."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", genre).casefold())
    words = _NOT_WORD.sub("-", unicodedata.normalize("NFKC", plain)).strip("-")
    return words[:80].strip("-") or f"x{genre.encode().hex()}"[:80]


class NoSuchTitle(NotFound):
    type, title = "no-such-title", "There is no such title"


class NotInRegion(Forbidden):
    type, title = "not-in-region", "This title is not available in your country"


class TooMature(Forbidden):
    type, title = "maturity", "This title is above the profile's age limit"


class NotYetAvailable(Forbidden):
    type, title = "not-yet-available", "This title is not available yet"


class NotPlayable(Conflict):
    type, title = "not-playable", "A title is published once its film is prepared"


class State(StrEnum):
    """draft (in preparation) → published ⇄ withdrawn."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Metadata(Struct, frozen=True, forbid_unknown_fields=True):
    """What people write about a title. A film without a maturity gets the highest class."""

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
    synopsis: Annotated[str, Meta(max_length=4000)] = ""
    year: Annotated[int, Meta(ge=1880, le=2200)] | None = None
    genres: Annotated[list[Genre], Meta(max_length=10)] = []
    maturity: Maturity = HIGHEST
    language: Language = "und"


class Rights(Struct, frozen=True):
    """Where and when a title may be seen. No territories: everywhere. None: no bound on that side."""

    territories: frozenset[Territory] = frozenset()
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None
    ends_at: Annotated[datetime, Meta(tz=True)] | None = None


class File(Struct, frozen=True):
    """One file of an encode; `path` is relative to the encode's root, `sha256` in hex."""

    path: str
    size: int
    sha256: str


class Chapter(Struct, frozen=True):
    """A named part of a film, from `start_ms` to the next one's start."""

    start_ms: int
    title: str


class Thumbnails(Struct, frozen=True):
    """Small pictures of a film, one each `interval_ms`, in sheets `00001.jpg`, `00002.jpg`, … of `columns` by `rows` in `folder`;
    `width` and `height` are one picture's."""

    folder: str
    width: int
    height: int
    columns: int
    rows: int
    interval_ms: int
    sheets: int
    bandwidth_bps: int


class Encode(Struct, frozen=True):
    """A packaged film. Its objects lie under `media/{title_id}/{id}/`; there also are `manifest.mpd` and `master.m3u8`
    (relative, unsigned: playback writes a session's own). `protection` is signed, clearkey or drm; `key_id` names the key of
    an encrypted one, 32 hex digits. Not `complete`: it plays, and better renditions are on their way."""

    id: str
    duration_ms: int
    segment_ms: int
    protection: str
    renditions: list[Rendition]
    files: list[File]
    created_at: datetime
    complete: bool = True
    key_id: str | None = None
    chapters: list[Chapter] = []
    thumbnails: Thumbnails | None = None


class Poster(Struct, frozen=True):
    """A picture of a title; its objects are `images/{id}/{width}.jpg` for each of `widths`."""

    id: str
    width: int
    height: int
    widths: list[int]


class Title(Struct, frozen=True):
    """A title as the catalogue knows it. `encode` is None while the film is in preparation."""

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


class Card(Struct, frozen=True):
    """What a row shows of a title."""

    id: str
    title: str
    year: int | None
    maturity: Maturity
    genres: list[str]
    duration_ms: int
    poster_id: str | None


class CreateTitle(Struct, frozen=True):
    """Repeats with the same `key` are the same title."""

    key: str
    metadata: Metadata
    rights: Rights = Rights()


class UpdateTitle(Struct, frozen=True):
    """UNSET leaves a value as it is."""

    title_id: str
    title: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    synopsis: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    year: Annotated[int, Meta(ge=1880, le=2200)] | UnsetType | None = UNSET
    genres: Annotated[list[Genre], Meta(max_length=10)] | UnsetType = UNSET
    maturity: Maturity | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET


class ByTitle(Struct, frozen=True):
    title_id: str


class Attach(Struct, frozen=True):
    """Gives a title its packaged film and its poster; what was attached before is replaced."""

    title_id: str
    encode: Encode
    poster: Poster | None = None


class ByIds(Struct, frozen=True):
    title_ids: list[str]


class Titles(Struct, frozen=True):
    titles: list[Title]


class ListTitles(Struct, frozen=True):
    """Newest first, for the studio. `before` is the last id of the page before."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    before: str | None = None
    state: State | None = None


class Gate(Struct, frozen=True):
    """Which of these titles may the viewer see now?"""

    title_ids: list[str]
    viewer: Viewer


class Visible(Struct, frozen=True):
    """The cards of the titles that this viewer may see now, in the order asked."""

    cards: list[Card]


class Allowed(Struct, frozen=True):
    """One title that this viewer may play now, with its encode but for `files`, which is empty: a long film has thousands,
    and a play needs none (`encode` gives them)."""

    title: Title
    encode: Encode


class AllowQuery(Struct, frozen=True):
    title_id: str
    viewer: Viewer


class Browse(Struct, frozen=True):
    """The newest published titles that the viewer may see, of one genre where its `slug` is given; `before` as `next`
    answered."""

    viewer: Viewer
    genre: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    before: str | None = None


class Page(Struct, frozen=True):
    """`next` is what to ask `before`; None on the last page."""

    cards: list[Card]
    next: str | None


class GenresQuery(Struct, frozen=True):
    viewer: Viewer


class Genres(Struct, frozen=True):
    """The names of genres with at least one title for this viewer, the fullest first; `slug(name)` is what `browse` takes."""

    genres: list[str]


class ImageQuery(Struct, frozen=True):
    image_id: str
    viewer: Viewer


class Catalog(Protocol):
    """Every change of a title is an event `matinee.title.*` on topic `titles`, by the outbox."""

    @operation(idempotent=True)
    async def create(self, message: CreateTitle) -> Title:
        """A draft. Raises Invalid where its rights end before they start."""
        ...

    @operation(idempotent=True)
    async def update(self, message: UpdateTitle) -> Title:
        """Raises NoSuchTitle."""
        ...

    @operation(idempotent=True)
    async def attach(self, message: Attach) -> Title:
        """Raises NoSuchTitle."""
        ...

    @operation(idempotent=True)
    async def publish(self, message: ByTitle) -> Title:
        """Raises NoSuchTitle, NotPlayable."""
        ...

    @operation(idempotent=True)
    async def withdraw(self, message: ByTitle) -> Title:
        """Raises NoSuchTitle."""
        ...

    @operation(idempotent=True)
    async def discard(self, message: ByTitle) -> None:
        """Takes away a draft that never had a film; any other title stays."""
        ...

    @operation(idempotent=True)
    async def title(self, message: ByTitle) -> Title:
        """Whatever its state. Raises NoSuchTitle."""
        ...

    @operation(idempotent=True)
    async def encode(self, message: ByTitle) -> Encode:
        """The title's present encode. Raises NoSuchTitle, NotPlayable."""
        ...

    @operation(idempotent=True)
    async def titles(self, message: ByIds) -> Titles:
        """Whatever their state, in the order asked; the unknown are left out."""
        ...

    @operation(idempotent=True)
    async def list_titles(self, message: ListTitles) -> Titles:
        """Whatever their state."""
        ...

    @operation(idempotent=True)
    async def visible(self, message: Gate) -> Visible:
        """The one gate for what may be seen: published, maturity, territory, dates."""
        ...

    @operation(idempotent=True)
    async def allow(self, message: AllowQuery) -> Allowed:
        """The gate for one title, with its reason. A title above the limit, unpublished or withdrawn is not there for a
        member. Raises NoSuchTitle, NotInRegion, NotYetAvailable, TooMature."""
        ...

    @operation(idempotent=True)
    async def browse(self, message: Browse) -> Page:
        """Raises Invalid where `before` is no cursor."""
        ...

    @operation(idempotent=True)
    async def genres(self, message: GenresQuery) -> Genres:
        """Counted at most five seconds ago."""
        ...

    @operation(idempotent=True)
    async def image(self, message: ImageQuery) -> Poster:
        """A picture of a title that this viewer may see (editors: of any). Raises NotFound."""
        ...
