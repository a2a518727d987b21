"""Resumable uploads: pieces are objects, the table says which of them count and so where an upload stands."""

from __future__ import annotations

from collections.abc import Callable

import obstore
from msgspec.structs import replace
from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.objects import stored
from matinee.backends.sql.port import Database
from matinee.ingest.contract import (
    Announce,
    Append,
    CreateUpload,
    NoSuchUpload,
    OffsetConflict,
    Sidecar,
    TooManyUploads,
    UploadGone,
    folder,
    piece,
)
from matinee.ingest.intake import rows
from matinee.ingest.intake.originals import Files
from matinee.ingest.intake.rows import Intake, Kind, State
from matinee.ingest.limits import LARGEST_POSTER, LARGEST_SUBTITLE, Limits
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Conflict, Invalid, OutOfSpace, TooLarge
from matinee.runtime.ids import UPLOAD, Ids
from matinee.terms.line import one_line

_FILM_TAKES = 2.5
"""A film needs this many times its size while it is prepared: itself, its encodes, their package."""

MOST_SIDECARS = 40


class Uploads:
    """`free` answers the bytes free where objects lie."""

    def __init__(
        self, database: Database, objects: ObjectStore, clock: Clock, ids: Ids, limits: Limits, free: Callable[[], int]
    ) -> None:
        self._database = database
        self._objects = objects
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._free = free

    async def create(self, message: CreateUpload) -> Intake:
        """Raises TooLarge, OutOfSpace, TooManyUploads, NoSuchUpload (the film of a sidecar)."""
        new = self._new(message)
        if new.size is not None:
            self._check_size(new.kind, new.size)
        free = self._free()

        def unit(connection: Connection) -> Intake:
            if new.film_id is not None:
                _check_film(connection, message.account_id, new.film_id, new.id)
            else:
                self._check_quota(connection, new, free)
            return rows.add(connection, new)

        return await self._database.transact(unit)

    def _new(self, message: CreateUpload) -> Intake:
        now = milliseconds(self._clock.now())
        film_id = message.subtitle_of or message.poster_of
        kind = Kind.SUBTITLE if message.subtitle_of else Kind.POSTER if message.poster_of else Kind.FILM
        return Intake(
            id=self._ids.new(UPLOAD),
            kind=kind,
            filename=one_line(message.filename) or "film",
            size=message.size,
            metadata=message.metadata,
            created_at=now,
            touched_at=now,
            account_id=message.account_id,
            sidecars=message.sidecars if kind is Kind.FILM else 0,
            film_id=film_id,
            language=message.language,
            role=message.role,
            protection=message.protection,
            episode=message.episode,
            described=message.described,
        )

    def _check_size(self, kind: Kind, size: int) -> None:
        largest = {Kind.SUBTITLE: LARGEST_SUBTITLE, Kind.POSTER: LARGEST_POSTER}.get(kind, self._limits.largest)
        if size > largest:
            raise TooLarge(f"The file is too large: it may have {largest} bytes at most.")

    def _check_quota(self, connection: Connection, film: Intake, free: int) -> None:
        size = film.offset if film.size is None else film.size
        number, total = rows.unfinished(connection, film.account_id, but=film.id)
        if number >= self._limits.max_unfinished:
            raise TooManyUploads(f"You have {number} unfinished uploads; finish or cancel one first.")
        if total + size > self._limits.largest_unfinished:
            gib = self._limits.max_unfinished_gib
            raise TooManyUploads(f"Your unfinished uploads may have {gib:g} GiB together; finish or cancel one first.")
        self.check_room(connection, free, size)

    async def announce(self, message: Announce) -> Intake:
        """Sets the size of an upload that was begun without. Raises as `create`, and Conflict where it has another."""
        free = self._free()

        def unit(connection: Connection) -> Intake:
            found = self._own(connection, message.account_id, message.upload_id)
            if found.size == message.size:
                return found
            if found.size is not None or found.offset > message.size:
                raise Conflict(f"The upload has {found.size or found.offset} bytes, not {message.size}.")
            self._check_size(found.kind, message.size)
            if found.kind is Kind.FILM:
                self._check_quota(connection, replace(found, size=message.size), free)
            rows.change(connection, [found.id], size=message.size)
            return self._own(connection, message.account_id, message.upload_id)

        return await self._database.transact(unit)

    def check_room(self, connection: Connection, free: int, size: int, *, joined: bool = False) -> None:
        """Raises OutOfSpace where a disk with so many bytes free cannot take a film of this size, which must be `joined` first
        where it is in several files, and prepare it beside the uploads that are under way."""
        if free - self._limits.spare < rows.outstanding(connection) + size * (_FILM_TAKES + joined):
            raise OutOfSpace("There is not enough room on the disk for this film.")

    async def find(self, account_id: str, upload_id: str) -> Intake:
        """The account's own upload. Raises NoSuchUpload, UploadGone."""
        return await self._database.read(lambda connection: self._own(connection, account_id, upload_id), fresh=True)

    async def append(self, message: Append) -> Intake:
        """Makes a piece count, once. Raises NoSuchUpload, UploadGone, OffsetConflict, TooLarge, OutOfSpace,
        TooManyUploads, Invalid."""
        await self.find(message.account_id, message.upload_id)
        held = await self._stored(piece(message.upload_id, message.offset))
        if held != message.size:
            raise Invalid(f"The piece at {message.offset} has {held} bytes, not {message.size}.")
        free = self._free()
        if free < self._limits.spare:
            raise OutOfSpace("The disk is full; the upload can go on when there is room again.")
        now = milliseconds(self._clock.now())

        def unit(connection: Connection) -> Intake:
            upload = self._own(connection, message.account_id, message.upload_id)
            if message.offset < upload.offset:
                if rows.piece_at(connection, upload.id, message.offset) == message.size:
                    return upload  # the same call again: its answer was lost
                raise OffsetConflict(offset=upload.offset)
            if message.offset > upload.offset or upload.state is not State.OPEN:
                raise OffsetConflict(offset=upload.offset)
            self._check_end(connection, upload, message.offset + message.size, free)
            rows.count(connection, upload, message.size, now)
            if message.offset + message.size == upload.size:
                rows.change(connection, [upload.id], sha256=message.sha256)
            return self._own(connection, message.account_id, message.upload_id)

        return await self._database.transact(unit)

    async def sidecars_of(self, film: Intake) -> list[Intake]:
        """The film's sidecars, there or on their way, in the order in which they were announced."""
        return await self._database.read(lambda connection: rows.sidecars_of(connection, film), fresh=True)

    async def drop_sidecar(self, sidecar: Intake) -> None:
        """Deletes a sidecar's bytes; its film no longer waits for it."""
        await stored.delete_under(self._objects, folder(sidecar.id))

        def unit(connection: Connection) -> None:
            film = rows.find(connection, sidecar.film_id or "")
            rows.forget_pieces(connection, [sidecar.id])
            rows.change(connection, [sidecar.id], state=State.CANCELED.value)
            if film is not None and film.sidecars > 0:
                rows.change(connection, [film.id], sidecars=film.sidecars - 1)

        await self._database.transact(unit)

    async def _stored(self, key: str) -> int:
        try:
            return (await obstore.head_async(self._objects, key))["size"]
        except FileNotFoundError:
            return 0

    def _check_end(self, connection: Connection, upload: Intake, end: int, free: int) -> None:
        if upload.size is None:  # nobody knows how much will come: each piece is held against the bounds
            self._check_size(upload.kind, end)
            if upload.kind is Kind.FILM:
                self._check_quota(connection, replace(upload, offset=end), free)
        elif end > upload.size:
            raise TooLarge(f"The upload was announced with {upload.size} bytes.")

    def _own(self, connection: Connection, account_id: str, upload_id: str) -> Intake:
        found = rows.find(connection, upload_id)
        if found is None or found.account_id != account_id or found.key is not None:
            raise NoSuchUpload
        expires_at = found.expires_at
        if found.state is State.CANCELED or (expires_at is not None and expires_at <= milliseconds(self._clock.now())):
            raise UploadGone
        return found


def uploaded(film: Intake, there: list[Intake]) -> Files:
    """Where an upload's bytes lie, and those of the sidecars that are there."""
    subtitles = [one for one in there if one.kind is Kind.SUBTITLE]
    poster = next((folder(one.id) for one in there if one.kind is Kind.POSTER), None)
    texts = [Sidecar(folder(one.id), one.language, one.role) for one in subtitles]
    return Files(folder(film.id), texts, poster)


def _check_film(connection: Connection, account_id: str, film_id: str, sidecar_id: str) -> None:
    """Raises NoSuchUpload, TooManyUploads."""
    film = rows.find(connection, film_id)
    if film is None or film.account_id != account_id or film.key is not None or film.kind is not Kind.FILM:
        raise NoSuchUpload("There is no upload of a film to which this file could belong.")
    if film.state is not State.OPEN:
        raise NoSuchUpload("The film of this file takes no more files.")
    if sum(sidecar.id != sidecar_id for sidecar in rows.sidecars_of(connection, film)) >= MOST_SIDECARS:
        raise TooManyUploads(f"A film takes {MOST_SIDECARS} files beside it at most.")
