from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds
from matinee.services.registry.contract import InstanceState
from matinee.services.registry.tables import mark

_KEPT = timedelta(days=30)


class Marks:
    """Operators' words by instance, in the database and, once read, in memory."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, InstanceState] | None = None

    async def all(self) -> dict[str, InstanceState]:
        if self._known is None:
            self._known = await self._database.read(_all, fresh=True)
        return self._known

    async def set(self, instance_id: str, state: InstanceState | None) -> None:
        known, at = await self.all(), self._clock.real_now()
        old = milliseconds(at - _KEPT)

        def write(connection: Connection) -> None:
            connection.execute(delete(mark).where((mark.c.instance_id == instance_id) | (mark.c.at < old)))
            if state is not None:
                values = {"instance_id": instance_id, "state": state.value, "at": milliseconds(at)}
                connection.execute(insert(mark).values(**values))

        await self._database.transact(write)
        if state is None:
            known.pop(instance_id, None)
        else:
            known[instance_id] = state


def _all(connection: Connection) -> dict[str, InstanceState]:
    return {row.instance_id: InstanceState(row.state) for row in connection.execute(select(mark))}
