"""Resumable uploads: pieces are objects, the table says which of them count and so where an upload stands."""

from __future__ import annotations

from collections.abc import Callable

import obstore
from obstore.store import ObjectStore
from sqlalchemy import Connection

from matinee.backends.sql.port import Database
from matinee.ingest import intake
from matinee.ingest.contract import Append, CreateUpload, NoSuchUpload, OffsetConflict, piece
from matinee.ingest.intake import Intake, State
from matinee.ingest.limits import LARGEST_SUBTITLE, Limits
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Invalid, OutOfSpace, TooLarge
from matinee.runtime.ids import UPLOAD, Ids

_FILM_TAKES = 2.5
"""A film needs this many times its size while it is prepared: itself, its encodes, their package."""


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
        """Raises TooLarge, OutOfSpace, NoSuchUpload (the film of a sidecar)."""
        largest = self._limits.largest if message.subtitle_of is None else LARGEST_SUBTITLE
        if message.size > largest:
            raise TooLarge(f"The file is too large: it may have {largest} bytes at most.")
        now = milliseconds(self._clock.now())
        new = Intake(
            id=self._ids.new(UPLOAD),
            filename=message.filename,
            size=message.size,
            metadata=message.metadata,
            created_at=now,
            touched_at=now,
            account_id=message.account_id,
            sidecars=0 if message.subtitle_of else message.sidecars,
            subtitle_of=message.subtitle_of,
            language=message.language,
        )
        free = self._free()

        def unit(connection: Connection) -> Intake:
            if new.subtitle_of is not None:
                film = _own(connection, message.account_id, new.subtitle_of)
                if film.state is not State.OPEN or film.subtitle_of is not None:
                    raise NoSuchUpload("The film of this subtitle file takes no more files.")
            else:
                self.check_room(connection, free, new.size)
            return intake.add(connection, new)

        return await self._database.transact(unit)

    def check_room(self, connection: Connection, free: int, size: int) -> None:
        """Raises OutOfSpace where a disk with so many bytes free cannot take a film of this size and prepare it beside the
        uploads that are under way."""
        if free - self._limits.spare < intake.outstanding(connection) + size * _FILM_TAKES:
            raise OutOfSpace("There is not enough room on the disk for this film.")

    async def find(self, account_id: str, upload_id: str) -> Intake:
        """The account's own upload. Raises NoSuchUpload."""
        return await self._database.read(lambda connection: _own(connection, account_id, upload_id), fresh=True)

    async def append(self, message: Append) -> Intake:
        """Makes a piece count, once. Raises NoSuchUpload, OffsetConflict, OutOfSpace, Invalid."""
        await self.find(message.account_id, message.upload_id)
        stored = await self._stored(piece(message.upload_id, message.offset))
        if stored != message.size:
            raise Invalid(f"The piece at {message.offset} has {stored} bytes, not {message.size}.")
        if self._free() < self._limits.spare:
            raise OutOfSpace("The disk is full; the upload can go on when there is room again.")
        now = milliseconds(self._clock.now())

        def unit(connection: Connection) -> Intake:
            upload = _own(connection, message.account_id, message.upload_id)
            if message.offset < upload.offset:
                if intake.piece_at(connection, upload.id, message.offset) == message.size:
                    return upload  # the same call again: its answer was lost
                raise OffsetConflict(offset=upload.offset)
            if message.offset > upload.offset or upload.state is not State.OPEN:
                raise OffsetConflict(offset=upload.offset)
            if message.offset + message.size > upload.size:
                raise TooLarge(f"The upload was announced with {upload.size} bytes.")
            intake.count(connection, upload, message.size, now)
            return _own(connection, message.account_id, message.upload_id)

        return await self._database.transact(unit)

    async def _stored(self, key: str) -> int:
        try:
            return (await obstore.head_async(self._objects, key))["size"]
        except FileNotFoundError:
            return 0


def _own(connection: Connection, account_id: str, upload_id: str) -> Intake:
    found = intake.find(connection, upload_id)
    if found is None or found.account_id != account_id or found.key is not None or found.state is State.CANCELED:
        raise NoSuchUpload
    return found
