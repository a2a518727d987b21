"""The home page, search, genres and one title: what this viewer may see."""

from __future__ import annotations

import asyncio
from typing import Annotated

from litestar import delete, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from matinee.api.clients import Clients, Injected
from matinee.api.home_rows import Genre, Item, Row, Rows, item, picture, progress
from matinee.api.optional import optional
from matinee.api.recently import Recently
from matinee.api.viewer import Access
from matinee.ingest.contract import ObservePreparations, Preparations
from matinee.runtime.errors import NotFound, Unavailable
from matinee.services.billing.contract import ByAccount
from matinee.services.catalog.contract import (
    Allowed,
    AllowQuery,
    Browse,
    Gate,
    NoSuchTitle,
    NotInRegion,
    NotYetAvailable,
    TooMature,
)
from matinee.services.history.contract import Bookmark, ByTitle
from matinee.services.search.contract import SearchQuery
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Track
from matinee.terms.viewer import Role, Viewer

CURSOR = r"^[0-9]{1,18}\.ttl_[0-9a-f]{1,32}\Z"


class Preparing(Struct, frozen=True):
    """A film that is on its way into the catalogue; `progress` is 0 to 1."""

    id: str
    title: str
    step: str
    progress: float
    message: str
    phase: str


class Home(Struct, frozen=True):
    """`preparing` is for editors; empty for everyone else."""

    rows: list[Row]
    preparing: list[Preparing] = []


class Items(Struct, frozen=True):
    items: list[Item]


class GenreList(Struct, frozen=True):
    genres: list[Genre]


class ItemPage(Struct, frozen=True):
    """`next` is what to ask `after`; null on the last page."""

    items: list[Item]
    next: str | None


class Detail(Struct, frozen=True):
    """One title. `playable` says that the membership plays it now."""

    id: str
    title: str
    year: int | None
    maturity: Maturity
    genres: list[str]
    duration_s: float
    poster_url: str | None
    synopsis: str
    languages: list[str]
    subtitles: list[str]
    resume_position_s: float
    progress: float | None
    playable: bool


@get("/api/discovery/home", access=Access.PROFILE)
async def home(
    clients: Injected[Clients], rows: Injected[Rows], recently: Injected[Recently], viewer: Injected[Viewer]
) -> Home:
    """The rows of the home page. A row that cannot be made is left out."""
    async with asyncio.TaskGroup() as group:
        making = [
            group.create_task(optional("continue watching", rows.continue_watching(viewer))),
            group.create_task(optional("new", rows.new(viewer))),
            group.create_task(optional("popular", rows.popular(viewer))),
            group.create_task(optional("genres", rows.by_genre(viewer))),
        ]
        preparing = group.create_task(optional("preparing", _preparing(clients, recently, viewer)))
    made = [task.result() for task in making]
    if all(found is None for found in made):
        raise Unavailable
    return Home([row for found in made for row in found or [] if row.items], preparing.result() or [])


@get("/api/discovery/search", access=Access.PROFILE)
async def search(
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    q: Annotated[str, QueryParameter(max_length=200, description="As typed; the last word may be unfinished.")] = "",
) -> Items:
    """Search as you type."""
    if not q.strip():
        return Items([])
    found = await clients.search.search(SearchQuery(q, viewer.maturity, viewer.territory))
    visible = await clients.catalog.visible(Gate(found.title_ids, viewer))
    return Items([item(card) for card in visible.cards])


@get("/api/discovery/genres", access=Access.PROFILE)
async def genres(rows: Injected[Rows], viewer: Injected[Viewer]) -> GenreList:
    """Genres that have a title for this viewer, the fullest first."""
    return GenreList(await rows.genres(viewer))


@get("/api/discovery/genres/{genre_id:str}", access=Access.PROFILE)
async def genre(
    genre_id: FromPath[str],
    clients: Injected[Clients],
    rows: Injected[Rows],
    viewer: Injected[Viewer],
    after: Annotated[str | None, QueryParameter(pattern=CURSOR, description="`next` of the page before.")] = None,
) -> ItemPage:
    """The titles of one genre, the newest first."""
    found = next((each for each in await rows.genres(viewer) if each.id == genre_id), None)
    if found is None:
        raise NotFound("There is no such genre")
    page = await clients.catalog.browse(Browse(viewer, found.id, before=after))
    return ItemPage([item(card) for card in page.cards], page.next)


@get(
    "/api/discovery/titles/{title_id:str}",
    access=Access.PROFILE,
    problems=[NoSuchTitle, NotInRegion, NotYetAvailable, TooMature],
)
async def title(title_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> Detail:
    """One title, as its page shows it."""
    begun = ByTitle(viewer.profile_id or "", title_id)
    async with asyncio.TaskGroup() as group:
        allowing = group.create_task(clients.catalog.allow(AllowQuery(title_id, viewer)))
        resuming = group.create_task(optional("bookmark", clients.history.bookmark(begun)))
        entitling = group.create_task(
            optional("entitlement", clients.billing.entitlement(ByAccount(viewer.account_id)))
        )
    entitlement = entitling.result()
    return _detail(allowing.result(), resuming.result(), plays=entitlement is None or entitlement.plays)


@delete("/api/discovery/continue-watching/{title_id:str}", access=Access.PROFILE, status_code=204)
async def forget(title_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> None:
    """Take a title out of the row of what was begun."""
    await clients.history.forget(ByTitle(viewer.profile_id or "", title_id))


async def _preparing(clients: Clients, recently: Recently, viewer: Viewer) -> list[Preparing]:
    if Role.EDITOR not in viewer.roles:
        return []
    asked = ObservePreparations(0, 0)
    observed = await recently.get("preparing", Preparations, lambda: clients.ingest.observe(asked))
    return [
        Preparing(each.id, each.title, each.step, each.progress, each.message, each.phase.value)
        for each in observed.preparations
    ]


def _detail(allowed: Allowed, bookmark: Bookmark | None, *, plays: bool) -> Detail:
    found, renditions = allowed.title, allowed.encode.renditions
    resumes = bookmark is not None and not bookmark.finished
    return Detail(
        id=found.id,
        title=found.metadata.title,
        year=found.metadata.year,
        maturity=found.metadata.maturity,
        genres=found.metadata.genres,
        duration_s=found.duration_ms / 1000,
        poster_url=picture(found.poster.id if found.poster else None),
        synopsis=found.metadata.synopsis,
        languages=sorted({each.language for each in renditions if each.track is Track.AUDIO}),
        subtitles=sorted({each.language for each in renditions if each.track is Track.TEXT}),
        resume_position_s=bookmark.position_ms / 1000 if bookmark and resumes else 0.0,
        progress=progress(bookmark) if bookmark else None,
        playable=plays,
    )


ROUTES = [home, search, genres, genre, title, forget]
