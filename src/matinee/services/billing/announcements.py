"""The events of billing, written with what they tell. They name ids and no person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from matinee.backends.sql.outbox import publish
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock
from matinee.runtime.events import Event
from matinee.runtime.ids import Ids
from matinee.services.billing.tables import outbox

TOPIC = "billing"


class Announcements:
    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    def tell(self, connection: Connection, what: str, account_id: str, **data: Any) -> None:
        """`what` as "subscription_started" becomes the type `matinee.billing.subscription_started`."""
        event = Event(
            id=self._ids.new(kinds.EVENT),
            source="matinee/billing",
            type=f"matinee.billing.{what}",
            time=self._clock.now(),
            subject=account_id,
            data=data,
        )
        publish(connection, outbox, TOPIC, account_id, event)
