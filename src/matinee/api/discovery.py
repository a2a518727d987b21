"""The home page, search, genres and one title: what this viewer may see."""

from __future__ import annotations

import asyncio
from typing import Annotated

from litestar import delete, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from matinee.api import chapters
from matinee.api.chapters import Chapter
from matinee.api.clients import Clients, Injected
from matinee.api.home_rows import Genre, Item, Place, Row, Rows, item, picture, place, progress
from matinee.api.optional import optional
from matinee.api.recently import Recently
from matinee.api.seasons import Seasons, seasons
from matinee.api.viewer import Access
from matinee.ingest.contract import ObservePreparations, Preparations
from matinee.runtime.errors import NotFound, Unavailable
from matinee.services.billing.contract import ByAccount
from matinee.services.catalog.contract import (
    AllowQuery,
    Browse,
    ByIds,
    Described,
    Gate,
    NoSuchTitle,
    NotInRegion,
    NotYetAvailable,
    TooMature,
)
from matinee.services.catalog.contract import ByTitle as OfSeries
from matinee.services.history.contract import Bookmark, ByTitle, ByTitles
from matinee.services.search.contract import SearchQuery
from matinee.terms.language import Language
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Role as Purpose
from matinee.terms.rendition import Track
from matinee.terms.title import Kind, worded
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
    """One title. `playable` says that the membership plays it now. A series has `series` and no length; its position and its
    languages are those of the episode to go on with."""

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
    kind: Kind = Kind.FILM
    episode: Place | None = None
    series: Seasons | None = None
    portrait_url: str | None = None
    chapters: list[Chapter] = []


@get("/api/discovery/home", access=Access.PROFILE)
async def home(
    clients: Injected[Clients],
    rows: Injected[Rows],
    recently: Injected[Recently],
    viewer: Injected[Viewer],
    languages: Injected[list[Language]],
) -> Home:
    """The rows of the home page. A row that cannot be made is left out."""
    read = await rows.spoken(languages)
    async with asyncio.TaskGroup() as group:
        making = [
            group.create_task(optional("continue watching", rows.continue_watching(viewer, read))),
            group.create_task(optional("new", rows.new(viewer, read))),
            group.create_task(optional("popular", rows.popular(viewer, read))),
            group.create_task(optional("genres", rows.by_genre(viewer, read))),
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
    languages: Injected[list[Language]],
    q: Annotated[str, QueryParameter(max_length=200, description="As typed; the last word may be unfinished.")] = "",
) -> Items:
    """Search as you type, in all languages of a title."""
    if not q.strip():
        return Items([])
    found = await clients.search.search(SearchQuery(q, viewer.maturity, viewer.territory))
    visible = await clients.catalog.visible(Gate(found.title_ids, viewer, languages))
    return Items([item(card) for card in visible.cards if card.kind is not Kind.EPISODE])


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
    languages: Injected[list[Language]],
    after: Annotated[str | None, QueryParameter(pattern=CURSOR, description="`next` of the page before.")] = None,
) -> ItemPage:
    """The titles of one genre, the newest first."""
    found = next((each for each in await rows.genres(viewer) if each.id == genre_id), None)
    if found is None:
        raise NotFound("There is no such genre")
    page = await clients.catalog.browse(Browse(viewer, found.id, before=after, languages=languages))
    return ItemPage([item(card) for card in page.cards], page.next)


