"""Instant search over titles. It knows what may be seen only roughly; the caller asks the catalogue's gate again."""

from __future__ import annotations

from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.rpc.operation import operation
from matinee.terms.maturity import Maturity


class Translation(Struct, frozen=True):
    """What is written about a title in another language."""

    title: str
    synopsis: str = ""


class Document(Struct, frozen=True):
    """What is searched of a published film or series, in all its languages. `revision` orders versions of it; an older one
    changes nothing. `territories` empty: everywhere."""

    title_id: str
    revision: int
    title: str
    synopsis: str
    year: int | None
    genres: list[str]
    maturity: Maturity
    territories: list[str]
    popularity: float = 0.0
    translations: dict[str, Translation] = {}


class Documents(Struct, frozen=True):
    documents: list[Document]


class Removal(Struct, frozen=True):
    """A title that was withdrawn or hidden at this revision."""

    title_id: str
    revision: int


class Popularity(Struct, frozen=True):
    """Plays by title id; what is not named keeps its value."""

    plays: dict[str, float]


class SearchQuery(Struct, frozen=True):
    """`text` as typed, the last word perhaps unfinished."""

    text: Annotated[str, Meta(max_length=200)]
    maturity: Maturity
    territory: str
    limit: Annotated[int, Meta(ge=1, le=100)] = 24


class Found(Struct, frozen=True):
    """Best first."""

    title_ids: list[str]


class StateQuery(Struct, frozen=True):
    pass


class State(Struct, frozen=True):
    """`generation` names this index and changes when it is begun anew; `needs_reindex` until the first title is in it: then
    what was published before must be read again from the start of topic `titles`."""

    generation: str
    documents: int
    needs_reindex: bool


class Search(Protocol):
    @operation(idempotent=True)
    async def index(self, message: Documents) -> None:
        """Searchable when this returns."""
        ...

    @operation(idempotent=True)
    async def remove(self, message: Removal) -> None:
        """As `index`: an older version that comes later stays out."""
        ...

    @operation(idempotent=True)
    async def set_popularity(self, message: Popularity) -> None:
        """Counts in the order of what is found, from the next search on."""
        ...

    @operation(idempotent=True)
    async def state(self, message: StateQuery) -> State:
        """Whoever fills the index asks it every few seconds, to see whether it began anew."""
        ...

    @operation(idempotent=True, timeout_s=2)
    async def search(self, message: SearchQuery) -> Found:
        """Nothing for a text without a word."""
        ...
