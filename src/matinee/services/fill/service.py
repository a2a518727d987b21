from __future__ import annotations

import asyncio
import contextlib

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime.bell import Bell, heard
from matinee.runtime.errors import Invalid
from matinee.services.fill import rules
from matinee.services.fill.contract import Drop, FillFile, Manifest, ObserveManifest, Want, Wanted
from matinee.services.fill.tables import version, wanted

LONGEST_WAIT_S = 30.0
_LOOK_AGAIN_S = 1.0  # for what another process of this service changed


class Service:
    """Fill over one database. Every appliance is to hold every encode, the newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._bell = Bell()

    async def want(self, message: Want) -> None:
        if fault := rules.fault(message):
            raise Invalid(fault)
        self._ring(await self._database.transact(lambda connection: _want(connection, message)))

    async def drop(self, message: Drop) -> None:
        self._ring(await self._database.transact(lambda connection: _drop(connection, message.title_id)))

    async def observe_manifest(self, message: ObserveManifest) -> Manifest:
        rung = self._bell.listen()
        now = await self._database.read(_version, fresh=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(message.wait_s, LONGEST_WAIT_S)):
                while now == message.after:
                    await heard(rung, _LOOK_AGAIN_S)
                    rung = self._bell.listen()
                    now = await self._database.read(_version, fresh=True)
        return await self._database.read(_manifest, fresh=True)

    def _ring(self, changed: bool) -> None:  # noqa: FBT001 - what a unit of work answered
        if changed:
            self._bell.ring()


def _want(connection: Connection, message: Want) -> bool:
    row = connection.execute(select(wanted).where(wanted.c.title_id == message.title_id)).one_or_none()
    files = msgspec.msgpack.encode(message.files)
    if row is not None and (row.encode_path, row.files) == (message.encode_path, files):
        return False
    connection.execute(delete(wanted).where(wanted.c.title_id == message.title_id))
    values = {"title_id": message.title_id, "encode_path": message.encode_path, "files": files}
    connection.execute(insert(wanted).values(version=_next(connection), **values))
    return True


def _drop(connection: Connection, title_id: str) -> bool:
    if connection.execute(delete(wanted).where(wanted.c.title_id == title_id)).rowcount == 0:
        return False
    _next(connection)
    return True


def _next(connection: Connection) -> int:
    connection.execute(update(version).values(version=version.c.version + 1))
    return _version(connection)


def _version(connection: Connection) -> int:
    return connection.execute(select(version.c.version)).scalar_one()


def _manifest(connection: Connection) -> Manifest:
    rows = connection.execute(select(wanted.c.encode_path, wanted.c.files).order_by(wanted.c.version.desc()))
    encodes = [Wanted(row.encode_path, msgspec.msgpack.decode(row.files, type=list[FillFile])) for row in rows]
    return Manifest(_version(connection), encodes)
