"""Renewals: what is due is charged, ended or given up, each subscription on its own, however often this runs."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from matinee.backends.sql.announcements import Announcements
from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.services.billing import rules
from matinee.services.billing.charges import Charges, Means, underway
from matinee.services.billing.contract import RenewDue, Renewed, Status
from matinee.services.billing.periods import Periods
from matinee.services.billing.rules import Step
from matinee.services.billing.subscriptions import of_account, subscribed
from matinee.services.billing.tables import charge, subscription
from matinee.services.billing.turns import Turns

_log = logging.getLogger(__name__)
_ENDS = {Step.CANCEL: Status.CANCELED, Step.GIVE_UP: Status.UNPAID, Step.LAPSE: Status.CANCELED}


class Renewals:
    def __init__(
        self,
        db: Database,
        clock: Clock,
        periods: Periods,
        charges: Charges,
        announcements: Announcements,
        turns: Turns,
    ) -> None:
        self._db = db
        self._clock = clock
        self._periods = periods
        self._charges = charges
        self._announcements = announcements
        self._turns = turns

    async def run(self, message: RenewDue) -> Renewed:
        due = await self._db.read(lambda connection: self._due(connection, message.limit + 1), fresh=True)
        renewed = failed = 0
        for account_id in due[: message.limit]:
            async with self._turns.of(account_id):
                match await self._renew_or_postpone(account_id):
                    case "succeeded":
                        renewed += 1
                    case "failed":
                        failed += 1
                    case _:
                        pass
        return Renewed(renewed, failed, more=len(due) > message.limit)

    def _due(self, connection: Connection, most: int) -> list[str]:
        """Accounts whose subscription is due, and those of charges that a crash left without an outcome."""
        now = milliseconds(self._clock.now())
        called = milliseconds(self._clock.real_now() - rules.UNKNOWN_AFTER)
        due = select(subscription.c.account_id).where(subscription.c.due_at <= now).order_by(subscription.c.due_at)
        unknown = select(charge.c.account_id).where(charge.c.state == "started", charge.c.called_at <= called)
        found = [*connection.scalars(unknown.limit(most)), *connection.scalars(due.limit(most))]
        return list(dict.fromkeys(found))[:most]

    async def _renew_or_postpone(self, account_id: str) -> str:
        try:
            return await self._renew(account_id)
        except Exception:  # noqa: BLE001 - one subscription's trouble is not the next one's: it rests, its charge keeps its key
            _log.exception("the renewal of %s is postponed", account_id)
            later = milliseconds(self._clock.now() + rules.POSTPONED)
            mine = update(subscription).where(subscription.c.account_id == account_id).values(due_at=later)
            await self._db.transact(lambda connection: connection.execute(mine) and None)
            return "failed"

    async def _renew(self, account_id: str) -> str:
        caught_up = await self._catch_up(account_id)
        step = await self._db.read(lambda connection: self._step(connection, account_id)[1], fresh=True)
        if step is not Step.KEEP:
            left = await self._underway(account_id)
            if left is not None:
                await self._charges.clear(left.id)
        charge_id = await self._db.transact(lambda connection: self._take(connection, account_id))
        if charge_id is None:
            return caught_up
        return (await self._charges.pay(charge_id)).state

    async def _catch_up(self, account_id: str) -> str:
        """Learns what became of the charge under way. A renewal's goes on; one that its member waited for is left to them."""
        left = await self._underway(account_id)
        if left is None:
            return ""
        settled = await (self._charges.ask(left.id) if left.present else self._charges.go_on(left.id))
        return settled.state

    def _take(self, connection: Connection, account_id: str) -> str | None:
        """Takes the step that is due; gives the charge that it began. Raises Underway."""
        row, step = self._step(connection, account_id)
        if step is Step.CHARGE:
            self._charges.free(connection, row.id)
            span = rules.next_period(moment(row.anchor_at), row.paid_periods, self._clock.now())
            due = self._periods.ready(connection, row, span)
            return self._charges.begin(connection, row, due, Means(row.payment_method, row.card, present=False))
        if step is Step.KEEP:
            self._change(connection, row, due_at=_in_ms(rules.due_next(subscribed(row))))
            return None
        self._charges.free(connection, row.id)
        self._periods.void(connection, row.id)
        self._change(connection, row, status=_ENDS[step], due_at=None)
        if step is not Step.LAPSE:
            what = f"subscription_{_ENDS[step]}"
            self._announcements.tell(connection, what, account_id, subscription_id=row.id)
        return None

    def _step(self, connection: Connection, account_id: str) -> tuple[Row[Any], Step]:
        row = of_account(connection, account_id)
        if row is None:
            msg = f"{account_id} has a charge and no subscription"
            raise LookupError(msg)
        return row, rules.renew(subscribed(row), self._clock.now())

    async def _underway(self, account_id: str) -> Row[Any] | None:
        def unit(connection: Connection) -> Row[Any] | None:
            row = of_account(connection, account_id)
            return None if row is None else underway(connection, row.id)

        return await self._db.read(unit, fresh=True)

    def _change(self, connection: Connection, row: Row[Any], **values: Any) -> None:
        connection.execute(update(subscription).where(subscription.c.id == row.id).values(**values))


def _in_ms(at: datetime | None) -> int | None:
    return None if at is None else milliseconds(at)
