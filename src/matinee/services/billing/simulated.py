"""The simulated provider as billing calls it: real semantics, no money. Its tables stand beside billing's and are its own.

An idempotency key is kept for 24 hours: the same order is answered as before, another one is refused, and while one is at
work the next is told so. A charge is found by its key for good.
"""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.ids import Ids
from matinee.services.billing import cards, signatures
from matinee.services.billing.cards import Behaviour
from matinee.services.billing.contract import BadSignature, KeyReused, UnknownPaymentMethod
from matinee.services.billing.processor import InFlight, Notice, Order, Outcome, Verdict
from matinee.services.billing.tables import simulated_charge, simulated_delivery, simulated_key, simulated_token

_KEY_KEPT = timedelta(hours=24)
_BUSY = timedelta(seconds=60)  # by real time; whoever was busy longer has crashed
_LATEST_S = 30
CHARGE, CHALLENGE, WEBHOOK, TOKEN = "sch", "chl", "swh", "pm"  # kinds of the provider's ids


class Notification(Struct, frozen=True):
    """The body of a webhook."""

    id: str
    type: str
    key: str
    charge: str


class Simulated:
    """Implements `processor.Processor`. `secret` signs its webhooks; `chance` makes them late, doubled and out of order."""

    name = "simulated"

    def __init__(self, db: Database, clock: Clock, ids: Ids, secret: bytes, chance: random.Random) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._secret = secret
        self._chance = chance

    async def describe(self, payment_method: str) -> str:
        return (await self._db.read(lambda connection: _card(connection, payment_method), fresh=True)).card

    async def charge(self, order: Order) -> Outcome:
        fingerprint = hashlib.sha256(msgspec.json.encode(order)).hexdigest()
        await self._db.transact(lambda connection: self._take_key(connection, order.key, fingerprint))
        try:
            return await self._db.transact(lambda connection: self._charge(connection, order))
        except UnknownPaymentMethod:
            await self._db.transact(lambda connection: self._give_back(connection, order.key))
            raise

    async def find(self, key: str) -> Outcome | None:
        return await self._db.read(lambda connection: self._find(connection, key), fresh=True)

    def verify(self, body: bytes, signature: str) -> Notice:
        signatures.check(self._secret, body, signature, self._clock.now())
        try:
            told = msgspec.json.decode(body, type=Notification)
        except msgspec.MsgspecError as error:
            raise BadSignature("The webhook's body cannot be read") from error
        return Notice(told.id, told.key)

    def notify(self, connection: Connection, charge_id: str) -> None:
        """Puts the news of a charge on its way: once or twice, each after a while of its own."""
        row = connection.execute(select(simulated_charge).where(simulated_charge.c.id == charge_id)).one()
        told = Notification(self._ids.new(WEBHOOK), f"charge.{row.state}", row.key, row.id)
        for _ in range(self._chance.choice((1, 1, 2))):
            due = self._clock.now() + timedelta(seconds=self._chance.uniform(0, _LATEST_S))
            sent = {"id": self._ids.new(WEBHOOK), "body": msgspec.json.encode(told), "due_at": milliseconds(due)}
            connection.execute(insert(simulated_delivery).values(**sent, tries=0))

    def _take_key(self, connection: Connection, key: str, fingerprint: str) -> None:
        now, real = self._clock.now(), self._clock.real_now()
        connection.execute(delete(simulated_key).where(simulated_key.c.at <= milliseconds(now - _KEY_KEPT)))
        row = connection.execute(
            select(simulated_key).where(simulated_key.c.key == key).with_for_update()
        ).one_or_none()
        if row is None:
            taken = {"key": key, "fingerprint": fingerprint, "busy_since": milliseconds(real), "at": milliseconds(now)}
            connection.execute(insert(simulated_key).values(**taken))
            return
        if row.fingerprint != fingerprint:
            raise KeyReused
        if row.busy_since is not None and real - moment(row.busy_since) < _BUSY:
            raise InFlight
        connection.execute(
            update(simulated_key).where(simulated_key.c.key == key).values(busy_since=milliseconds(real))
        )

    def _give_back(self, connection: Connection, key: str) -> None:
        connection.execute(delete(simulated_key).where(simulated_key.c.key == key))

    def _charge(self, connection: Connection, order: Order) -> Outcome:
        mine = simulated_key.c.key == order.key
        known = connection.scalar(select(simulated_key.c.charge_id).where(mine))
        if known is None:
            known = self._first(connection, order)
        else:
            self._again(connection, known)
        connection.execute(update(simulated_key).where(mine).values(charge_id=known, busy_since=None))
        return _outcome(connection.execute(select(simulated_charge).where(simulated_charge.c.id == known)).one())

    def _first(self, connection: Connection, order: Order) -> str:
        card = _card(connection, order.payment_method)
        verdict, code = self._verdict(connection, card, order)
        charge_id = self._ids.new(CHARGE)
        challenge = self._ids.new(CHALLENGE) if verdict is Verdict.CHALLENGED else None
        made = {
            "id": charge_id,
            "key": order.key,
            "account_id": order.account_id,
            "token": order.payment_method,
            "card": card.card,
            "amount": order.amount.amount,
            "currency": order.amount.currency,
            "state": verdict.value,
            "code": code or None,
            "challenge_id": challenge,
            "challenge": "pending" if challenge else None,
            "return_url": order.return_url,
            "at": milliseconds(self._clock.now()),
        }
        connection.execute(insert(simulated_charge).values(**made))
        self.notify(connection, charge_id)
        return charge_id

    def _again(self, connection: Connection, charge_id: str) -> None:
        """A challenge that was answered is gone on with; anything else stays as it was."""
        mine: ColumnElement[bool] = simulated_charge.c.id == charge_id
        row = connection.execute(select(simulated_charge).where(mine)).one()
        if row.state != Verdict.CHALLENGED or row.challenge == "pending":
            return
        approved = row.challenge == "approved"
        state = Verdict.SUCCEEDED if approved else Verdict.FAILED
        code = None if approved else "authentication_failed"
        connection.execute(update(simulated_charge).where(mine).values(state=state.value, code=code))
        self.notify(connection, charge_id)

    def _verdict(self, connection: Connection, card: Known, order: Order) -> tuple[Verdict, str]:
        if card.expires_at is not None and card.expires_at <= milliseconds(self._clock.now()):
            return Verdict.FAILED, Behaviour.EXPIRED.value
        match card.behaviour:
            case Behaviour.OK:
                return Verdict.SUCCEEDED, ""
            case Behaviour.CHALLENGE if order.present:
                return Verdict.CHALLENGED, ""
            case Behaviour.CHALLENGE:
                agreed = _agreed(connection, order)
                return (Verdict.SUCCEEDED, "") if agreed else (Verdict.FAILED, "authentication_required")
            case Behaviour.LATER_FAILS:
                return (Verdict.SUCCEEDED, "") if order.present else (Verdict.FAILED, Behaviour.GENERIC.value)
            case declined:
                return Verdict.FAILED, declined.value

    def _find(self, connection: Connection, key: str) -> Outcome | None:
        row = _best(connection, key)
        if row is not None:
            return _outcome(row)
        busy = connection.scalar(select(simulated_key.c.busy_since).where(simulated_key.c.key == key))
        if busy is not None and self._clock.real_now() - moment(busy) < _BUSY:
            raise InFlight
        return None


