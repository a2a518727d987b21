"""The rows of the home page. Each id passes the catalogue's gate for this viewer, whoever suggested it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from msgspec import Struct

from matinee.api.clients import Clients
from matinee.api.recently import Recently
from matinee.services.catalog.contract import Browse, Card, Gate, GenresQuery, slug
from matinee.services.history.contract import Bookmark, Recent
from matinee.services.metrics.contract import POPULAR_FOR, Top
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Viewer

LENGTH = 30
GENRES = 8


class Item(Struct, frozen=True):
    """A title as a row shows it. `progress` is 0 to 1 where it was begun."""

    id: str
    title: str
    year: int | None
    maturity: Maturity
    genres: list[str]
    duration_s: float
    poster_url: str | None
    progress: float | None = None


class Row(Struct, frozen=True):
    """`reason` says why these titles are here."""

    id: str
    title: str
    reason: str
    items: list[Item]


class Genre(Struct, frozen=True):
    id: str
    name: str


def item(card: Card, bookmark: Bookmark | None = None) -> Item:
    """A card as an item, with how far it was watched."""
    return Item(
        card.id,
        card.title,
        card.year,
        card.maturity,
        card.genres,
        card.duration_ms / 1000,
        picture(card.poster_id),
        progress(bookmark) if bookmark else None,
    )


def picture(image_id: str | None) -> str | None:
    """The address of a picture; `?w=` says how wide it is shown."""
    return f"/api/images/{image_id}" if image_id else None


def progress(bookmark: Bookmark) -> float:
    """How far a title was watched, 0 to 1."""
    return min(bookmark.position_ms / bookmark.duration_ms, 1.0) if bookmark.duration_ms > 0 else 0.0


def genres_of(names: Iterable[str]) -> list[Genre]:
    """Genres with the ids by which they stand in addresses; names that share one are one genre."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(slug(name), name)
    return [Genre(genre_id, name) for genre_id, name in found.items()]


class Rows:
    """Makes rows. Those that do not depend on the profile are shared by the viewers of one class: age limit and country."""

    def __init__(self, clients: Clients, recently: Recently) -> None:
        self._clients = clients
        self._recently = recently

    async def continue_watching(self, viewer: Viewer) -> list[Row]:
        if viewer.profile_id is None:
            return []
        begun = await self._clients.history.recent(Recent(viewer.profile_id, LENGTH, unfinished=True))
        by_title = {bookmark.title_id: bookmark for bookmark in begun.bookmarks}
        visible = await self._clients.catalog.visible(Gate(list(by_title), viewer))
        items = [item(card, by_title.get(card.id)) for card in visible.cards]
        return [Row("continue-watching", "Continue watching", "You have not seen the end yet", items)]

    async def new(self, viewer: Viewer) -> list[Row]:
        return [await self._shared("new", viewer, lambda: self._newest(viewer))]

    async def popular(self, viewer: Viewer) -> list[Row]:
        return [await self._shared("popular", viewer, lambda: self._popular(viewer))]

    async def by_genre(self, viewer: Viewer) -> list[Row]:
        genres = (await self.genres(viewer))[:GENRES]
        async with asyncio.TaskGroup() as group:
            rows = [group.create_task(self._genre(viewer, genre)) for genre in genres]
        return [row.result() for row in rows]

    async def genres(self, viewer: Viewer) -> list[Genre]:
        async def asked() -> list[Genre]:
            return genres_of((await self._clients.catalog.genres(GenresQuery(viewer))).genres)

        return await self._recently.get(_key("genres", viewer), list[Genre], asked)

    async def _genre(self, viewer: Viewer, genre: Genre) -> Row:
        return await self._shared(f"genre-{genre.id}", viewer, lambda: self._newest_of(viewer, genre))

    async def _newest(self, viewer: Viewer) -> Row:
        page = await self._clients.catalog.browse(Browse(viewer, limit=LENGTH))
        return Row("new", "New", "The newest first", [item(card) for card in page.cards])

    async def _newest_of(self, viewer: Viewer, genre: Genre) -> Row:
        page = await self._clients.catalog.browse(Browse(viewer, genre.id, LENGTH))
        return Row(f"genre-{genre.id}", genre.name, f"The newest in {genre.name}", [item(card) for card in page.cards])

    async def _popular(self, viewer: Viewer) -> Row:
        since = self._clients.clock.now() - POPULAR_FOR
        played = await self._clients.metrics.top(Top("plays", since, LENGTH * 3))
        visible = await self._clients.catalog.visible(Gate([each.key for each in played.keys], viewer))
        reason = f"Played most in the last {POPULAR_FOR.days} days"
        return Row("popular", "Popular", reason, [item(card) for card in visible.cards[:LENGTH]])

    async def _shared(self, row_id: str, viewer: Viewer, make: Callable[[], Awaitable[Row]]) -> Row:
        return await self._recently.get(_key(row_id, viewer), Row, make)


def _key(what: str, viewer: Viewer) -> str:
    return f"{what}/{viewer.maturity:d}/{viewer.territory}"
