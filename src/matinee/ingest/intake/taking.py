"""Takes films from paths of this machine: copies them. Knows films whose very bytes came in before, on whatever way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import asdict, replace
from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.objects import stored
from matinee.backends.sql.port import Database
from matinee.ingest.contract import Again, Start, Take, folder
from matinee.ingest.intake import digests, originals, rows
from matinee.ingest.intake.originals import Files
from matinee.ingest.intake.rows import Intake, State
from matinee.ingest.intake.upload import Uploads
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import NotFound
from matinee.runtime.ids import UPLOAD, Ids
from matinee.services.catalog.contract import ByTitle, Catalog
from matinee.terms.line import one_line

Heard = Callable[[Intake, float], None]
"""Told how far the copy of a film is, 0 to 1."""


class Taking:
    def __init__(
        self, database: Database, objects: ObjectStore, catalog: Catalog, uploads: Uploads, clock: Clock, ids: Ids
    ) -> None:
        self._database = database
        self._objects = objects
        self._catalog = catalog
        self._uploads = uploads
        self._clock = clock
        self._ids = ids

    async def began(self, key: str) -> Intake | None:
        """The film that was begun under this key."""
        return await self._database.read(lambda connection: rows.by_key(connection, key), fresh=True)

    async def known(self, message: Take) -> Intake | None:
        """The film that stands in the way of this one, where its files were read before and are as they were. Reads none."""
        paths = await asyncio.to_thread(_checked, message.start)
        states = [await asyncio.to_thread(digests.state_of, path) for path in paths]

        def unit(connection: Connection) -> list[Intake]:
            known = [digest for state in states if (digest := digests.content_of(connection, state))]
            return rows.with_content(connection, digests.of_parts(known), but="") if len(known) == len(states) else []

        return await self.standing(await self._database.read(unit, fresh=True), message.again)

    async def standing(self, twins: list[Intake], again: Again) -> Intake | None:
        """The first of these films that stands in the way of taking its bytes again."""
        if again is Again.ALWAYS:
            return None
        for twin in twins:
            if twin.state is State.OPEN:
                continue  # its taking was broken off
            if again is Again.NEVER or await self._is_there(twin):
                return twin
        return None

    async def _is_there(self, film: Intake) -> bool:
        if film.state not in {State.PREPARING, State.CLOSED} or film.title_id is None:
            return False
        try:
            await self._catalog.title(ByTitle(film.title_id))
        except NotFound:
            return False
        return True

    async def noted(self, start: Start) -> Intake:
        """A row for the film. Raises OutOfSpace, Invalid where one of its files cannot be read."""
        paths = await asyncio.to_thread(_checked, start)
        size = sum([(await asyncio.to_thread(path.stat)).st_size for path in paths])
        now = milliseconds(self._clock.now())
        new = Intake(
            id=self._ids.new(UPLOAD),
            key=start.key,
            filename=one_line(start.filename)[:255] or "film",
            size=size,
            offset=size,
            metadata=start.metadata,
            publish=start.publish,
            protection=start.protection,
            episode=start.episode,
            created_at=now,
            touched_at=now,
        )
        free = stored.free_bytes(self._objects)

        def unit(connection: Connection) -> Intake:
            if not start.move:  # what is moved lies on the disk already
                self._uploads.check_room(connection, free, size, joined=bool(start.further))
            return rows.add(connection, new)

        return await self._database.transact(unit)

    async def fill(self, film: Intake, message: Take, heard: Heard) -> tuple[Intake, Files]:
        """Brings the film's files here, as far as they are not. The film with its content's SHA-256, unless it was but moved and
        nobody asks. Raises Invalid, OutOfSpace."""
        start = message.start
        parts = [originals.part(film.id, place) for place in range(len(start.paths))]
        found: list[str | None] = []
        for path, part in zip(start.paths, parts, strict=True):
            found.append(await self._part(film, path, part, start, heard))
        if film.sha256 is None and message.again is not Again.ALWAYS:
            found = [one or await stored.sha256(self._objects, part) for one, part in zip(found, parts, strict=True)]
        known = [digest for digest in found if digest]
        if film.sha256 is None and len(known) == len(parts):
            film = await self._marked(film, digests.of_parts(known))
        sidecars = [
            replace(one, source=await self._beside(film, f"sidecar-{place}", one.source, start))
            for place, one in enumerate(start.sidecars)
        ]
        poster = start.poster and await self._beside(film, "poster", start.poster, start)
        return film, Files(parts[0], sidecars, poster, parts[1:])

    async def _part(self, film: Intake, source: str, goal: str, start: Start, heard: Heard) -> str | None:
        """Its SHA-256 where it was copied now."""
        if not await stored.is_missing(self._objects, goal):
            return None
        path, loop = originals.checked(source), asyncio.get_running_loop()
        state = await asyncio.to_thread(digests.state_of, path)

        def tell(read: int) -> None:
            loop.call_soon_threadsafe(heard, film, min(1.0, read / max(1, state.size)))

        sha256 = await originals.take(self._objects, path, goal, move=start.move, heard=tell)
        if sha256 is not None and not start.move:
            await self._database.transact(lambda connection: digests.remember(connection, state, sha256))
        return sha256

    async def digested(self, film: Intake) -> Intake:
        """An upload that is whole with its content's SHA-256, for which it is read where nobody saw all of it go by."""
        if film.sha256 is not None:
            return film
        return await self._marked(film, await originals.digest(self._objects, folder(film.id)))

    async def _marked(self, film: Intake, sha256: str) -> Intake:
        await self._database.transact(lambda connection: rows.change(connection, [film.id], sha256=sha256))
        return replace(film, sha256=sha256)

    async def _beside(self, film: Intake, name: str, path: str, start: Start) -> str:
        goal = originals.key(film.id, name)
        if await stored.is_missing(self._objects, goal):
            await originals.take(self._objects, originals.checked(path), goal, move=start.move)
        return goal

    async def twins(self, film: Intake) -> list[Intake]:
        """The other films with the same bytes."""

        def unit(connection: Connection) -> list[Intake]:
            return rows.with_content(connection, film.sha256 or "", but=film.id)

        return await self._database.read(unit, fresh=True)

    async def undo(self, film: Intake) -> None:
        """Takes away what was taken, as if it had never been."""
        await stored.delete_under(self._objects, originals.key(film.id, ""))
        await self._database.transact(lambda connection: rows.forget(connection, film.id))


def _checked(start: Start) -> list[Path]:
    """The film's files."""
    for sidecar in start.sidecars:
        originals.checked(sidecar.source)
    if start.poster:
        originals.checked(start.poster)
    return [originals.checked(path) for path in start.paths]


def differences(film: Intake, start: Start) -> list[str]:
    """What is told of a film now, and was told otherwise when it came in."""
    before, now = asdict(film.metadata), asdict(start.metadata)
    found = [name for name in now if now[name] != before[name]]
    placed = [None if one is None else (one.series, one.season, one.number) for one in (film.episode, start.episode)]
    if placed[0] != placed[1]:
        found.append("episode")
    if film.protection is not start.protection:
        found.append("protection")
    return found
