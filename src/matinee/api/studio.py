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
from matinee.api.home_rows import picture
from matinee.api.viewer import Access
from matinee.ingest.contract import ByPreparation, ObservePreparations, Preparation, Preparations
from matinee.ingest.wanted import wanted
from matinee.runtime.errors import Conflict
from matinee.services.catalog.contract import (
    ByTitle,
    Genre,
    ListTitles,
    NoSuchTitle,
    NotPlayable,
    Rights,
    State,
    Title,
    UpdateTitle,
)
from matinee.services.fill.contract import Drop
from matinee.services.playback.contract import CloseAll
from matinee.terms.language import Language
from matinee.terms.maturity import Maturity

After = Annotated[int, QueryParameter(ge=0, le=2**53, description="The cursor of the answer before.")]
Wait = Annotated[float, QueryParameter(ge=0, le=30, description="Seconds to wait for a change.")]
Before = Annotated[str | None, QueryParameter(max_length=64, description="`next` of the page before.")]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]


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


class StudioTitles(Struct, frozen=True):
    """Newest first. `next` is what to ask `before`; null on the last page."""

    titles: list[StudioTitle]
    next: str | None


class TitleChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is missing stays as it is."""

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")] | UnsetType = UNSET
    synopsis: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    year: Annotated[int, Meta(ge=1880, le=2200)] | UnsetType | None = UNSET
    genres: Annotated[list[Genre], Meta(max_length=10)] | UnsetType = UNSET
    maturity: Maturity | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET


@get("/api/studio/titles", access=Access.EDITOR)
async def titles(clients: Injected[Clients], before: Before = None, limit: Limit = 50) -> StudioTitles:
    """All titles, whatever their state, the newest first."""
    found = (await clients.catalog.list_titles(ListTitles(limit, before))).titles
    return StudioTitles([_shown(title) for title in found], found[-1].id if len(found) == limit else None)


@get("/api/studio/titles/{title_id:str}", access=Access.EDITOR, problems=[NoSuchTitle])
async def title(title_id: FromPath[str], clients: Injected[Clients]) -> StudioTitle:
    """One title, whatever its state."""
    return _shown(await clients.catalog.title(ByTitle(title_id)))


@patch("/api/studio/titles/{title_id:str}", access=Access.EDITOR, problems=[NoSuchTitle])
async def update_title(title_id: FromPath[str], data: JSONBody[TitleChange], clients: Injected[Clients]) -> StudioTitle:
    """Change what is written about a title, or its rights."""
    changes = msgspec.structs.asdict(data)
    return _shown(await clients.catalog.update(UpdateTitle(title_id, **changes)))


@post(
    "/api/studio/titles/{title_id:str}/publish",
    access=Access.EDITOR,
    status_code=200,
    problems=[NoSuchTitle, NotPlayable],
)
async def publish(title_id: FromPath[str], clients: Injected[Clients]) -> StudioTitle:
    """Show a title to members and send its film to the appliances."""
    encode = await clients.catalog.encode(ByTitle(title_id))
    await clients.fill.want(wanted(title_id, encode))
    return _shown(await clients.catalog.publish(ByTitle(title_id)))


@post("/api/studio/titles/{title_id:str}/withdraw", access=Access.EDITOR, status_code=200, problems=[NoSuchTitle])
async def withdraw(title_id: FromPath[str], clients: Injected[Clients]) -> StudioTitle:
    """Hide a title, end what plays it, and take its film from the appliances."""
    withdrawn = await clients.catalog.withdraw(ByTitle(title_id))
    async with asyncio.TaskGroup() as group:
        group.create_task(clients.playback.close_all(CloseAll(title_id=title_id)))
        group.create_task(clients.fill.drop(Drop(title_id)))
    return _shown(withdrawn)


@get("/api/studio/preparations", access=Access.EDITOR)
async def preparations(clients: Injected[Clients], after: After = 0, wait_s: Wait = 0) -> Preparations:
    """Films in preparation that changed after the cursor; zero gives at once all unfinished ones and what failed this week."""
    return await clients.ingest.observe(ObservePreparations(after, wait_s))


@get("/api/studio/preparations/{preparation_id:str}", access=Access.EDITOR)
async def preparation(preparation_id: FromPath[str], clients: Injected[Clients]) -> Preparation:
    """One film in preparation."""
    return await clients.ingest.preparation(ByPreparation(preparation_id))


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
async def retry_preparation(preparation_id: FromPath[str], clients: Injected[Clients]) -> Preparation:
    """Prepare a film again that failed."""
    return await clients.ingest.retry(ByPreparation(preparation_id))


def _shown(title: Title) -> StudioTitle:
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
    )


ROUTES = [
    titles,
    title,
    update_title,
    publish,
    withdraw,
    preparations,
    preparation,
    cancel_preparation,
    retry_preparation,
]
