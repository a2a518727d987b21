"""The simulated provider as its own pages and its timer call it: cards become tokens, challenges are answered, webhooks sent."""

from __future__ import annotations

import calendar
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Conflict, Invalid, MatineeError
from matinee.services.billing import cards, signatures
from matinee.services.billing.contract import (
    AnswerChallenge,
    ByChallenge,
    Card,
    Challenge,
    Delivered,
    DeliverWebhooks,
    NoSuchChallenge,
    PaymentMethod,
    TestCard,
    TestCards,
    TestCardsQuery,
)
from matinee.services.billing.simulated import TOKEN, Simulated
from matinee.services.billing.tables import simulated_charge, simulated_delivery, simulated_token
from matinee.terms.money import Money

Send = Callable[[bytes, str], Awaitable[None]]

_MOST_TRIES = 12
_LONGEST_PAUSE = timedelta(hours=6)
_log = logging.getLogger(__name__)


class Service:
    """Implements `contract.Provider`. `send(body, signature)` carries a webhook to whoever takes it."""

    def __init__(self, db: Database, clock: Clock, simulated: Simulated, secret: bytes, send: Send) -> None:
        self._db = db
        self._clock = clock
        self._simulated = simulated
        self._secret = secret
        self._send = send

    async def test_cards(self, message: TestCardsQuery) -> TestCards:
        del message
        return TestCards([TestCard(kind.number, kind.meaning) for kind in cards.KINDS])

    async def tokenize(self, message: Card) -> PaymentMethod:
        kind = known(message)
        ends = end_of_month(message.exp_year, message.exp_month)
        if ends <= self._clock.now():
            raise Invalid("This card has expired", field="exp_year")
        token = f"{TOKEN}_{secrets.token_hex(16)}"
        kept = {"behaviour": kind.behaviour.value, "brand": kind.brand, "last4": kind.number[-4:]}
        row = insert(simulated_token).values(id=token, **kept, expires_at=milliseconds(ends))
        await self._db.transact(lambda connection: connection.execute(row) and None)
        return PaymentMethod(token, cards.shown(kind.brand, kind.number[-4:]))

    async def challenge(self, message: ByChallenge) -> Challenge:
        return await self._db.read(
            lambda connection: _challenge(_challenged(connection, message.challenge_id)), fresh=True
        )

    async def answer_challenge(self, message: AnswerChallenge) -> Challenge:
        answer = "approved" if message.approve else "refused"

        def unit(connection: Connection) -> Challenge:
            row = _challenged(connection, message.challenge_id)
            if row.challenge not in {"pending", answer}:
                raise Conflict(f"This payment was {row.challenge} before")
            if row.challenge == "pending":
                mine = simulated_charge.c.challenge_id == message.challenge_id
                connection.execute(update(simulated_charge).where(mine).values(challenge=answer))
                self._simulated.notify(connection, row.id)
            return _challenge(_challenged(connection, message.challenge_id))

        return await self._db.transact(unit)

    async def deliver_webhooks(self, message: DeliverWebhooks) -> Delivered:
        now = milliseconds(self._clock.now())
        due = select(simulated_delivery).where(simulated_delivery.c.due_at <= now)
        due = due.order_by(simulated_delivery.c.due_at).limit(message.limit + 1)
        rows = await self._db.read(lambda connection: connection.execute(due).all(), fresh=True)
        sent = [await self._deliver(row) for row in rows[: message.limit]]
        return Delivered(sum(sent), len(sent) - sum(sent), more=len(rows) > message.limit)

    async def _deliver(self, row: Row[Any]) -> bool:
        mine = simulated_delivery.c.id == row.id
        try:
            await self._send(row.body, signatures.sign(self._secret, row.body, self._clock.now()))
        except MatineeError as error:
            _log.warning("webhook %s was not taken: %s", row.id, error.detail)
            if row.tries + 1 < _MOST_TRIES:
                due = self._clock.now() + min(timedelta(minutes=2**row.tries), _LONGEST_PAUSE)
                later = update(simulated_delivery).where(mine).values(tries=row.tries + 1, due_at=milliseconds(due))
                await self._db.transact(lambda connection: connection.execute(later) and None)
                return False
            taken = False
        else:
            taken = True
        await self._db.transact(lambda connection: connection.execute(delete(simulated_delivery).where(mine)) and None)
        return taken


def known(card: Card) -> cards.Kind:
    """The test card of this number. Raises Invalid, and never tells the number."""
    number = re.sub(r"[ -]", "", card.number)
    if not re.fullmatch(r"[0-9]{12,19}", number) or not cards.luhn(number):
        raise Invalid("This is not a card number", field="number")
    if not 1 <= card.exp_month <= 12 or not 2000 <= card.exp_year <= 2100:
        raise Invalid("This is not an expiry date", field="exp_month")
    if not re.fullmatch(r"[0-9]{3,4}", card.cvc):
        raise Invalid("The CVC has three or four digits", field="cvc")
    if number not in cards.BY_NUMBER:
        raise Invalid("Payments are simulated here: use one of the test cards, never a real one", field="number")
    return cards.BY_NUMBER[number]


def end_of_month(year: int, month: int) -> datetime:
    """The moment after which a card of this expiry counts no more."""
    last = calendar.monthrange(year, month)[1]
    return datetime(year, month, last, tzinfo=UTC) + timedelta(days=1)


def _challenged(connection: Connection, challenge_id: str) -> Row[Any]:
    query = select(simulated_charge).where(simulated_charge.c.challenge_id == challenge_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchChallenge
    return row


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(row.challenge_id, row.challenge, Money(row.amount, row.currency), row.card, row.return_url)
