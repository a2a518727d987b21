from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from matinee.backends.sql.outbox import publish
from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import NotFound
from matinee.runtime.events import Event
from matinee.runtime.ids import EVENT, TITLE, Ids
from matinee.services.catalog import artwork, gate, rows, rules, series, shelves, tables
from matinee.services.catalog.contract import (
    Allowed,
    AllowQuery,
    Attach,
    Browse,
    ByIds,
    ByTitle,
    Candidates,
    Chapters,
    ChooseArtwork,
    CreateTitle,
    Described,
    DropArtwork,
    Following,
    Gate,
    Genres,
    GenresQuery,
    ImageQuery,
    Languages,
    LanguagesQuery,
    ListTitles,
    NoSuchTitle,
    NotPlayable,
    OfferArtwork,
    Outline,
    Page,
    SetChapters,
    Titles,
    UpdateTitle,
    Visible,
)
from matinee.services.catalog.memory import Memory
from matinee.terms.artwork import Poster
from matinee.terms.encode import Encode
from matinee.terms.title import Kind, State, Title

T = TypeVar("T")
TOPIC = "titles"


class Service:
    """The contract `Catalog` on one database."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._memory = Memory()

    async def create(self, message: CreateTitle) -> Title:
        made = Title(
            id=self._ids.new(TITLE),
            state=State.DRAFT,
            metadata=rules.tidied(message.metadata),
            rights=rules.checked(message.rights),
            duration_ms=0,
            poster=None,
            encode_id=None,
            created_at=self._now(),
            published_at=None,
            revision=1,
            kind=message.kind,
            episode=rules.placed(message.kind, message.episode),
        )

        def unit(connection: Connection) -> Title:
            if before := rows.find_by_key(connection, message.key):
                return before
            series.take_place(connection, made)
            rows.add(connection, message.key, made)
            self._tell(connection, "created", made)
            return made

        return await self._settled(unit)

    async def update(self, message: UpdateTitle) -> Title:
        def work(connection: Connection, title: Title) -> Title:
            changed = rules.updated(title, message)
            if changed.episode != title.episode:
                series.take_place(connection, changed)
            return changed

        return await self._work("changed", message.title_id, work)

    async def attach(self, message: Attach) -> Title:
        def work(connection: Connection, title: Title) -> Title:
            attached = rules.attached(title, message)
            rows.save_encode(connection, message.title_id, message.encode)
            artwork.add(connection, message.title_id, rules.poster_of(message))
            return artwork.hung(connection, attached)

        return await self._work("attached", message.title_id, work)

    async def publish(self, message: ByTitle) -> Title:
        now = self._now()

        def work(connection: Connection, title: Title) -> Title:
            if title.kind is not Kind.SERIES:
                return rules.published(title, now)
            return rules.series_published(title, now, has_published=series.has_published(connection, title.id))

        return await self._work("published", message.title_id, work)

    async def withdraw(self, message: ByTitle) -> Title:
        return await self._work("withdrawn", message.title_id, lambda _, title: rules.withdrawn(title))

    async def discard(self, message: ByTitle) -> None:
        def unit(connection: Connection) -> None:
            found = rows.find_to_change(connection, message.title_id)
            if found and found.kind is not Kind.SERIES and found.state is State.DRAFT and found.encode_id is None:
                self._forget(connection, found)

        await self._database.transact(unit)

    async def remove(self, message: ByTitle) -> Title:
        def unit(connection: Connection) -> Title:
            found = _known(rows.find_to_change(connection, message.title_id))
            rules.removable(found, has_episodes=series.has_episodes(connection, found.id))
            self._forget(connection, found)
            return found

        return await self._database.transact(unit)

    async def title(self, message: ByTitle) -> Title:
        found = await self._database.read(lambda connection: rows.find(connection, message.title_id), fresh=True)
        return _known(found)

    async def encode(self, message: ByTitle) -> Encode:
        found = await self._database.read(lambda connection: rows.find_encode(connection, message.title_id), fresh=True)
        _, encode = _known(found)
        if encode is None:
            raise NotPlayable("This title has no film yet")
        return encode

    async def titles(self, message: ByIds) -> Titles:
        found = await self._database.read(lambda connection: rows.find_all(connection, message.title_ids))
        return Titles([found[title_id] for title_id in message.title_ids if title_id in found])

    async def episodes(self, message: ByTitle) -> Titles:
        def unit(connection: Connection) -> Titles:
            return Titles(series.episodes(connection, message.title_id))

        return await self._database.read(unit, fresh=True)

    async def list_titles(self, message: ListTitles) -> Titles:
        return Titles(await self._database.read(lambda connection: rows.listed(connection, message), fresh=True))

    async def visible(self, message: Gate) -> Visible:
        if not message.title_ids:
            return Visible([])
        now = self._clock.now()
        return Visible(await self._database.read(lambda connection: shelves.visible(connection, message, now)))

    async def allow(self, message: AllowQuery) -> Allowed:
        now = self._clock.now()
        return await self._database.read(lambda connection: gate.allow(connection, message, now))

    async def describe(self, message: AllowQuery) -> Described:
        now = self._clock.now()
        return await self._database.read(lambda connection: gate.describe(connection, message, now))

    async def outline(self, message: AllowQuery) -> Outline:
        now = self._clock.now()
        return Outline(await self._database.read(lambda connection: series.outline(connection, message, now)))

    async def following(self, message: Gate) -> Following:
        now = self._clock.now()
        return Following(await self._database.read(lambda connection: series.all_following(connection, message, now)))

    async def languages(self, message: LanguagesQuery) -> Languages:
        del message

        async def counted() -> list[str]:
            return await self._database.read(rows.languages)

        return Languages(await self._memory.names("languages", self._clock.now(), counted))

    async def browse(self, message: Browse) -> Page:
        before = None if message.before is None else rules.place(message.before)
        now = self._clock.now()
        return await self._database.read(lambda connection: shelves.page(connection, message, before, now))

    async def genres(self, message: GenresQuery) -> Genres:
        now, viewer = self._clock.now(), message.viewer

        async def counted() -> list[str]:
            return await self._database.read(lambda connection: shelves.genres(connection, viewer, now))

        return Genres(await self._memory.names((viewer.maturity, viewer.territory), now, counted))

    async def image(self, message: ImageQuery) -> Poster:
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: artwork.shown(connection, message.image_id, message.viewer, now)
        )
        if found is None:
            raise NotFound("There is no such picture")
        return found

    async def artwork(self, message: ByTitle) -> Candidates:
        def unit(connection: Connection) -> Candidates:
            _known(rows.find(connection, message.title_id))
            return artwork.candidates(connection, message.title_id)

        return await self._database.read(unit, fresh=True)

    async def offer_artwork(self, message: OfferArtwork) -> Candidates:
        return await self._hang(
            message.title_id, lambda connection: artwork.add(connection, message.title_id, message.artwork)
        )

    async def choose_artwork(self, message: ChooseArtwork) -> Candidates:
        return await self._hang(
            message.title_id,
            lambda connection: artwork.pick(connection, message.title_id, message.shape, message.image_id),
        )

    async def drop_artwork(self, message: DropArtwork) -> Candidates:
        return await self._hang(
            message.title_id, lambda connection: artwork.drop(connection, message.title_id, message.image_id)
        )

    async def set_chapters(self, message: SetChapters) -> Chapters:
        def unit(connection: Connection) -> Chapters:
            _, encode = _known(rows.find_with_encode(connection, message.title_id))
            if encode is None:
                raise NotPlayable("This title has no film yet")
            chapters = rules.chapters(message.chapters, encode.duration_ms)
            rows.change_encode(connection, message.title_id, replace(encode, chapters=chapters))
            return Chapters(chapters)

        return await self._database.transact(unit)

    async def _hang(self, title_id: str, rearrange: Callable[[Connection], None]) -> Candidates:
        def work(connection: Connection, title: Title) -> Title:
            rearrange(connection)
            return artwork.hung(connection, title)

        await self._work("changed", title_id, work)
        return await self.artwork(ByTitle(title_id))

    async def _work(self, kind: str, title_id: str, work: Callable[[Connection, Title], Title]) -> Title:
        """A change that changes nothing is no revision and no event, so that a repeat is harmless. What it shows or hides of a
        series is told too."""
        now = self._now()

        def unit(connection: Connection) -> Title:
            before = _known(rows.find_to_change(connection, title_id))
            after = work(connection, before)
            if after == before:
                return before
            after = replace(after, revision=before.revision + 1)
            rows.save(connection, after)
            self._tell(connection, kind, after)
            for changed in series.settle(connection, before, after, now):
                self._tell(connection, "published" if changed.state is State.PUBLISHED else "hidden", changed)
            return after

        changed = await self._settled(unit)
        self._memory.forget()
        return changed

    async def _settled(self, unit: Callable[[Connection], T]) -> T:
        try:
            return await self._database.transact(unit)
        except IntegrityError:  # another process was first with this key or this place
            return await self._database.transact(unit)

    def _forget(self, connection: Connection, title: Title) -> None:
        artwork.forget(connection, title.id)
        rows.forget(connection, title.id)
        self._tell(connection, "discarded", replace(title, revision=title.revision + 1))

    def _tell(self, connection: Connection, kind: str, title: Title) -> None:
        told = _event(self._ids.new(EVENT), kind, self._clock.now(), title)
        publish(connection, tables.outbox, TOPIC, title.id, told)

    def _now(self) -> datetime:
        return moment(milliseconds(self._clock.now()))


def _known(found: T | None) -> T:
    if found is None:
        raise NoSuchTitle
    return found


def _event(event_id: str, kind: str, at: datetime, title: Title) -> Event:
    return Event(event_id, "matinee/catalog", f"matinee.title.{kind}", at, title.id, rules.announcement(title))
