"""Payments their member waits for: the first one, and the one that a new card is for. A caller's key stands for one charge."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select
from sqlalchemy.exc import IntegrityError

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import Invalid, Unavailable
from matinee.services.billing import rules
from matinee.services.billing.charges import Charges, Means, Underway
from matinee.services.billing.contract import (
    AlreadySubscribed,
    CardDeclined,
    ChallengeRequired,
    ChangeCard,
    KeyReused,
    Status,
    Subscribe,
    Subscription,
)
from matinee.services.billing.periods import Periods
from matinee.services.billing.processor import InFlight, Processor
from matinee.services.billing.subscriptions import Subscriptions, changeable, of_account, running, seen
from matinee.services.billing.tables import request
from matinee.services.billing.turns import Turns

_RACES = 3

# What a request does once its card is known: it gives the charge it began, or None where there is nothing to charge.
Opening = Callable[[Connection, str], str | None]


class Checkout:
    def __init__(
        self,
        db: Database,
        clock: Clock,
        processor: Processor,
        subscriptions: Subscriptions,
        periods: Periods,
        charges: Charges,
        turns: Turns,
    ) -> None:
        self._db = db
        self._clock = clock
        self._processor = processor
        self._subscriptions = subscriptions
        self._periods = periods
        self._charges = charges
        self._turns = turns

    async def subscribe(self, message: Subscribe) -> Subscription:
        plan = self._subscriptions.plan(message.plan)
        if message.coupon:
            raise Invalid("There is no such coupon", field="coupon")

        def opening(connection: Connection, card: str) -> str | None:
            present = of_account(connection, message.account_id)
            if present is not None and running(present, self._clock.now()):
                return _refused_again(message)
            if present is not None:  # first what is under way: it may be paid
                self._charges.free(connection, present.id)
            row = self._subscriptions.open(connection, message.account_id, plan)
            due = self._periods.ready(
                connection, row, rules.next_period(moment(row.anchor_at), 0, moment(row.anchor_at))
            )
            means = Means(message.payment_method, card, present=True, return_url=local_path(message.challenge_return))
            return self._charges.begin(connection, row, due, means)

        asked = ("subscribe", message.plan, message.payment_method, message.coupon or "")
        return await self._once(message.account_id, message.key, asked, message.payment_method, opening)

    async def change_card(self, message: ChangeCard) -> Subscription:
        def opening(connection: Connection, card: str) -> str | None:
            row = changeable(connection, message.account_id)
            due = self._periods.open_one(connection, row.id) if row.status == Status.PAST_DUE else None
            return self._charges.begin(connection, row, due, Means(message.payment_method, card, present=True))

        asked = ("change_card", message.payment_method)
        return await self._once(message.account_id, message.key, asked, message.payment_method, opening)

    async def _once(
        self, account_id: str, key: str, asked: tuple[str, ...], payment_method: str, opening: Opening
    ) -> Subscription:
        known = _sha256(account_id, key)
        fingerprint = _sha256(*asked)
        async with self._turns.of(account_id):
            found = await self._db.read(lambda connection: _recalled(connection, known, fingerprint), fresh=True)
            if found is None:
                card = await self._processor.describe(payment_method)
                found = await self._begin(known, fingerprint, lambda connection: opening(connection, card))
                settled = None if found.charge_id is None else await self._charges.pay(found.charge_id)
            else:
                settled = None if found.charge_id is None else await self._charges.go_on(found.charge_id)
            if settled is not None:
                await self._refuse(settled)
            return await self._db.read(lambda connection: seen(connection, account_id), fresh=True)

    async def _begin(self, known: str, fingerprint: str, opening: Callable[[Connection], str | None]) -> Row[Any]:
        """Writes the request with its charge, once whatever was under way is cleared."""

        def unit(connection: Connection) -> Row[Any]:
            old = milliseconds(self._clock.now() - rules.REQUEST_KEPT)
            connection.execute(delete(request).where(request.c.at < old))
            made = {"key_sha256": known, "fingerprint": fingerprint, "charge_id": opening(connection)}
            connection.execute(insert(request).values(**made, at=milliseconds(self._clock.now())))
            return connection.execute(select(request).where(request.c.key_sha256 == known)).one()

        for _ in range(_RACES):
            try:
                return await self._db.transact(unit)
            except IntegrityError as twice:  # an engine with several writers: the same key came in elsewhere
                raise InFlight from twice
            except Underway as other:
                await self._charges.clear(other.charge_id)
        raise Unavailable("Another payment of this account is being made; try again in a moment")

    async def _refuse(self, settled: Row[Any]) -> None:
        """Raises CardDeclined or ChallengeRequired where the charge was not made."""
        match settled.state:
            case "failed":
                raise CardDeclined(code=settled.code or "generic_decline")
            case "challenged":
                raise ChallengeRequired(challenge_url=settled.challenge_url)
            case "abandoned":
                row = await self._db.read(lambda connection: of_account(connection, settled.account_id), fresh=True)
                if row is None or row.status not in rules.RUNNING:
                    raise CardDeclined("This payment was given up for another; start again", code="superseded")
            case _:
                return


def _refused_again(message: Subscribe) -> None:
    if message.again:
        raise AlreadySubscribed(
            "A subscription is running; change its card, or cancel it and come back when it has ended"
        )


def local_path(url: str) -> str:
    """The URL when it is a path of ours, else nothing: a challenge leads back to no other site."""
    plain = url.startswith("/") and not url.startswith(("//", "/\\")) and url.isprintable() and len(url) <= 500
    return url if plain else ""


def _recalled(connection: Connection, known: str, fingerprint: str) -> Row[Any] | None:
    row = connection.execute(select(request).where(request.c.key_sha256 == known)).one_or_none()
    if row is not None and row.fingerprint != fingerprint:
        raise KeyReused
    return row


def _sha256(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
