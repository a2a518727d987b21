"""Periods of a subscription, which are its invoices: open until paid, void when it ended unpaid."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.ids import Ids
from matinee.services.billing.contract import ByAccount, Invoice, Invoices
from matinee.services.billing.rules import Span
from matinee.services.billing.tables import charge, invoice_counter, period
from matinee.terms.money import Money


class Periods:
    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids

    def ready(self, connection: Connection, subscription: Row[Any], span: Span) -> Row[Any]:
        """The open period of this very offer and span's end, or a new one; another open one is void."""
        present = self.open_one(connection, subscription.id)
        if present is not None:
            same = (present.plan, present.price, present.currency) == (
                subscription.plan,
                subscription.price,
                subscription.currency,
            )
            if same and moment(present.end_at) > self._clock.now():
                return present
            self.void(connection, subscription.id)
        return self._make(connection, subscription, span)

    def open_one(self, connection: Connection, subscription_id: str) -> Row[Any] | None:
        mine = (period.c.subscription_id == subscription_id) & (period.c.state == "open")
        return connection.execute(select(period).where(mine)).one_or_none()

    def void(self, connection: Connection, subscription_id: str) -> None:
        """Ends what is open: the period, and the challenges that nobody answered. Charges under way are not touched."""
        mine = (period.c.subscription_id == subscription_id) & (period.c.state == "open")
        connection.execute(update(period).where(mine).values(state="void"))
        waiting = (charge.c.subscription_id == subscription_id) & (charge.c.state == "challenged")
        connection.execute(update(charge).where(waiting).values(state="abandoned"))

    async def invoices(self, message: ByAccount) -> Invoices:
        query = select(period).where(period.c.account_id == message.account_id).order_by(period.c.number.desc())
        rows = await self._db.read(lambda connection: connection.execute(query).all(), fresh=True)
        return Invoices([_invoice(row) for row in rows])

    def _make(self, connection: Connection, subscription: Row[Any], span: Span) -> Row[Any]:
        connection.execute(update(invoice_counter).values(number=invoice_counter.c.number + 1))
        made = {
            "id": self._ids.new(kinds.PERIOD),
            "subscription_id": subscription.id,
            "account_id": subscription.account_id,
            "number": connection.scalar(select(invoice_counter.c.number)),
            "plan": subscription.plan,
            "price": subscription.price,
            "currency": subscription.currency,
            "state": "open",
            "ordinal": span.ordinal,
            "start_at": milliseconds(span.start),
            "end_at": milliseconds(span.end),
        }
        connection.execute(insert(period).values(**made))
        return connection.execute(select(period).where(period.c.id == made["id"])).one()


def _invoice(row: Row[Any]) -> Invoice:
    return Invoice(
        id=row.id,
        number=row.number,
        plan=row.plan,
        price=Money(row.price, row.currency),
        status=row.state,
        period_start=moment(row.start_at),
        period_end=moment(row.end_at),
        paid_at=None if row.paid_at is None else moment(row.paid_at),
    )