class Known(Struct, frozen=True):
    """A card the provider knows by a token."""

    card: str
    behaviour: Behaviour
    expires_at: int | None


def _card(connection: Connection, token: str) -> Known:
    kind = cards.BY_TOKEN.get(token)
    if kind is not None:
        return Known(cards.shown(kind.brand, kind.number[-4:]), kind.behaviour, None)
    row = connection.execute(select(simulated_token).where(simulated_token.c.id == token)).one_or_none()
    if row is None:
        raise UnknownPaymentMethod
    return Known(cards.shown(row.brand, row.last4), Behaviour(row.behaviour), row.expires_at)


def _agreed(connection: Connection, order: Order) -> bool:
    """Whether the owner confirmed this card once: later charges then need no owner."""
    same = (simulated_charge.c.token == order.payment_method) & (simulated_charge.c.account_id == order.account_id)
    query = select(simulated_charge.c.id).where(same, simulated_charge.c.challenge == "approved").limit(1)
    return connection.scalar(query) is not None


def _best(connection: Connection, key: str) -> Row[Any] | None:
    """The charge of a key: the one that succeeded, where a forgotten key made several."""
    rows = connection.execute(select(simulated_charge).where(simulated_charge.c.key == key)).all()
    succeeded = [row for row in rows if row.state == Verdict.SUCCEEDED]
    return (succeeded or sorted(rows, key=lambda row: row.at, reverse=True) or [None])[0]


def _outcome(row: Row[Any]) -> Outcome:
    back = f"?return={quote(row.return_url, safe='')}" if row.return_url else ""
    url = f"/api/payments/simulated/challenges/{row.challenge_id}{back}" if row.state == Verdict.CHALLENGED else ""
    return Outcome(Verdict(row.state), row.id, row.code or "", url)
