"""Chapters as viewers see them, and as the studio sets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from litestar import get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.services.catalog.contract import ByTitle, NoSuchTitle, NotPlayable, SetChapters
from matinee.terms import encode
from matinee.terms.encode import Encode


class Chapter(Struct, frozen=True):
    """A named part of a film, from `start_s` to the next one's start."""

    start_s: Annotated[float, Meta(ge=0, le=1_000_000)]
    title: Annotated[str, Meta(max_length=1000)]


class ChapterList(Struct, frozen=True, forbid_unknown_fields=True):
    chapters: Annotated[list[Chapter], Meta(max_length=500)]


@get("/api/studio/titles/{title_id:str}/chapters", access=Access.EDITOR, problems=[NoSuchTitle, NotPlayable])
async def chapters(title_id: FromPath[str], clients: Injected[Clients]) -> ChapterList:
    """A film's chapters."""
    return ChapterList(of(await clients.catalog.encode(ByTitle(title_id))))


@put("/api/studio/titles/{title_id:str}/chapters", access=Access.EDITOR, problems=[NoSuchTitle, NotPlayable])
async def set_chapters(title_id: FromPath[str], data: JSONBody[ChapterList], clients: Injected[Clients]) -> ChapterList:
    """Set a film's chapters, in place of those it has. Sessions that play keep theirs."""
    wanted = [encode.Chapter(round(each.start_s * 1000), each.title) for each in data.chapters]
    return ChapterList(_shown((await clients.catalog.set_chapters(SetChapters(title_id, wanted))).chapters))


def of(film: Encode) -> list[Chapter]:
    """The film's chapters in their order."""
    return _shown(film.chapters)


def _shown(found: Sequence[encode.Chapter]) -> list[Chapter]:
    return [Chapter(each.start_ms / 1000, each.title) for each in found]


ROUTES = [chapters, set_chapters]
