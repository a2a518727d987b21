from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from matinee.backends.sql.outbox import publish
from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import NotFound
from matinee.runtime.events import Event
from matinee.runtime.ids import EVENT, TITLE, Ids
from matinee.services.catalog import rows, rules, shelves, tables
from matinee.services.catalog.contract import (
    Allowed,
    AllowQuery,
    Attach,
    Browse,
    ByIds,
    ByTitle,
    CreateTitle,
    Encode,
    Gate,
    Genres,
    GenresQuery,
    ImageQuery,
    ListTitles,
    NoSuchTitle,
    NotPlayable,
    Page,
    Poster,
    State,
    Title,
    Titles,
    UpdateTitle,
    Visible,
)
from matinee.services.catalog.memory import GenreMemory

T = TypeVar("T")
TOPIC = "titles"


class Service:
    """The contract `Catalog` on one database."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._genres = GenreMemory()

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
        )
        event = _event(self._ids.new(EVENT), "created", made.created_at, made)

        def unit(connection: Connection) -> Title:
            if before := rows.find_by_key(connection, message.key):
                return before
            rows.add(connection, message.key, made)
            publish(connection, tables.outbox, TOPIC, made.id, event)
            return made

        try:
            return await self._database.transact(unit)
        except IntegrityError:  # another process was first with this key
            return await self._database.transact(unit)

    async def update(self, message: UpdateTitle) -> Title:
        return await self._change("changed", message.title_id, lambda title: rules.updated(title, message))

    async def attach(self, message: Attach) -> Title:
        def save(connection: Connection) -> None:
            rows.save_encode(connection, message.title_id, message.encode)

        return await self._change("attached", message.title_id, lambda title: rules.attached(title, message), save)

    async def publish(self, message: ByTitle) -> Title:
        now = self._now()
        return await self._change("published", message.title_id, lambda title: rules.published(title, now))

    async def withdraw(self, message: ByTitle) -> Title:
        return await self._change("withdrawn", message.title_id, rules.withdrawn)

    async def discard(self, message: ByTitle) -> None:
        event_id, now = self._ids.new(EVENT), self._clock.now()

        def unit(connection: Connection) -> None:
            found = rows.find_to_change(connection, message.title_id)
            if found is None or found.state is not State.DRAFT or found.encode_id is not None:
                return
            rows.forget(connection, found.id)
            gone = replace(found, revision=found.revision + 1)
            publish(connection, tables.outbox, TOPIC, found.id, _event(event_id, "discarded", now, gone))

        await self._database.transact(unit)

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

    async def list_titles(self, message: ListTitles) -> Titles:
        table = tables.titles
        query = select(table).order_by(table.c.id.desc()).limit(message.limit)
        if message.before is not None:
            query = query.where(table.c.id < message.before)
        if message.state is not None:
            query = query.where(table.c.state == message.state.value)

        def unit(connection: Connection) -> Titles:
            return Titles([rows.title(row) for row in connection.execute(query)])

        return await self._database.read(unit, fresh=True)

    async def visible(self, message: Gate) -> Visible:
        if not message.title_ids:
            return Visible([])
        now, ids, viewer = self._clock.now(), message.title_ids, message.viewer
        return Visible(await self._database.read(lambda connection: shelves.visible(connection, ids, viewer, now)))

    async def allow(self, message: AllowQuery) -> Allowed:
        title, encode = _known(
            await self._database.read(lambda connection: rows.find_with_encode(connection, message.title_id))
        )
        refusal = rules.may_see(title, message.viewer, self._clock.now())
        if refusal is not None:
            raise refusal
        if encode is None:
            raise NoSuchTitle
        return Allowed(title, encode)

    async def browse(self, message: Browse) -> Page:
        before = None if message.before is None else rules.place(message.before)
        now, viewer = self._clock.now(), message.viewer
        return await self._database.read(
            lambda connection: shelves.page(connection, viewer, now, message.genre, before, message.limit)
        )

    async def genres(self, message: GenresQuery) -> Genres:
        now, viewer = self._clock.now(), message.viewer

        async def counted() -> list[str]:
            return await self._database.read(lambda connection: shelves.genres(connection, viewer, now))

        return Genres(await self._genres.names(viewer, now, counted))

    async def image(self, message: ImageQuery) -> Poster:
        now = self._clock.now()
        found = await self._database.read(
            lambda connection: shelves.poster(connection, message.image_id, message.viewer, now)
        )
        if found is None:
            raise NotFound("There is no such picture")
        return found

    async def _change(
        self,
        kind: str,
        title_id: str,
        change: Callable[[Title], Title],
        save: Callable[[Connection], None] = lambda _: None,
    ) -> Title:
        """A change that changes nothing is no revision and no event, so that a repeat is harmless."""
        event_id, now = self._ids.new(EVENT), self._clock.now()

        def unit(connection: Connection) -> Title:
            before = _known(rows.find_to_change(connection, title_id))
            after = change(before)
            save(connection)
            if after == before:
                return before
            after = replace(after, revision=before.revision + 1)
            rows.save(connection, after)
            publish(connection, tables.outbox, TOPIC, title_id, _event(event_id, kind, now, after))
            return after

        changed = await self._database.transact(unit)
        self._genres.forget()
        return changed

    def _now(self) -> datetime:
        return moment(milliseconds(self._clock.now()))


def _known(found: T | None) -> T:
    if found is None:
        raise NoSuchTitle
    return found


def _event(event_id: str, kind: str, at: datetime, title: Title) -> Event:
    return Event(event_id, "matinee/catalog", f"matinee.title.{kind}", at, title.id, rules.announcement(title))
