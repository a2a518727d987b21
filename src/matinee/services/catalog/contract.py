"""The catalogue: titles, what they are made of, who may see them, and when."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType

from matinee.runtime.errors import Conflict, Forbidden, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.terms.artwork import Artwork, Candidate, Poster, Shape
from matinee.terms.encode import Chapter, Encode
from matinee.terms.genre import Genre
from matinee.terms.language import Language
from matinee.terms.maturity import Maturity
from matinee.terms.title import Card, Episode, Kind, Metadata, Rights, State, Title, Translations
from matinee.terms.viewer import Viewer


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


class EpisodeTaken(Conflict):
    """`extra.title_id` is the episode that has the place."""

    type, title = "episode-taken", "The series has another episode with this number"


class RevisionConflict(Conflict):
    """`extra.revision` is what the title is at now."""

    type, title = "revision-conflict", "Someone else has changed this title since you opened it"


class NotADraft(Conflict):
    type, title = "not-a-draft", "Only a draft can be deleted"


class Candidates(Struct, frozen=True):
    """By shape, those supplied first, then the best."""

    candidates: list[Candidate]


class OfferArtwork(Struct, frozen=True):
    """More artwork for a title. In each shape the one that an editor picked stands for the title; without one the best that
    was supplied, without that the best frame."""

    title_id: str
    artwork: Annotated[list[Artwork], Meta(max_length=60)]


class ChooseArtwork(Struct, frozen=True):
    """An editor's choice for one shape; None leaves it to the score again."""

    title_id: str
    shape: Shape
    image_id: str | None


class DropArtwork(Struct, frozen=True):
    title_id: str
    image_id: str


class SetChapters(Struct, frozen=True):
    """In place of the chapters that the film has now; they are put in order."""

    title_id: str
    chapters: Annotated[list[Chapter], Meta(max_length=500)]


class Chapters(Struct, frozen=True):
    chapters: list[Chapter]


class CreateTitle(Struct, frozen=True):
    """Repeats with the same `key` are the same title. `episode` is an episode's alone, and every episode has one."""

    key: str
    metadata: Metadata
    rights: Rights = Rights()
    kind: Kind = Kind.FILM
    episode: Episode | None = None


class UpdateTitle(Struct, frozen=True):
    """UNSET leaves a value as it is. An `episode` makes a film one, None makes an episode a film; a series stays one. Where a
    `revision` is given, nothing changes unless the title is still at it."""

    title_id: str
    title: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    synopsis: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    year: Annotated[int, Meta(ge=1880, le=2200)] | UnsetType | None = UNSET
    genres: Annotated[list[Genre], Meta(max_length=10)] | UnsetType = UNSET
    maturity: Maturity | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET
    translations: Translations | UnsetType = UNSET
    episode: Episode | UnsetType | None = UNSET
    revision: int | None = None


class ByTitle(Struct, frozen=True):
    title_id: str


class Attach(Struct, frozen=True):
    """Gives a title its packaged film in place of the one before. A `poster` is offered as landscape artwork that beats every
    frame; None leaves the artwork as it is."""

    title_id: str
    encode: Encode
    poster: Poster | None = None


class ByIds(Struct, frozen=True):
    title_ids: list[str]


class Titles(Struct, frozen=True):
    titles: list[Title]


