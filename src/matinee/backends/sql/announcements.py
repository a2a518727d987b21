"""The events of one owner, each written with what it tells. They name ids and no person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table

from matinee.backends.sql.outbox import publish
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock
from matinee.runtime.events import Event
from matinee.runtime.ids import Ids


class Announcements:
    """`topic` is the owner's name too; `noun` is what its types begin with: `matinee.{noun}.…`."""

    def __init__(self, outbox: Table, topic: str, noun: str, clock: Clock, ids: Ids) -> None:
        self._outbox = outbox
        self._topic = topic
        self._noun = noun
        self._clock = clock
        self._ids = ids

    def tell(self, connection: Connection, what: str, subject: str, **data: Any) -> None:
        """`what` as "created" becomes the type `matinee.{noun}.created`. One subject's events stay in order."""
        event = Event(
            id=self._ids.new(kinds.EVENT),
            source=f"matinee/{self._topic}",
            type=f"matinee.{self._noun}.{what}",
            time=self._clock.now(),
            subject=subject,
            data=data,
        )
        publish(connection, self._outbox, self._topic, subject, event)
