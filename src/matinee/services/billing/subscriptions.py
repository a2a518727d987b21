"""Subscriptions as their members see them, and what needs no payment to change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from matinee.backends.sql.announcements import Announcements
from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.ids import Ids
from matinee.services.billing import plans, rules
from matinee.services.billing.contract import (
    ByAccount,
    Complimentary,
    Entitlement,
    NotSubscribed,
    Plan,
    Status,
    Subscription,
)
from matinee.services.billing.periods import Periods
from matinee.services.billing.tables import subscription
from matinee.terms.money import Money

NOTHING = Entitlement(plays=False, streams=0, max_height=0)


_OF_ACCOUNT = select(subscription).where(subscription.c.account_id == bindparam("account_id"))


class Subscriptions:
    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        offered: Sequence[Plan],
        periods: Periods,
        announcements: Announcements,
    ) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._plans = offered
        self._periods = periods
        self._announcements = announcements

    async def of(self, message: ByAccount) -> Subscription:
        return await self._db.read(lambda connection: seen(connection, message.account_id), fresh=True)

    async def entitlement(self, message: ByAccount) -> Entitlement:
        row = await self._db.read(lambda connection: of_account(connection, message.account_id))
        if row is None or not rules.plays(subscribed(row), self._clock.now()):
            return NOTHING
        return Entitlement(plays=True, streams=row.streams, max_height=row.max_height)

    async def cancel(self, message: ByAccount) -> Subscription:
        return await self._flag(message.account_id, cancel=True)

    async def resume(self, message: ByAccount) -> Subscription:
        return await self._flag(message.account_id, cancel=False)

    async def complimentary(self, message: Complimentary) -> Subscription:
        plan = self.plan(message.plan)
        forever = {
            **snapshot(plan),
            "status": Status.ACTIVE,
            "anchor_at": milliseconds(self._clock.now()),
            "paid_periods": 0,
            "paid_through": milliseconds(rules.FOREVER),
            "cancel_at_period_end": False,
            "complimentary": True,
            "payment_method": "",
            "card": "",
            "due_at": None,
        }

        def unit(connection: Connection) -> Subscription:
            row = write(connection, self._ids, message.account_id, forever)
            self._periods.void(connection, row.id)
            self._announcements.tell(
                connection, "subscription_given", message.account_id, subscription_id=row.id, plan=plan.id
            )
            return seen(connection, message.account_id)

        return await self._db.transact(unit)

    def plan(self, plan: str) -> Plan:
        """Raises NoSuchPlan."""
        return plans.named(self._plans, plan)

    def open(self, connection: Connection, account_id: str, plan: Plan) -> Row[Any]:
        """The account's row, waiting for its first payment. One that is over and that no renewal has looked at yet ends here."""
        now = self._clock.now()
        over = of_account(connection, account_id)
        if over is not None and over.status in rules.RUNNING:
            self._periods.void(connection, over.id)
            what = "subscription_canceled" if over.cancel_at_period_end else "subscription_unpaid"
            self._announcements.tell(connection, what, account_id, subscription_id=over.id)
        incomplete = {
            **snapshot(plan),
            "status": Status.INCOMPLETE,
            "anchor_at": milliseconds(now),
            "paid_periods": 0,
            "paid_through": milliseconds(now),
            "cancel_at_period_end": False,
            "complimentary": False,
            "payment_method": "",
            "card": "",
            "due_at": milliseconds(now + rules.INCOMPLETE_LIFE),
        }
        return write(connection, self._ids, account_id, incomplete)

    async def _flag(self, account_id: str, *, cancel: bool) -> Subscription:
        def unit(connection: Connection) -> Subscription:
            row = changeable(connection, account_id)
            if not cancel and row.cancel_at_period_end and moment(row.paid_through) <= self._clock.now():
                raise NotSubscribed("The subscription has ended; subscribe again")
            if row.cancel_at_period_end != cancel:
                mine = update(subscription).where(subscription.c.id == row.id)
                connection.execute(mine.values(cancel_at_period_end=cancel, **self._at_once(row, cancel=cancel)))
                what = "cancellation_asked" if cancel else "cancellation_undone"
                self._announcements.tell(connection, what, account_id, subscription_id=row.id)
            return seen(connection, account_id)

        return await self._db.transact(unit)

    def _at_once(self, row: Row[Any], *, cancel: bool) -> dict[str, int]:
        """A subscription past due has no period left to run: its cancellation is due now."""
        return {"due_at": milliseconds(self._clock.now())} if cancel and row.status == Status.PAST_DUE else {}


def of_account(connection: Connection, account_id: str) -> Row[Any] | None:
    """The account's row, whatever its status."""
    return connection.execute(_OF_ACCOUNT, {"account_id": account_id}).one_or_none()


def running(row: Row[Any], now: datetime) -> bool:
    """Whether it goes on: neither ended nor over and only waiting for the renewal that ends it."""
    over = rules.renew(subscribed(row), now) in {rules.Step.CANCEL, rules.Step.GIVE_UP}
    return row.status in rules.RUNNING and not over


def changeable(connection: Connection, account_id: str) -> Row[Any]:
    """The account's running subscription that is paid for. Raises NotSubscribed."""
    row = of_account(connection, account_id)
    if row is None or row.status not in rules.RUNNING:
        raise NotSubscribed
    if row.complimentary:
        raise NotSubscribed("This subscription is complimentary: it costs nothing and does not end")
    return row


def seen(connection: Connection, account_id: str) -> Subscription:
    """Raises NotSubscribed, also while the first payment is still to come."""
    row = of_account(connection, account_id)
    if row is None or row.status == Status.INCOMPLETE or (row.paid_periods == 0 and not row.complimentary):
        raise NotSubscribed
    return Subscription(
        id=row.id,
        account_id=row.account_id,
        plan=Plan(row.plan, row.plan_name, Money(row.price, row.currency), row.streams, row.max_height),
        status=Status(row.status),
        paid_through=moment(row.paid_through),
        plays_until=rules.plays_until(subscribed(row)),
        cancel_at_period_end=row.cancel_at_period_end,
        card=row.card,
    )


def subscribed(row: Row[Any]) -> rules.Subscribed:
    """What the rules read of a row."""
    return rules.Subscribed(
        status=Status(row.status),
        anchor=moment(row.anchor_at),
        paid_periods=row.paid_periods,
        paid_through=moment(row.paid_through),
        cancel_at_period_end=row.cancel_at_period_end,
        complimentary=row.complimentary,
        due_at=None if row.due_at is None else moment(row.due_at),
    )


def snapshot(plan: Plan) -> dict[str, Any]:
    """The plan as it is bought now."""
    return {
        "plan": plan.id,
        "plan_name": plan.name,
        "price": plan.price.amount,
        "currency": plan.price.currency,
        "streams": plan.streams,
        "max_height": plan.max_height,
    }


def write(connection: Connection, ids: Ids, account_id: str, values: dict[str, Any]) -> Row[Any]:
    """Makes or changes the account's row and gives it."""
    if of_account(connection, account_id) is None:
        named = {"id": ids.new(kinds.SUBSCRIPTION), "account_id": account_id}
        connection.execute(insert(subscription).values(**named, **values))
    else:
        connection.execute(update(subscription).where(subscription.c.account_id == account_id).values(**values))
    return connection.execute(select(subscription).where(subscription.c.account_id == account_id)).one()
