"""Webhooks: a hint to ask what became of a charge. So late, doubled, out of order and forged are all harmless."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds
from matinee.services.billing.charges import Charges
from matinee.services.billing.contract import BadSignature, Webhook
from matinee.services.billing.processor import Notice, Processor
from matinee.services.billing.tables import charge, webhook
from matinee.services.billing.turns import Turns

_KEPT = timedelta(days=30)


class Webhooks:
    def __init__(self, db: Database, clock: Clock, processor: Processor, charges: Charges, turns: Turns) -> None:
        self._db = db
        self._clock = clock
        self._processor = processor
        self._charges = charges
        self._turns = turns

    async def take(self, message: Webhook) -> None:
        if message.provider != self._processor.name:
            raise BadSignature(f"Payments here are made by {self._processor.name}")
        notice = self._processor.verify(message.body, message.signature)
        if await self._db.read(lambda c: c.scalar(select(webhook.c.id).where(webhook.c.id == notice.id)), fresh=True):
            return
        find = select(charge.c.id, charge.c.account_id).where(charge.c.key == notice.key)
        found = await self._db.read(lambda connection: connection.execute(find).one_or_none(), fresh=True)
        if found is not None:
            async with self._turns.of(found.account_id):
                await self._charges.ask(found.id)
        await self._db.transact(lambda connection: self._remember(connection, notice))

    def _remember(self, connection: Connection, notice: Notice) -> None:
        now = self._clock.now()
        connection.execute(delete(webhook).where(webhook.c.at < milliseconds(now - _KEPT)))
        if connection.scalar(select(webhook.c.id).where(webhook.c.id == notice.id)) is None:
            connection.execute(insert(webhook).values(id=notice.id, at=milliseconds(now)))
