"""The properties: values by name with their versions, in sql."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import Invalid
from matinee.runtime.rpc import deadline
from matinee.services.registry.contract import (
    ByProperty,
    NoSuchProperty,
    Observe,
    Property,
    PropertyChanged,
    PropertyList,
    SetProperty,
)
from matinee.services.registry.names import require_name
from matinee.services.registry.tables import change, property_version

_LONGEST_WAIT_S = 60.0
_LOOK_AGAIN_S = 5.0  # for what another process of this service changed
_KEPT = 100
_MOST_BYTES = 1 << 20
_LONGEST_BY = 200

_encoder = msgspec.json.Encoder(order="deterministic")


class PropertyService:
    """Properties over one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._bell = Bell()

    async def set(self, message: SetProperty) -> Property:
        require_name(message.name)
        value = _encoded(message.value)
        if not 0 < len(message.by) <= _LONGEST_BY:
            raise Invalid(f"by: who changes a property has a name of at most {_LONGEST_BY} characters", field="by")
        at = milliseconds(self._clock.real_now())
        written = await self._database.transact(lambda connection: _set(connection, message, value, at))
        self._bell.ring()
        return written

    async def versions(self, message: ByProperty) -> PropertyList:
        return await self._database.read(lambda connection: _versions(connection, message.name), fresh=True)

    async def observe(self, message: Observe) -> PropertyList:
        until = self._clock.monotonic() + deadline.patience(message.wait_s, _LONGEST_WAIT_S)
        while True:
            rung = self._bell.listen()
            cursor = await self._database.read(_cursor, fresh=True)
            left = until - self._clock.monotonic()
            if cursor != message.after or left <= 0:
                return await self._database.read(_newest, fresh=True)
            await heard(rung, min(left, _LOOK_AGAIN_S))


def _encoded(value: Any) -> bytes:
    try:
        encoded = _encoder.encode(value)
        msgspec.msgpack.encode(value)  # as it goes to those who follow it
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as wrong:
        raise Invalid(f"value: it cannot be told to others: {wrong}", field="value") from wrong
    if len(encoded) > _MOST_BYTES:
        raise Invalid("value: a property has at most a MiB", field="value")
    return encoded


def _set(connection: Connection, message: SetProperty, value: bytes, at: int) -> Property:
    named = property_version.c.name == message.name
    found = (
        connection.execute(select(property_version).where(named & property_version.c.newest)).mappings().one_or_none()
    )
    version = found["version"] if found is not None else 0
    if message.if_version is not None and message.if_version != version:
        raise PropertyChanged(
            f"{message.name} is at version {version} by now, not {message.if_version}", version=version
        )
    if found is not None and found["value"] == value:
        return _property(found)
    row = {"name": message.name, "version": version + 1, "newest": True, "value": value, "by": message.by}
    connection.execute(update(property_version).where(named).values(newest=False))
    connection.execute(insert(property_version).values(**row, at=at, comment=message.comment))
    connection.execute(delete(property_version).where(named & (property_version.c.version <= version + 1 - _KEPT)))
    connection.execute(update(change).values(cursor=change.c.cursor + 1))
    stored = select(property_version).where(named & property_version.c.newest)
    return _property(connection.execute(stored).mappings().one())


def _versions(connection: Connection, name: str) -> PropertyList:
    asked = select(property_version).where(property_version.c.name == name).order_by(property_version.c.version.desc())
    found = [_property(row) for row in connection.execute(asked).mappings()]
    if not found:
        raise NoSuchProperty(f"No property {name} was ever set")
    return PropertyList(_cursor(connection), found)


def _newest(connection: Connection) -> PropertyList:
    asked = select(property_version).where(property_version.c.newest).order_by(property_version.c.name)
    return PropertyList(_cursor(connection), [_property(row) for row in connection.execute(asked).mappings()])


def _cursor(connection: Connection) -> int:
    return connection.execute(select(change.c.cursor)).scalar_one()


def _property(row: RowMapping) -> Property:
    value = msgspec.json.decode(row["value"])
    return Property(row["name"], value, row["version"], row["by"], moment(row["at"]), row["comment"])