@get(
    "/api/discovery/titles/{title_id:str}",
    access=Access.PROFILE,
    problems=[NoSuchTitle, NotInRegion, NotYetAvailable, TooMature],
)
async def title(
    title_id: FromPath[str],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    languages: Injected[list[Language]],
    season: Annotated[
        int | None,
        # Where a parameter may be absent, the framework leaves a `ge` of zero out of what it publishes.
        QueryParameter(gt=-1, le=9999, description="Of a series; else one that suits."),
    ] = None,
    after: Annotated[int, QueryParameter(ge=-1, le=99_999, description="`next` of the answer before.")] = -1,
) -> Detail:
    """One title, as its page shows it. Of a series all seasons, and the episodes of one."""
    begun = ByTitle(viewer.profile_id or "", title_id)
    async with asyncio.TaskGroup() as group:
        describing = group.create_task(clients.catalog.describe(AllowQuery(title_id, viewer, languages)))
        resuming = group.create_task(optional("bookmark", clients.history.bookmark(begun)))
        entitling = group.create_task(
            optional("entitlement", clients.billing.entitlement(ByAccount(viewer.account_id)))
        )
    described, entitlement = describing.result(), entitling.result()
    shown = _detail(described, resuming.result(), languages, plays=entitlement is None or entitlement.plays)
    if described.title.kind is not Kind.SERIES:
        return shown
    return await _as_series(
        shown, await seasons(clients, viewer, languages, described.title, season, after), clients, viewer
    )


@delete("/api/discovery/continue-watching/{title_id:str}", access=Access.PROFILE, status_code=204)
async def forget(title_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> None:
    """Take a title out of the row of what was begun; with an episode all of its series."""
    profile_id, wanted = viewer.profile_id or "", [title_id]
    found = (await clients.catalog.titles(ByIds([title_id]))).titles
    if found and found[0].kind is not Kind.FILM:
        series_id = found[0].episode.series_id if found[0].episode else title_id
        wanted = [each.id for each in (await clients.catalog.episodes(OfSeries(series_id))).titles]
    async with asyncio.TaskGroup() as group:
        for bookmark in (await clients.history.bookmarks(ByTitles(profile_id, wanted))).bookmarks:
            group.create_task(clients.history.forget(ByTitle(profile_id, bookmark.title_id)))


async def _preparing(clients: Clients, recently: Recently, viewer: Viewer) -> list[Preparing]:
    if Role.EDITOR not in viewer.roles:
        return []
    asked = ObservePreparations(0, 0)
    observed = await recently.get("preparing", Preparations, lambda: clients.ingest.observe(asked))
    return [
        Preparing(each.id, each.title, each.step, each.progress, each.message, each.phase.value)
        for each in observed.preparations
    ]


def _detail(described: Described, bookmark: Bookmark | None, languages: list[Language], *, plays: bool) -> Detail:
    found, renditions = described.title, described.encode.renditions if described.encode else []
    resumes = bookmark is not None and not bookmark.finished
    words = worded(found.metadata, languages)
    return Detail(
        id=found.id,
        title=words.title,
        year=found.metadata.year,
        maturity=found.metadata.maturity,
        genres=found.metadata.genres,
        duration_s=found.duration_ms / 1000,
        poster_url=picture(found.poster.id if found.poster else None),
        synopsis=words.synopsis,
        languages=sorted({each.language for each in renditions if each.track is Track.AUDIO}),
        subtitles=sorted(
            {each.language for each in renditions if each.track is Track.TEXT and each.role is not Purpose.FORCED}
        ),
        resume_position_s=bookmark.position_ms / 1000 if bookmark and resumes else 0.0,
        progress=progress(bookmark) if bookmark else None,
        playable=plays,
        kind=found.kind,
        episode=place(found.episode, described.series_title),
        portrait_url=picture(found.portrait.id if found.portrait else None),
        chapters=chapters.of(described.encode) if described.encode else [],
    )


async def _as_series(shown: Detail, of: Seasons, clients: Clients, viewer: Viewer) -> Detail:
    if of.up_next is None:
        return replace(shown, series=of, playable=False)
    asked = AllowQuery(of.up_next.id, viewer)
    described = await optional("the episode's languages", clients.catalog.describe(asked))
    renditions = described.encode.renditions if described and described.encode else []
    return replace(
        shown,
        series=of,
        poster_url=shown.poster_url or of.up_next.picture_url,
        languages=sorted({each.language for each in renditions if each.track is Track.AUDIO}),
        subtitles=sorted(
            {each.language for each in renditions if each.track is Track.TEXT and each.role is not Purpose.FORCED}
        ),
        resume_position_s=of.up_next.resume_position_s,
        progress=of.up_next.progress,
    )


ROUTES = [home, search, genres, genre, title, forget]
