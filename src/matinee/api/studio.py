"""The studio: titles, and the films on their way to becoming one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from matinee.api.clients import Clients, Injected
from matinee.api.home_rows import Place, picture, place
from matinee.api.jobs import OneStep
from matinee.api.paging import After, Before, Limit, Wait
from matinee.api.signup import IdempotencyKey
from matinee.api.viewer import Access
from matinee.backends.objects import stored
from matinee.ingest.contract import (
    ByPreparation,
    ObservePreparations,
    OfTitle,
    Preparation,
    Preparations,
    RetryPreparation,
)
from matinee.ingest.wanted import wanted
from matinee.runtime.errors import Conflict
from matinee.services.catalog.contract import (
    ByIds,
    ByTitle,
    CreateTitle,
    EpisodeTaken,
    ListTitles,
    NoSuchTitle,
    NotADraft,
    NotPlayable,
    RevisionConflict,
    UpdateTitle,
)
from matinee.services.fill.contract import Drop
from matinee.services.playback.contract import CloseAll
from matinee.terms.genre import Genre
from matinee.terms.language import Language
from matinee.terms.maturity import Maturity
from matinee.terms.title import Episode, Kind, Metadata, Rights, State, Title, Translations
from matinee.terms.viewer import Viewer

Text = Annotated[str, QueryParameter(max_length=200, description="Part of a title in any of its languages.")]
OfState = Annotated[State | None, QueryParameter(name="state", description="Only these.")]
OfKind = Annotated[Kind | None, QueryParameter(description="Only these.")]


class StudioTitle(Struct, frozen=True):
    id: str
    state: State
    title: str
    synopsis: str
    year: int | None
    genres: list[str]
    maturity: Maturity
    language: str
    rights: Rights
    duration_s: float
    poster_url: str | None
    created_at: datetime
    published_at: datetime | None
    kind: Kind
    episode: Place | None
    translations: Translations
    revision: int


class StudioTitles(Struct, frozen=True):
    """Newest first. `next` is what to ask `before`; null on the last page."""

    titles: list[StudioTitle]
    next: str | None


class Episodes(Struct, frozen=True):
    """In the order in which they are watched, specials last; at most two thousand."""

    titles: list[StudioTitle]


class TitlePreparations(Struct, frozen=True):
    """The latest, or none."""

    preparations: list[Preparation]


class NewSeries(Struct, frozen=True, forbid_unknown_fields=True):
    """A series to put episodes in. Films come by upload."""

    metadata: Metadata
    rights: Rights = Rights()


class TitleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is missing stays as it is. An `episode` makes a film one, null makes an episode a film. With a `revision` nothing is
    changed that someone else has changed since."""

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+\Z")] | UnsetType = UNSET
    synopsis: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    year: Annotated[int, Meta(ge=1880, le=2200)] | UnsetType | None = UNSET
    genres: Annotated[list[Genre], Meta(max_length=10)] | UnsetType = UNSET
    maturity: Maturity | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET
    translations: Translations | UnsetType = UNSET
    episode: Episode | UnsetType | None = UNSET
    revision: Annotated[int, Meta(ge=1, le=2**53)] | None = None


@get("/api/studio/titles", access=Access.EDITOR)
async def titles(
    clients: Injected[Clients],
    before: Before = None,
    limit: Limit = 50,
    q: Text = "",
    of_state: OfState = None,
    kind: OfKind = None,
) -> StudioTitles:
    """All titles, whatever their state, the newest first."""
    found = (await clients.catalog.list_titles(ListTitles(limit, before, of_state, kind, q))).titles
    return StudioTitles(await _all_shown(clients, found), found[-1].id if len(found) == limit else None)


@post("/api/studio/titles", access=Access.EDITOR)
async def create_series(
    data: JSONBody[NewSeries], key: IdempotencyKey, clients: Injected[Clients], viewer: Injected[Viewer]
) -> StudioTitle:
    """Begin a series. It is shown with the first of its episodes that is published."""
    wish = CreateTitle(f"series/{viewer.account_id}/{key}"[:255], data.metadata, data.rights, Kind.SERIES)
    return await _shown(clients, await clients.catalog.create(wish))


