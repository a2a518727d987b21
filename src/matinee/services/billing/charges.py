"""Charges: the row is written before the processor is called and settled after; an outcome unknown is asked for, never tried again
under another key. At most one charge of a subscription is under way."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.ids import Ids
from matinee.services.billing import rules
from matinee.services.billing.contract import UnknownPaymentMethod
from matinee.services.billing.processor import InFlight, Order, Outcome, Processor, Verdict
from matinee.services.billing.settlement import Settlement
from matinee.services.billing.tables import charge, period
from matinee.terms.money import Money


class Means(Struct, frozen=True):
    """What is charged: the card, and whether its owner is there to answer a challenge."""

    payment_method: str
    card: str
    present: bool
    return_url: str = ""


class Underway(Exception):
    """Another charge of the subscription has no outcome yet."""

    def __init__(self, charge_id: str) -> None:
        super().__init__(charge_id)
        self.charge_id = charge_id


class Charges:
    def __init__(self, db: Database, clock: Clock, ids: Ids, processor: Processor, settlement: Settlement) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._processor = processor
        self._settlement = settlement

    def begin(self, connection: Connection, subscription: Row[Any], due: Row[Any] | None, means: Means) -> str:
        """Writes the next attempt for the period, or with none for a proof of the card. Raises Underway."""
        self.free(connection, subscription.id)
        waiting = (charge.c.subscription_id == subscription.id) & (charge.c.state == "challenged")
        connection.execute(update(charge).where(waiting).values(state="abandoned"))
        charge_id = self._ids.new(kinds.PAYMENT)
        attempt = 1 if due is None else _attempts(connection, due.id) + 1
        made = {
            "id": charge_id,
            "subscription_id": subscription.id,
            "account_id": subscription.account_id,
            "period_id": None if due is None else due.id,
            "attempt": attempt,
            "key": charge_id if due is None else f"{subscription.id}:{due.id}:{attempt}",
            "payment_method": means.payment_method,
            "card": means.card,
            "amount": 0 if due is None else due.price,
            "currency": subscription.currency,
            "present": means.present,
            "return_url": means.return_url,
            "state": "started",
            "called_at": milliseconds(self._clock.real_now()),
        }
        connection.execute(insert(charge).values(**made))
        return charge_id

    def free(self, connection: Connection, subscription_id: str) -> None:
        """Raises Underway where a charge of the subscription has no outcome yet."""
        unsettled = underway(connection, subscription_id)
        if unsettled is not None:
            raise Underway(unsettled.id)

    async def pay(self, charge_id: str) -> Row[Any]:
        """Calls the processor for the first time and settles."""
        row = await self._load(charge_id)
        return await self._settle(row, await self._call(row))

    async def go_on(self, charge_id: str) -> Row[Any]:
        """Brings a charge to its outcome by its own key, whatever happened before; one that nobody wants any more is dropped."""
        row = await self._load(charge_id)
        if row.state == "challenged":
            row = await self._reopen(row)
        if row.state != "started":
            return row
        outcome = await self._processor.find(row.key)
        if outcome is None or outcome.verdict is Verdict.CHALLENGED:
            if not await self._db.read(lambda connection: self._wanted(connection, row), fresh=True):
                return await self._abandon(row)
            outcome = await self._call(row)
        return await self._settle(row, outcome)

    async def ask(self, charge_id: str) -> Row[Any]:
        """Learns the outcome where there is one; charges nothing."""
        row = await self._load(charge_id)
        if row.state != "started":
            return row
        outcome = await self._processor.find(row.key)
        if outcome is not None:
            return await self._settle(row, outcome)
        asked = update(charge).where(charge.c.id == row.id).values(called_at=milliseconds(self._clock.real_now()))
        await self._db.transact(lambda connection: connection.execute(asked) and None)
        return row

    async def clear(self, charge_id: str) -> None:
        """Makes way for another attempt: settles what the processor knows of, drops what never reached it. Raises InFlight while
        the call may still be on its way."""
        row = await self._load(charge_id)
        if row.state != "started":
            return
        outcome = await self._processor.find(row.key)
        if outcome is not None:
            await self._settle(row, outcome)
        elif self._clock.real_now() - moment(row.called_at) < rules.UNKNOWN_AFTER:
            raise InFlight
        else:
            await self._abandon(row)

    def _wanted(self, connection: Connection, row: Row[Any]) -> bool:
        """Whether its period is still to be paid; a renewal's is not once it is over."""
        if row.period_id is None:
            return True
        due = connection.execute(select(period).where(period.c.id == row.period_id)).one()
        return due.state == "open" and (row.present or moment(due.end_at) > self._clock.now())

    async def _call(self, row: Row[Any]) -> Outcome:
        order = Order(
            key=row.key,
            account_id=row.account_id,
            payment_method=row.payment_method,
            amount=Money(row.amount, row.currency),
            present=row.present,
            return_url=row.return_url,
        )
        try:
            return await self._processor.charge(order)
        except UnknownPaymentMethod:
            return Outcome(Verdict.FAILED, "", "unknown_payment_method")

    async def _settle(self, row: Row[Any], outcome: Outcome) -> Row[Any]:
        def unit(connection: Connection) -> Row[Any]:
            self._settlement.settle(connection, row.id, outcome)
            return by_id(connection, row.id)

        return await self._db.transact(unit)

    async def _reopen(self, row: Row[Any]) -> Row[Any]:
        return await self._move(row, "challenged", "started")

    async def _abandon(self, row: Row[Any]) -> Row[Any]:
        return await self._move(row, "started", "abandoned")

    async def _move(self, row: Row[Any], before: str, after: str) -> Row[Any]:
        values = {"state": after, "called_at": milliseconds(self._clock.real_now())}
        moved = update(charge).where(charge.c.id == row.id, charge.c.state == before).values(**values)

        def unit(connection: Connection) -> Row[Any]:
            connection.execute(moved)
            return by_id(connection, row.id)

        return await self._db.transact(unit)

    async def _load(self, charge_id: str) -> Row[Any]:
        return await self._db.read(lambda connection: by_id(connection, charge_id), fresh=True)


def by_id(connection: Connection, charge_id: str) -> Row[Any]:
    """The charge's row."""
    return connection.execute(select(charge).where(charge.c.id == charge_id)).one()


def underway(connection: Connection, subscription_id: str) -> Row[Any] | None:
    """The subscription's charge whose outcome is unknown."""
    mine = (charge.c.subscription_id == subscription_id) & (charge.c.state == "started")
    return connection.execute(select(charge).where(mine).order_by(charge.c.id)).first()


def _attempts(connection: Connection, period_id: str) -> int:
    return connection.scalar(select(func.count()).select_from(charge).where(charge.c.period_id == period_id)) or 0
