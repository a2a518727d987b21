"""The events of accounts, written with what they tell. They name ids and no person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from matinee.backends.sql.outbox import publish
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock
from matinee.runtime.events import Event
from matinee.runtime.ids import Ids
from matinee.services.accounts.tables import outbox

TOPIC = "accounts"


class Announcements:
    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    def tell(self, connection: Connection, what: str, account_id: str, **data: Any) -> None:
        """`what` as "created" becomes the type `matinee.account.created`."""
        event = Event(
            id=self._ids.new(kinds.EVENT),
            source="matinee/accounts",
            type=f"matinee.account.{what}",
            time=self._clock.now(),
            subject=account_id,
            data=data,
        )
        publish(connection, outbox, TOPIC, account_id, event)