@get("/api/studio/titles/{title_id:str}", access=Access.EDITOR, problems=[NoSuchTitle])
async def title(title_id: FromPath[str], clients: Injected[Clients]) -> StudioTitle:
    """One title, whatever its state."""
    return await _shown(clients, await clients.catalog.title(ByTitle(title_id)))


@get("/api/studio/titles/{title_id:str}/episodes", access=Access.EDITOR, problems=[NoSuchTitle])
async def episodes(title_id: FromPath[str], clients: Injected[Clients]) -> Episodes:
    """The episodes of a series, whatever their state."""
    await clients.catalog.title(ByTitle(title_id))
    return Episodes(await _all_shown(clients, (await clients.catalog.episodes(ByTitle(title_id))).titles))


@patch(
    "/api/studio/titles/{title_id:str}",
    access=Access.EDITOR,
    problems=[NoSuchTitle, RevisionConflict, EpisodeTaken],
)
async def update_title(title_id: FromPath[str], data: JSONBody[TitleChange], clients: Injected[Clients]) -> StudioTitle:
    """Change what is written about a title, its place in a series, or its rights."""
    changes = msgspec.structs.asdict(data)
    return await _shown(clients, await clients.catalog.update(UpdateTitle(title_id, **changes)))


@delete(
    "/api/studio/titles/{title_id:str}",
    access=Access.EDITOR,
    status_code=204,
    problems=[NoSuchTitle, NotADraft],
)
async def delete_title(title_id: FromPath[str], clients: Injected[Clients]) -> None:
    """Delete a draft with its film and its pictures, and stop preparing it."""
    artwork = (await clients.catalog.artwork(ByTitle(title_id))).candidates
    removed = await clients.catalog.remove(ByTitle(title_id))
    for each in (await clients.ingest.observe(ObservePreparations(0, 0))).preparations:
        if each.title_id == title_id:
            await clients.ingest.cancel(ByPreparation(each.id))
    await _take_off(clients, [removed])
    await stored.delete_under(clients.objects, f"media/{title_id}/")
    for each in artwork:
        await stored.delete_under(clients.objects, f"images/{each.artwork.image.id}/")


@post(
    "/api/studio/titles/{title_id:str}/publish",
    access=Access.EDITOR,
    status_code=200,
    problems=[NoSuchTitle, NotPlayable],
)
async def publish(title_id: FromPath[str], clients: Injected[Clients]) -> StudioTitle:
    """Show a title to members and send its film to the appliances; of a series those of its published episodes."""
    for playable in await _films(clients, title_id):
        encode = await clients.catalog.encode(ByTitle(playable.id))
        await clients.fill.want(wanted(playable.id, encode))
    return await _shown(clients, await clients.catalog.publish(ByTitle(title_id)))


@post("/api/studio/titles/{title_id:str}/withdraw", access=Access.EDITOR, status_code=200, problems=[NoSuchTitle])
async def withdraw(title_id: FromPath[str], clients: Injected[Clients]) -> StudioTitle:
    """Hide a title, end what plays it, and take its film from the appliances; of a series those of all its episodes."""
    withdrawn = await clients.catalog.withdraw(ByTitle(title_id))
    await _take_off(clients, await _films(clients, title_id))
    return await _shown(clients, withdrawn)


@get("/api/studio/preparations", access=Access.EDITOR)
async def preparations(clients: Injected[Clients], after: After = 0, wait_s: Wait = 0) -> Preparations:
    """Films in preparation that changed after the cursor; zero gives at once all unfinished ones and what failed this week."""
    return await clients.ingest.observe(ObservePreparations(after, wait_s))


@get("/api/studio/preparations/{preparation_id:str}", access=Access.EDITOR)
async def preparation(preparation_id: FromPath[str], clients: Injected[Clients]) -> Preparation:
    """One film in preparation."""
    return await clients.ingest.preparation(ByPreparation(preparation_id))


