"""What an outcome means: charge, period, subscription, ledger and event change in one transaction, once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from matinee.backends.sql.announcements import Announcements
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.services.billing import ledger, rules
from matinee.services.billing.contract import Status
from matinee.services.billing.processor import Outcome, Verdict
from matinee.services.billing.tables import charge, period, subscription
from matinee.terms.money import Money


class Settlement:
    def __init__(self, clock: Clock, book: ledger.Ledger, announcements: Announcements) -> None:
        self._clock = clock
        self._ledger = book
        self._announcements = announcements

    def settle(self, connection: Connection, charge_id: str, outcome: Outcome) -> None:
        """Repeats and late answers change nothing."""
        row = connection.execute(select(charge).where(charge.c.id == charge_id).with_for_update()).one()
        if row.state != "started":
            return
        values = {
            "state": outcome.verdict.value,
            "code": outcome.code or None,
            "challenge_url": outcome.challenge_url or None,
            "reference": outcome.reference or None,
            "settled_at": milliseconds(self._clock.now()),
        }
        connection.execute(update(charge).where(charge.c.id == charge_id).values(**values))
        payer = connection.execute(select(subscription).where(subscription.c.id == row.subscription_id)).one()
        match outcome.verdict:
            case Verdict.SUCCEEDED if row.period_id is None:
                self._adopt_card(connection, payer, row)
            case Verdict.SUCCEEDED:
                self._paid(connection, payer, row)
            case Verdict.FAILED if not row.present:
                self._missed(connection, payer, outcome.code)
            case _:  # its owner was there and is told; nothing else changes
                pass

    def _adopt_card(self, connection: Connection, payer: Row[Any], row: Row[Any]) -> None:
        self._change(connection, payer, payment_method=row.payment_method, card=row.card)
        self._announcements.tell(connection, "card_changed", payer.account_id, subscription_id=payer.id)

    def _paid(self, connection: Connection, payer: Row[Any], row: Row[Any]) -> None:
        now = self._clock.now()
        first = payer.status == Status.INCOMPLETE
        due = connection.execute(select(period).where(period.c.id == row.period_id)).one()
        anchor = now if first else moment(payer.anchor_at)
        # The first period runs from its payment, which a challenge may have kept waiting.
        start = now if first else moment(due.start_at)
        end = rules.boundary(anchor, due.ordinal) if first else moment(due.end_at)
        paid = {
            "state": "paid",
            "paid_at": milliseconds(now),
            "start_at": milliseconds(start),
            "end_at": milliseconds(end),
        }
        connection.execute(update(period).where(period.c.id == due.id).values(**paid))
        price = Money(row.amount, row.currency)
        lines = [(ledger.PROCESSOR, price), (ledger.SUBSCRIPTIONS, -price)]
        self._ledger.book(connection, f"charge:{row.id}", lines, now)
        if not payer.complimentary:
            self._change(
                connection,
                payer,
                status=Status.ACTIVE,
                anchor_at=milliseconds(anchor),
                paid_periods=due.ordinal,
                paid_through=milliseconds(end),
                due_at=milliseconds(end),
                cancel_at_period_end=payer.cancel_at_period_end and not first,
                payment_method=row.payment_method,
                card=row.card,
            )
        what = "subscription_started" if first else "subscription_renewed"
        paid_for = {"subscription_id": payer.id, "period_id": due.id, "plan": payer.plan}
        money = {"amount": price.amount, "currency": price.currency}
        self._announcements.tell(connection, what, payer.account_id, **paid_for, **money)

    def _missed(self, connection: Connection, payer: Row[Any], code: str) -> None:
        if payer.complimentary or payer.status not in rules.RUNNING:
            return
        due = rules.after_failure(moment(payer.paid_through), code, self._clock.now())
        self._change(connection, payer, status=Status.PAST_DUE, due_at=milliseconds(due))
        self._announcements.tell(connection, "renewal_failed", payer.account_id, subscription_id=payer.id, code=code)

    def _change(self, connection: Connection, payer: Row[Any], **values: Any) -> None:
        connection.execute(update(subscription).where(subscription.c.id == payer.id).values(**values))
