"""The rows of the home page. Each id passes the catalogue's gate for this viewer, whoever suggested it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from msgspec import Struct

from matinee.api.clients import Clients
from matinee.api.languages import spoken
from matinee.api.optional import optional
from matinee.api.recently import Recently
from matinee.services.catalog.contract import Browse, Gate, GenresQuery, LanguagesQuery
from matinee.services.history.contract import Bookmark, Recent
from matinee.services.metrics.contract import POPULAR_FOR, Top
from matinee.terms.genre import slug
from matinee.terms.language import Language
from matinee.terms.maturity import Maturity
from matinee.terms.title import Card, Episode, Kind
from matinee.terms.viewer import Viewer

LENGTH = 30
GENRES = 8
SEEN = 60
"""Titles last watched, to their end too: after an episode comes the next."""


class Place(Struct, frozen=True):
    """An episode's place. Season 0 holds the specials; `number_to` is set for a double episode."""

    series_id: str
    series_title: str | None
    season: int
    number: int
    number_to: int | None


class Item(Struct, frozen=True):
    """A title as a row shows it. `progress` is 0 to 1 where it was begun. Only what one goes on with is ever an episode."""

    id: str
    title: str
    year: int | None
    maturity: Maturity
    genres: list[str]
    duration_s: float
    poster_url: str | None
    progress: float | None = None
    kind: Kind = Kind.FILM
    episode: Place | None = None
    portrait_url: str | None = None


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
        card.kind,
        place(card.episode, card.series_title),
        picture(card.portrait_id),
    )


def place(episode: Episode | None, series_title: str | None) -> Place | None:
    """Where an episode stands; None for what is none."""
    if episode is None:
        return None
    return Place(episode.series_id, series_title, episode.season, episode.number, episode.number_to)


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
    """Makes rows. Those that do not depend on the profile are shared by the viewers of one class: age limit and country, and
    the languages of titles that they read (`spoken`)."""

    def __init__(self, clients: Clients, recently: Recently) -> None:
        self._clients = clients
        self._recently = recently

    async def spoken(self, wanted: Sequence[Language]) -> list[Language]:
        """The languages of titles that these wishes come to; none where the catalogue does not say."""

        async def asked() -> list[Language]:
            return (await self._clients.catalog.languages(LanguagesQuery())).languages

        if not wanted:
            return []
        known = await optional("languages", self._recently.get("languages", list[Language], asked))
        return spoken(wanted, known or [])

    async def continue_watching(self, viewer: Viewer, languages: list[Language]) -> list[Row]:
        if viewer.profile_id is None:
            return []
        async with asyncio.TaskGroup() as group:
            going = group.create_task(self._clients.history.recent(Recent(viewer.profile_id, LENGTH, unfinished=True)))
            going_or_seen = group.create_task(self._clients.history.recent(Recent(viewer.profile_id, SEEN)))
        begun, last = going.result().bookmarks, going_or_seen.result().bookmarks
        finished = [bookmark.title_id for bookmark in last if bookmark.finished]
        async with asyncio.TaskGroup() as group:
            open_ids = [bookmark.title_id for bookmark in begun]
            showing = group.create_task(self._clients.catalog.visible(Gate(open_ids, viewer, languages)))
            following = group.create_task(self._clients.catalog.following(Gate(finished, viewer, languages)))
        cards = {card.id: card for card in showing.result().cards}
        items = gone_on_with([*begun, *last], cards, following.result().cards)
        return [Row("continue-watching", "Continue watching", "You have not seen the end yet", items[:LENGTH])]

    async def new(self, viewer: Viewer, languages: list[Language]) -> list[Row]:
        return [await self._shared("new", viewer, languages, lambda: self._newest(viewer, languages))]

    async def popular(self, viewer: Viewer, languages: list[Language]) -> list[Row]:
        return [await self._shared("popular", viewer, languages, lambda: self._popular(viewer, languages))]

    async def by_genre(self, viewer: Viewer, languages: list[Language]) -> list[Row]:
        genres = (await self.genres(viewer))[:GENRES]
        async with asyncio.TaskGroup() as group:
            rows = [group.create_task(self._genre(viewer, languages, genre)) for genre in genres]
        return [row.result() for row in rows]

    async def genres(self, viewer: Viewer) -> list[Genre]:
        async def asked() -> list[Genre]:
            return genres_of((await self._clients.catalog.genres(GenresQuery(viewer))).genres)

        return await self._recently.get(_key("genres", viewer, []), list[Genre], asked)

    async def _genre(self, viewer: Viewer, languages: list[Language], genre: Genre) -> Row:
        def make() -> Awaitable[Row]:
            return self._newest_of(viewer, languages, genre)

        return await self._shared(f"genre-{genre.id}", viewer, languages, make)

    async def _newest(self, viewer: Viewer, languages: list[Language]) -> Row:
        page = await self._clients.catalog.browse(Browse(viewer, limit=LENGTH, languages=languages))
        return Row("new", "New", "The newest first", [item(card) for card in page.cards])

    async def _newest_of(self, viewer: Viewer, languages: list[Language], genre: Genre) -> Row:
        page = await self._clients.catalog.browse(Browse(viewer, genre.id, LENGTH, languages=languages))
        return Row(f"genre-{genre.id}", genre.name, f"The newest in {genre.name}", [item(card) for card in page.cards])

    async def _popular(self, viewer: Viewer, languages: list[Language]) -> Row:
        since = self._clients.clock.now() - POPULAR_FOR
        played = await self._clients.metrics.top(Top("plays", since, LENGTH * 3))
        visible = await self._clients.catalog.visible(Gate([each.key for each in played.keys], viewer, languages))
        cards = [card for card in visible.cards if card.kind is not Kind.EPISODE]
        reason = f"Played most in the last {POPULAR_FOR.days} days"
        return Row("popular", "Popular", reason, [item(card) for card in cards[:LENGTH]])

    async def _shared(
        self, row_id: str, viewer: Viewer, languages: list[Language], make: Callable[[], Awaitable[Row]]
    ) -> Row:
        return await self._recently.get(_key(row_id, viewer, languages), Row, make)


def gone_on_with(bookmarks: list[Bookmark], cards: dict[str, Card], following: dict[str, Card]) -> list[Item]:
    """What to go on with, the last watched first: what was not seen to its end, and after an episode that was the next one;
    of a series one episode alone. `cards` are of unfinished titles, `following` by the finished episode before."""
    known = {bookmark.title_id: bookmark for bookmark in bookmarks}
    items: dict[str, Item] = {}
    for bookmark in sorted(bookmarks, key=lambda each: each.at, reverse=True):
        card = following.get(bookmark.title_id) if bookmark.finished else cards.get(bookmark.title_id)
        if card is not None:
            whole = card.episode.series_id if card.episode else card.id
            own = known.get(card.id)
            items.setdefault(whole, item(card, None if own is None or own.finished else own))
    return list(items.values())


def _key(what: str, viewer: Viewer, languages: list[Language]) -> str:
    return f"{what}/{viewer.maturity:d}/{viewer.territory}/{','.join(languages)}"