@get("/api/studio/titles/{title_id:str}/preparations", access=Access.EDITOR, problems=[NoSuchTitle])
async def preparations_of(title_id: FromPath[str], clients: Injected[Clients]) -> TitlePreparations:
    """How a title's film was prepared, and what was found in it. How each stage went is forgotten after thirty days."""
    await clients.catalog.title(ByTitle(title_id))
    latest = (await clients.ingest.of_title(OfTitle(title_id))).preparation
    return TitlePreparations([] if latest is None else [latest])


@delete("/api/studio/preparations/{preparation_id:str}", access=Access.EDITOR, status_code=200)
async def cancel_preparation(preparation_id: FromPath[str], clients: Injected[Clients]) -> Preparation:
    """Stop preparing a film, or give up one that failed."""
    return await clients.ingest.cancel(ByPreparation(preparation_id))


@post(
    "/api/studio/preparations/{preparation_id:str}/retry",
    access=Access.EDITOR,
    status_code=200,
    problems=[Conflict],
)
async def retry_preparation(
    preparation_id: FromPath[str], clients: Injected[Clients], step: OneStep = None
) -> Preparation:
    """Prepare a film again that failed, or one step; what is done stays done."""
    return await clients.ingest.retry(RetryPreparation(preparation_id, step))


@post(
    "/api/studio/preparations/{preparation_id:str}/pause",
    access=Access.EDITOR,
    status_code=200,
    problems=[Conflict],
)
async def pause_preparation(preparation_id: FromPath[str], clients: Injected[Clients]) -> Preparation:
    """Let what runs for a film end, and begin nothing more of it."""
    return await clients.ingest.pause(ByPreparation(preparation_id))


@post(
    "/api/studio/preparations/{preparation_id:str}/resume",
    access=Access.EDITOR,
    status_code=200,
    problems=[Conflict],
)
async def resume_preparation(preparation_id: FromPath[str], clients: Injected[Clients]) -> Preparation:
    """Go on with a paused film."""
    return await clients.ingest.resume(ByPreparation(preparation_id))


async def _films(clients: Clients, title_id: str) -> list[Title]:
    """The title itself, or the published episodes of a series."""
    found = await clients.catalog.title(ByTitle(title_id))
    if found.kind is not Kind.SERIES:
        return [found]
    of_series = (await clients.catalog.episodes(ByTitle(title_id))).titles
    return [each for each in of_series if each.state is State.PUBLISHED]


async def _take_off(clients: Clients, films: list[Title]) -> None:
    async with asyncio.TaskGroup() as group:
        for film in films:
            group.create_task(clients.playback.close_all(CloseAll(title_id=film.id)))
            group.create_task(clients.fill.drop(Drop(film.id)))


async def _shown(clients: Clients, title: Title) -> StudioTitle:
    return (await _all_shown(clients, [title]))[0]


async def _all_shown(clients: Clients, found: list[Title]) -> list[StudioTitle]:
    series = list({each.episode.series_id for each in found if each.episode})
    known = (await clients.catalog.titles(ByIds(series))).titles if series else []
    names = {each.id: each.metadata.title for each in known}
    return [_studio_title(each, names.get(each.episode.series_id) if each.episode else None) for each in found]


def _studio_title(title: Title, series_title: str | None) -> StudioTitle:
    metadata = title.metadata
    return StudioTitle(
        id=title.id,
        state=title.state,
        title=metadata.title,
        synopsis=metadata.synopsis,
        year=metadata.year,
        genres=metadata.genres,
        maturity=metadata.maturity,
        language=metadata.language,
        rights=title.rights,
        duration_s=title.duration_ms / 1000,
        poster_url=picture(title.poster.id if title.poster else None),
        created_at=title.created_at,
        published_at=title.published_at,
        kind=title.kind,
        episode=place(title.episode, series_title),
        translations=metadata.translations,
        revision=title.revision,
    )


ROUTES = [
    titles,
    create_series,
    title,
    episodes,
    update_title,
    delete_title,
    publish,
    withdraw,
    preparations,
    preparation,
    preparations_of,
    cancel_preparation,
    retry_preparation,
    pause_preparation,
    resume_preparation,
]