class ListTitles(Struct, frozen=True):
    """Newest first, for the studio. `before` is the last id of the page before; `text` is part of a title in any language,
    whatever its case and accents."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    before: str | None = None
    state: State | None = None
    kind: Kind | None = None
    text: Annotated[str, Meta(max_length=200)] = ""


class Gate(Struct, frozen=True):
    """Which of these titles may the viewer see now? `languages` say in which words, the first that there is (`worded`)."""

    title_ids: list[str]
    viewer: Viewer
    languages: list[Language] = []


class Visible(Struct, frozen=True):
    """The cards of the titles that this viewer may see now, in the order asked."""

    cards: list[Card]


class Allowed(Struct, frozen=True):
    """One title that this viewer may play now, with its encode but for `files`, which is empty: a long film has thousands,
    and a play needs none (`encode` gives them). `next` is the episode that follows an episode, where this viewer may see it."""

    title: Title
    encode: Encode
    series_title: str | None = None
    next: Card | None = None


class AllowQuery(Struct, frozen=True):
    """`preview` lets an editor see a title that members may not; for anyone else it changes nothing."""

    title_id: str
    viewer: Viewer
    languages: list[Language] = []
    preview: bool = False


class Described(Struct, frozen=True):
    """One title that this viewer may see now. A series has no encode; an episode has the title of its series."""

    title: Title
    encode: Encode | None
    series_title: str | None = None


class Numbered(Struct, frozen=True):
    """An episode and its place."""

    id: str
    season: int
    number: int


class Outline(Struct, frozen=True):
    """The episodes of a series in the order in which they are watched, specials last."""

    episodes: list[Numbered]


class Following(Struct, frozen=True):
    """The episode after each of those asked, by the id of the one before; those without one are left out."""

    cards: dict[str, Card]


class LanguagesQuery(Struct, frozen=True):
    pass


class Languages(Struct, frozen=True):
    """The languages in which any published title is written."""

    languages: list[Language]


class Browse(Struct, frozen=True):
    """The newest published films and series that the viewer may see, of one genre where its `slug` is given; `before` as
    `next` answered, `languages` as in `Gate`."""

    viewer: Viewer
    genre: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    before: str | None = None
    languages: list[Language] = []


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
        """A draft. Raises Invalid where its rights end before they start or its series is none, EpisodeTaken."""
        ...

    @operation(idempotent=True)
    async def update(self, message: UpdateTitle) -> Title:
        """Raises NoSuchTitle, RevisionConflict, Invalid, EpisodeTaken."""
        ...

    @operation(idempotent=True)
    async def attach(self, message: Attach) -> Title:
        """Raises NoSuchTitle, Invalid for a series."""
        ...

    @operation(idempotent=True)
    async def publish(self, message: ByTitle) -> Title:
        """With an episode its series is published too, unless an editor withdrew it. Raises NoSuchTitle, NotPlayable (a series
        of which no episode is published)."""
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
    async def remove(self, message: ByTitle) -> Title:
        """Takes away a draft whatever it has, and answers what it was. Raises NoSuchTitle, NotADraft (for a series with
        episodes too)."""
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
    async def episodes(self, message: ByTitle) -> Titles:
        """Of a series, whatever their state, in their order; at most two thousand."""
        ...

    @operation(idempotent=True)
    async def list_titles(self, message: ListTitles) -> Titles:
        """Whatever their state."""
        ...

    @operation(idempotent=True)
    async def visible(self, message: Gate) -> Visible:
        """The one gate for what may be seen: published, maturity, territory, dates. For an episode those of its series count
        too; a series is seen by whoever may see one of its episodes."""
        ...

    @operation(idempotent=True)
    async def allow(self, message: AllowQuery) -> Allowed:
        """The gate for one title, with its reason. A title above the limit, unpublished or withdrawn is not there for a
        member. Raises NoSuchTitle, NotInRegion, NotYetAvailable, TooMature, NotPlayable for a series."""
        ...

    @operation(idempotent=True)
    async def describe(self, message: AllowQuery) -> Described:
        """As `allow`, for who would read of it: a series too. Raises NoSuchTitle, NotInRegion, NotYetAvailable, TooMature."""
        ...

    @operation(idempotent=True)
    async def outline(self, message: AllowQuery) -> Outline:
        """The episodes of a series that this viewer may see now, at most two thousand; none of what is no such series."""
        ...

    @operation(idempotent=True)
    async def following(self, message: Gate) -> Following:
        """Of what may be seen now: seasons follow each other, specials stay among themselves."""
        ...

    @operation(idempotent=True)
    async def languages(self, message: LanguagesQuery) -> Languages:
        """Asked at most five seconds ago."""
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
        """A picture that stands for a title that this viewer may see (editors: any artwork of any title). Raises NotFound."""
        ...

    @operation(idempotent=True)
    async def artwork(self, message: ByTitle) -> Candidates:
        """All artwork of a title. Its objects are `images/{artwork.image.id}/`. Raises NoSuchTitle."""
        ...

    @operation(idempotent=True)
    async def offer_artwork(self, message: OfferArtwork) -> Candidates:
        """Those known by their id stay as they are. Raises NoSuchTitle."""
        ...

    @operation(idempotent=True)
    async def choose_artwork(self, message: ChooseArtwork) -> Candidates:
        """Raises NoSuchTitle, NotFound where this title has no such artwork of this shape."""
        ...

    @operation(idempotent=True)
    async def set_chapters(self, message: SetChapters) -> Chapters:
        """Raises NoSuchTitle, NotPlayable, Invalid where two begin at once, or one past the end or without a name."""
        ...

    @operation(idempotent=True)
    async def drop_artwork(self, message: DropArtwork) -> Candidates:
        """Forgets one that was supplied; another then stands for the title. Its objects are the caller's to delete. Raises
        NoSuchTitle, NotFound, Conflict for a frame of the film."""
        ...
