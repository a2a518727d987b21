from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Conflict, Invalid, Unavailable
from matinee.runtime.ids import Ids
from matinee.services.billing import cards, provider, tables
from matinee.services.billing.contract import (
    AlreadySubscribed,
    AnswerChallenge,
    BadSignature,
    BalanceQuery,
    Billing,
    ByAccount,
    ByChallenge,
    Card,
    CardDeclined,
    ChallengeRequired,
    ChangeCard,
    Complimentary,
    DeliverWebhooks,
    Invoice,
    KeyReused,
    NoSuchChallenge,
    NoSuchPlan,
    NotSubscribed,
    PlansQuery,
    Provider,
    RenewDue,
    Renewed,
    Status,
    Subscribe,
    Subscription,
    TestCardsQuery,
    UnknownPaymentMethod,
    Webhook,
)
from matinee.services.billing.processor import InFlight, Notice, Order, Outcome, Verdict
from matinee.services.billing.service import Service
from matinee.services.billing.signatures import sign
from matinee.services.billing.simulated import Simulated
from matinee.terms.money import Money

Wired = Callable[[type[Any], object], Awaitable[Any]]
SECRET = b"a secret of the test"
ME = "acc_me"


class HandClock:
    """Calendar and real time that only the test moves."""

    def __init__(self) -> None:
        self.calendar = self.real = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.calendar

    def real_now(self) -> datetime:
        return self.real

    def monotonic(self) -> float:
        return self.real.timestamp()

    def step(self, **by: float) -> None:
        self.calendar += timedelta(**by)
        self.real += timedelta(**by)


class Crash(Exception):
    pass


class Shaky:
    """The processor behind a line that breaks before or after the next call has reached it."""

    name = "simulated"

    def __init__(self, inner: Simulated) -> None:
        self.inner = inner
        self.breaks = ""
        self.gate: asyncio.Event | None = None

    async def describe(self, payment_method: str) -> str:
        return await self.inner.describe(payment_method)

    async def charge(self, order: Order) -> Outcome:
        breaks, self.breaks = self.breaks, ""
        if self.gate is not None:
            await self.gate.wait()
        if breaks == "before":
            raise Crash
        outcome = await self.inner.charge(order)
        if breaks == "after":
            raise Crash
        return outcome

    async def find(self, key: str) -> Outcome | None:
        return await self.inner.find(key)

    def verify(self, body: bytes, signature: str) -> Notice:
        return self.inner.verify(body, signature)


@dataclass
class World:
    billing: Billing
    provider: Provider
    clock: HandClock
    db: Database
    line: Shaky
    local: Service
    sent: list[tuple[bytes, str]] = field(default_factory=list)

    def subscribe(self, key: str = "k1", card: str = "pm_card_visa", plan: str = "basic", account: str = ME) -> Any:
        return self.billing.subscribe(Subscribe(key, account, "me@example.org", plan, card, challenge_return="/signup"))

    async def crash(self, breaks: str, what: Callable[[Billing], Awaitable[Any]]) -> None:
        """Runs it on the service itself, where the line breaks: a caller never sees the process die."""
        self.line.breaks = breaks
        with pytest.raises(Crash):
            await what(self.local)

    async def mine(self) -> Subscription:
        return await self.billing.subscription(ByAccount(ME))

    async def plays(self, account: str = ME) -> bool:
        return (await self.billing.entitlement(ByAccount(account))).plays

    async def renew(self) -> Renewed:
        return await self.billing.renew_due(RenewDue())

    async def invoices(self) -> list[Invoice]:
        return (await self.billing.invoices(ByAccount(ME))).invoices

    async def taken(self) -> int:
        """What the provider took, in cents."""
        succeeded = tables.simulated_charge.c.state == "succeeded"
        query = select(func.coalesce(func.sum(tables.simulated_charge.c.amount), 0)).where(succeeded)
        return await self.db.read(lambda c: int(c.scalar(query) or 0))

    async def booked(self) -> int:
        """What the ledger says we took, and that it balances."""
        accounts = (await self.billing.balance(BalanceQuery())).accounts
        assert sum(money.amount for sums in accounts.values() for money in sums) == 0
        return sum(money.amount for money in accounts["assets:processor"])

    async def events(self) -> list[str]:
        rows = await self.db.read(lambda c: c.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all())
        assert {row.topic for row in rows} <= {"billing"}
        return [msgspec.json.decode(row.event)["type"].removeprefix("matinee.billing.") for row in rows]


def build(path: Path) -> tuple[Database, HandClock, Shaky, Service, provider.Service, list[tuple[bytes, str]]]:
    db = open_database(f"sqlite:///{path}/billing.db", "matinee.services.billing")
    clock = HandClock()
    ids = Ids(clock)
    simulated = Simulated(db, clock, ids, SECRET, random.Random(5))
    line = Shaky(simulated)
    service = Service(db, clock, ids, line)
    sent: list[tuple[bytes, str]] = []

    async def send(body: bytes, signature: str) -> None:
        sent.append((body, signature))
        await service.webhook(Webhook("simulated", body, signature))

    return db, clock, line, service, provider.Service(db, clock, simulated, SECRET, send), sent


@pytest.fixture
async def world(wired: Wired, tmp_path: Path) -> AsyncIterator[World]:
    db, clock, line, service, pages, sent = build(tmp_path)
    yield World(await wired(Billing, service), await wired(Provider, pages), clock, db, line, service, sent)
    await db.close()


def challenge_id(challenge: ChallengeRequired) -> str:
    url = challenge.extra["challenge_url"]
    assert url.startswith("/api/payments/simulated/challenges/")
    return url.removeprefix("/api/payments/simulated/challenges/").partition("?")[0]


async def test_the_plans_are_those_of_the_settings(world: World) -> None:
    plans = (await world.billing.plans(PlansQuery())).plans
    assert [(plan.id, plan.price, plan.streams, plan.max_height) for plan in plans] == [
        ("basic", Money(599, "EUR"), 1, 720),
        ("standard", Money(999, "EUR"), 2, 1080),
        ("premium", Money(1399, "EUR"), 4, 2160),
    ]


async def test_a_subscription_is_paid_and_plays(world: World) -> None:
    made = await world.subscribe(plan="standard")
    assert (made.status, made.plan.id, made.card) == (Status.ACTIVE, "standard", "Visa •••• 4242")
    assert made.paid_through == datetime(2027, 2, 28, 12, 0, tzinfo=UTC)
    entitlement = await world.billing.entitlement(ByAccount(ME))
    assert (entitlement.plays, entitlement.streams, entitlement.max_height) == (True, 2, 1080)
    assert await world.mine() == made
    (invoice,) = await world.invoices()
    assert (invoice.number, invoice.status, invoice.price, invoice.paid_at) == (
        1,
        "paid",
        Money(999, "EUR"),
        world.clock.now(),
    )
    assert await world.taken() == await world.booked() == 999
    assert await world.events() == ["subscription_started"]


async def test_without_a_subscription_nothing_plays(world: World) -> None:
    entitlement = await world.billing.entitlement(ByAccount("acc_nobody"))
    assert (entitlement.plays, entitlement.streams, entitlement.max_height) == (False, 0, 0)
    for ask in (world.billing.subscription, world.billing.cancel, world.billing.resume):
        with pytest.raises(NotSubscribed):
            await ask(ByAccount("acc_nobody"))
    with pytest.raises(NotSubscribed):
        await world.billing.change_card(ChangeCard("k", "acc_nobody", "pm_card_visa"))


async def test_the_same_key_is_one_subscription(world: World) -> None:
    made = await asyncio.gather(*(world.subscribe() for _ in range(8)))
    assert all(one == made[0] for one in made)
    assert await world.taken() == await world.booked() == 599
    with pytest.raises(KeyReused):
        await world.subscribe(plan="premium")


async def test_one_key_of_two_accounts_is_two_requests(world: World) -> None:
    first, second = await world.subscribe(), await world.subscribe(account="acc_other")
    assert first.id != second.id
    assert await world.taken() == 2 * 599


async def test_another_key_of_a_running_subscription_charges_nothing(world: World) -> None:
    made = await world.subscribe()
    assert await world.subscribe("k2", plan="premium") == made
    assert await world.taken() == 599


async def again(world: World, key: str, card: str = "pm_card_visa", plan: str = "premium") -> Subscription:
    return await world.billing.subscribe(Subscribe(key, ME, "me@example.org", plan, card, again=True))


async def test_who_asks_for_another_is_told_that_one_runs(world: World) -> None:
    made = await world.subscribe()
    with pytest.raises(AlreadySubscribed):
        await again(world, "k2")
    await world.billing.cancel(ByAccount(ME))
    with pytest.raises(AlreadySubscribed):
        await again(world, "k2")
    assert (await world.mine()).id == made.id
    assert await world.taken() == 599


@pytest.mark.parametrize("renewed", [False, True], ids=["before its renewal looked", "after"])
@pytest.mark.parametrize("why", ["cancelled", "unpaid"])
async def test_after_its_end_a_subscription_begins_anew(world: World, why: str, renewed: bool) -> None:
    """From today on, at the plan's price now, however it ended; what was left unpaid is not asked for."""
    await world.subscribe(card="pm_card_visa" if why == "cancelled" else "pm_card_chargeCustomerFail")
    if why == "cancelled":
        await world.billing.cancel(ByAccount(ME))
    world.clock.step(days=29)
    assert (await world.renew()).failed == (0 if why == "cancelled" else 1)
    world.clock.step(days=4)
    if renewed:
        await world.renew()
    assert not await world.plays()
    made = await again(world, "k2", plan="basic")
    assert (made.status, made.plan.id, made.cancel_at_period_end) == (Status.ACTIVE, "basic", False)
    assert made.paid_through == datetime(2027, 4, 5, 12, 0, tzinfo=UTC)
    assert await again(world, "k2", plan="basic") == made
    assert await world.plays()
    assert await world.taken() == await world.booked() == 2 * 599
    ended = "subscription_canceled" if why == "cancelled" else "subscription_unpaid"
    assert [each for each in await world.events() if each.startswith("subscription")] == [
        "subscription_started",
        ended,
        "subscription_started",
    ]
    assert [each.status for each in await world.invoices()][-1] == "paid"
    assert {each.status for each in await world.invoices()} == ({"paid"} if why == "cancelled" else {"paid", "void"})
    world.clock.step(days=31)
    assert (await world.renew()).renewed == 1


async def test_beginning_anew_a_decline_and_a_challenge_are_as_at_the_first_time(world: World) -> None:
    await world.subscribe()
    await world.billing.cancel(ByAccount(ME))
    world.clock.step(days=30)
    await world.renew()
    with pytest.raises(CardDeclined):
        await again(world, "k2", "pm_card_chargeDeclined")
    with pytest.raises(ChallengeRequired) as challenge:
        await again(world, "k3", "pm_card_authenticationRequired")
    await world.provider.answer_challenge(AnswerChallenge(challenge_id(challenge.value), approve=True))
    assert (await again(world, "k3", "pm_card_authenticationRequired")).status is Status.ACTIVE
    assert await world.taken() == await world.booked() == 599 + 1399


async def test_what_cannot_be_bought_is_refused(world: World) -> None:
    with pytest.raises(NoSuchPlan):
        await world.subscribe(plan="gold")
    with pytest.raises(UnknownPaymentMethod):
        await world.subscribe(card="pm_nonsense")
    with pytest.raises(Invalid, match="coupon"):
        await world.billing.subscribe(Subscribe("k", ME, "me@example.org", "basic", "pm_card_visa", coupon="FREE"))
    assert (await world.subscribe()).status is Status.ACTIVE


DECLINING = [
    (kind.tokens[0], kind.behaviour.value)
    for kind in cards.KINDS
    if kind.behaviour not in {cards.Behaviour.OK, cards.Behaviour.CHALLENGE, cards.Behaviour.LATER_FAILS}
]


@pytest.mark.parametrize(("token", "code"), DECLINING)
async def test_a_decline_tells_its_code_each_time_and_another_card_helps(world: World, token: str, code: str) -> None:
    for _ in range(2):
        with pytest.raises(CardDeclined) as declined:
            await world.subscribe(card=token)
        assert declined.value.extra["code"] == code
    assert not await world.plays()
    with pytest.raises(NotSubscribed):
        await world.mine()
    assert (await world.subscribe("k2")).status is Status.ACTIVE
    assert await world.taken() == await world.booked() == 599


async def test_a_challenge_is_confirmed_and_the_same_key_goes_on(world: World) -> None:
    for _ in range(2):
        with pytest.raises(ChallengeRequired) as asked:
            await world.subscribe(card="pm_card_authenticationRequired")
    assert asked.value.extra["challenge_url"].endswith("?return=%2Fsignup")
    challenge = await world.provider.challenge(ByChallenge(challenge_id(asked.value)))
    assert (challenge.state, challenge.amount, challenge.card) == ("pending", Money(599, "EUR"), "Visa •••• 3184")
    assert challenge.return_url == "/signup"
    answered = await world.provider.answer_challenge(AnswerChallenge(challenge.id, approve=True))
    assert answered.state == "approved"
    assert await world.taken() == 0
    world.clock.step(hours=20)
    made = await world.subscribe(card="pm_card_authenticationRequired")
    assert made.status is Status.ACTIVE
    assert made.paid_through == datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
    assert await world.taken() == await world.booked() == 599
    world.clock.step(days=31)
    assert (await world.renew()).renewed == 1


async def test_a_refused_challenge_is_a_decline(world: World) -> None:
    with pytest.raises(ChallengeRequired) as asked:
        await world.subscribe(card="pm_card_authenticationRequired")
    answer = AnswerChallenge(challenge_id(asked.value), approve=False)
    await world.provider.answer_challenge(answer)
    assert (await world.provider.answer_challenge(answer)).state == "refused"
    with pytest.raises(Conflict):
        await world.provider.answer_challenge(AnswerChallenge(answer.challenge_id, approve=True))
    with pytest.raises(CardDeclined) as declined:
        await world.subscribe(card="pm_card_authenticationRequired")
    assert declined.value.extra["code"] == "authentication_failed"
    assert await world.taken() == 0


async def test_a_challenge_overtaken_by_another_card_takes_nothing(world: World) -> None:
    with pytest.raises(ChallengeRequired) as asked:
        await world.subscribe(card="pm_card_authenticationRequired")
    made = await world.subscribe("k2")
    await world.provider.answer_challenge(AnswerChallenge(challenge_id(asked.value), approve=True))
    assert await world.subscribe(card="pm_card_authenticationRequired") == made
    assert await world.taken() == await world.booked() == 599


async def test_a_challenge_never_leads_to_another_site(world: World) -> None:
    for url in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        card = "pm_card_authenticationRequired"
        message = Subscribe(url, f"acc_{url}", "a@b.org", "basic", card, challenge_return=url)
        with pytest.raises(ChallengeRequired) as asked:
            await world.billing.subscribe(message)
        assert "?" not in asked.value.extra["challenge_url"]


@pytest.mark.parametrize("breaks", ["before", "after"])
async def test_a_crash_around_the_charge_charges_once(world: World, breaks: str) -> None:
    message = Subscribe("k1", ME, "me@example.org", "basic", "pm_card_visa", challenge_return="/signup")
    await world.crash(breaks, lambda billing: billing.subscribe(message))
    assert not await world.plays()
    assert (await world.subscribe()).status is Status.ACTIVE
    assert await world.taken() == await world.booked() == 599


async def test_a_paid_crash_is_found_by_the_timer_and_by_another_key(world: World) -> None:
    for account in (ME, "acc_other"):
        message = Subscribe("k1", account, "me@example.org", "basic", "pm_card_visa")
        await world.crash("after", lambda billing, message=message: billing.subscribe(message))
    assert (await world.subscribe("k2", "pm_card_mastercard")).card == "Visa •••• 4242"
    world.clock.step(seconds=31)
    await world.renew()
    assert await world.plays("acc_other")
    assert await world.taken() == await world.booked() == 2 * 599


async def test_a_charge_that_never_arrived_makes_way_for_another_card_once_it_cannot_arrive(world: World) -> None:
    await world.crash("before", lambda b: b.subscribe(Subscribe("k1", ME, "a@b.org", "basic", "pm_card_visa")))
    with pytest.raises(Unavailable):
        await world.subscribe("k2", "pm_card_mastercard")
    world.clock.step(seconds=31)
    await world.renew()
    assert await world.taken() == 0
    world.clock.step(seconds=31)
    assert (await world.subscribe("k2", "pm_card_mastercard")).card == "Mastercard •••• 4444"
    assert await world.taken() == await world.booked() == 599


async def test_renewals_follow_the_anchor_day(world: World) -> None:
    await world.subscribe()
    ends = []
    for _ in range(5):
        world.clock.calendar = (await world.mine()).paid_through
        assert await world.renew() == Renewed(renewed=1, failed=0, more=False)
        assert await world.renew() == Renewed(renewed=0, failed=0, more=False)
        ends.append((await world.mine()).paid_through)
    assert [(end.month, end.day) for end in ends] == [(3, 31), (4, 30), (5, 31), (6, 30), (7, 31)]
    invoices = await world.invoices()
    assert [invoice.number for invoice in invoices] == [6, 5, 4, 3, 2, 1]
    assert all(later.period_start == earlier.period_end for later, earlier in pairwise(invoices))
    assert await world.taken() == await world.booked() == 6 * 599


async def test_many_are_renewed_a_batch_at_a_time(world: World) -> None:
    for n in range(5):
        await world.subscribe(account=f"acc_{n}")
    world.clock.step(days=28)
    assert await world.billing.renew_due(RenewDue(limit=3)) == Renewed(3, 0, more=True)
    assert await world.billing.renew_due(RenewDue(limit=3)) == Renewed(2, 0, more=False)


async def test_a_failed_renewal_plays_three_days_and_is_tried_daily(world: World) -> None:
    await world.subscribe(card="pm_card_chargeCustomerFail")
    world.clock.step(days=28)
    for day in range(3):
        assert await world.renew() == Renewed(renewed=0, failed=1, more=False)
        mine = await world.mine()
        assert (mine.status, mine.plays_until) == (Status.PAST_DUE, mine.paid_through + timedelta(days=3))
        assert await world.plays()
        assert (await world.invoices())[0].status == "open"
        assert await world.renew() == Renewed(0, 0, more=False), day
        world.clock.step(days=1)
    assert not await world.plays()
    assert await world.renew() == Renewed(0, 0, more=False)
    assert (await world.mine()).status is Status.UNPAID
    assert [invoice.status for invoice in await world.invoices()] == ["void", "paid"]
    assert await world.taken() == await world.booked() == 599
    assert await world.events() == ["subscription_started", *["renewal_failed"] * 3, "subscription_unpaid"]
    again = await world.subscribe("k2", plan="premium")
    assert (again.status, again.plan.id) == (Status.ACTIVE, "premium")


async def test_a_new_card_pays_what_is_due_at_once(world: World) -> None:
    await world.subscribe(card="pm_card_chargeCustomerFail")
    world.clock.step(days=28)
    await world.renew()
    with pytest.raises(CardDeclined):
        await world.billing.change_card(ChangeCard("c1", ME, "pm_card_chargeDeclined"))
    assert (await world.mine()).card == "Visa •••• 0341"
    paid = await world.billing.change_card(ChangeCard("c2", ME, "pm_card_visa"))
    assert (paid.status, paid.card) == (Status.ACTIVE, "Visa •••• 4242")
    assert paid.paid_through == datetime(2027, 3, 31, 12, 0, tzinfo=UTC)
    assert await world.billing.change_card(ChangeCard("c2", ME, "pm_card_visa")) == paid
    with pytest.raises(KeyReused):
        await world.billing.change_card(ChangeCard("c2", ME, "pm_card_mastercard"))
    assert await world.taken() == await world.booked() == 2 * 599


async def test_a_new_card_of_an_active_subscription_is_proven_for_nothing(world: World) -> None:
    await world.subscribe()
    with pytest.raises(CardDeclined):
        await world.billing.change_card(ChangeCard("c1", ME, "pm_card_chargeDeclinedInsufficientFunds"))
    with pytest.raises(ChallengeRequired) as asked:
        await world.billing.change_card(ChangeCard("c2", ME, "pm_card_authenticationRequired"))
    assert (await world.mine()).card == "Visa •••• 4242"
    await world.provider.answer_challenge(AnswerChallenge(challenge_id(asked.value), approve=True))
    changed = await world.billing.change_card(ChangeCard("c2", ME, "pm_card_authenticationRequired"))
    assert changed.card == "Visa •••• 3184"
    assert await world.taken() == await world.booked() == 599
    world.clock.step(days=28)
    assert (await world.renew()).renewed == 1


async def test_a_hard_decline_is_not_tried_again(world: World) -> None:
    token = await world.provider.tokenize(Card("4242 4242 4242 4242", 2, 2027, "123"))
    await world.subscribe(card=token.payment_method)
    world.clock.calendar = datetime(2027, 3, 1, 0, 0, tzinfo=UTC)
    assert (await world.renew()).failed == 1
    world.clock.step(days=1)
    assert await world.renew() == Renewed(0, 0, more=False)
    assert (await world.mine()).status is Status.PAST_DUE
    world.clock.step(days=1, hours=13)
    await world.renew()
    assert (await world.mine()).status is Status.UNPAID


async def test_cancelling_ends_at_the_period_and_can_be_undone(world: World) -> None:
    await world.subscribe()
    cancelled = await world.billing.cancel(ByAccount(ME))
    assert cancelled.cancel_at_period_end
    assert cancelled.plays_until == cancelled.paid_through
    assert await world.billing.cancel(ByAccount(ME)) == cancelled
    resumed = await world.billing.resume(ByAccount(ME))
    assert not resumed.cancel_at_period_end
    await world.billing.cancel(ByAccount(ME))
    world.clock.step(days=28)
    assert not await world.plays()
    with pytest.raises(NotSubscribed):
        await world.billing.resume(ByAccount(ME))
    assert await world.renew() == Renewed(0, 0, more=False)
    assert (await world.mine()).status is Status.CANCELED
    for ask in (world.billing.cancel, world.billing.resume):
        with pytest.raises(NotSubscribed):
            await ask(ByAccount(ME))
    assert await world.taken() == 599


async def test_a_late_timer_does_not_stop_the_film_and_charges_no_elapsed_period(world: World) -> None:
    await world.subscribe()
    world.clock.step(days=30)
    assert await world.plays()
    world.clock.step(days=70)
    assert not await world.plays()
    assert (await world.renew()).renewed == 1
    mine = await world.mine()
    assert mine.paid_through > world.clock.now() > mine.paid_through - timedelta(days=31)
    assert await world.taken() == await world.booked() == 2 * 599


async def test_a_complimentary_subscription_costs_nothing_and_stays(world: World) -> None:
    given = await world.billing.complimentary(Complimentary(ME, "premium"))
    assert given.status is Status.ACTIVE
    world.clock.step(days=4000)
    assert await world.renew() == Renewed(0, 0, more=False)
    assert await world.plays()
    assert await world.subscribe() == given == await world.billing.complimentary(Complimentary(ME, "premium"))
    with pytest.raises(NotSubscribed, match="complimentary"):
        await world.billing.cancel(ByAccount(ME))
    assert await world.invoices() == []
    assert await world.taken() == await world.booked() == 0


@pytest.mark.parametrize("breaks", ["before", "after"])
async def test_a_crash_in_a_renewal_charges_the_period_once(world: World, breaks: str) -> None:
    await world.subscribe()
    world.clock.step(days=28)
    world.line.breaks = breaks
    assert (await world.renew()).failed == 1
    assert await world.plays()
    world.clock.step(minutes=5)
    assert (await world.renew()).renewed == 1
    assert await world.renew() == Renewed(0, 0, more=False)
    assert await world.taken() == await world.booked() == 2 * 599


async def test_a_crashed_renewal_of_a_period_now_over_is_not_charged_for(world: World) -> None:
    await world.subscribe()
    world.clock.step(days=28)
    world.line.breaks = "before"
    await world.renew()
    world.clock.step(days=90)
    assert (await world.renew()).renewed == 1
    assert await world.taken() == await world.booked() == 2 * 599
    assert [invoice.status for invoice in await world.invoices()] == ["paid", "void", "paid"]


async def test_an_unpaid_first_try_lapses_and_nothing_is_left_to_charge(world: World) -> None:
    with pytest.raises(ChallengeRequired) as asked:
        await world.subscribe(card="pm_card_authenticationRequired")
    world.clock.step(hours=23)
    assert await world.renew() == Renewed(0, 0, more=False)
    await world.provider.answer_challenge(AnswerChallenge(challenge_id(asked.value), approve=True))
    with pytest.raises(CardDeclined) as declined:
        await world.subscribe(card="pm_card_authenticationRequired")
    assert declined.value.extra["code"] == "superseded"
    assert await world.taken() == 0


async def test_webhooks_tell_what_a_crash_hid_however_they_come(world: World) -> None:
    await world.crash("after", lambda b: b.subscribe(Subscribe("k1", ME, "a@b.org", "basic", "pm_card_visa")))
    world.clock.step(seconds=30)
    delivered = await world.provider.deliver_webhooks(DeliverWebhooks())
    assert delivered.sent >= 1
    assert await world.plays()
    for body, signature in reversed(world.sent * 2):
        await world.billing.webhook(Webhook("simulated", body, signature))
    assert await world.taken() == await world.booked() == 599
    assert (await world.provider.deliver_webhooks(DeliverWebhooks())).sent == 0


async def test_a_webhook_of_an_approved_challenge_charges_nobody_who_went_away(world: World) -> None:
    with pytest.raises(ChallengeRequired) as asked:
        await world.subscribe(card="pm_card_authenticationRequired")
    await world.provider.answer_challenge(AnswerChallenge(challenge_id(asked.value), approve=True))
    world.clock.step(seconds=30)
    await world.provider.deliver_webhooks(DeliverWebhooks())
    assert await world.taken() == 0
    assert not await world.plays()


async def test_a_forged_old_or_foreign_webhook_is_refused(world: World) -> None:
    body = b'{"id": "1", "type": "charge.succeeded", "key": "k", "charge": "c"}'
    good = sign(SECRET, body, world.clock.now())
    await world.billing.webhook(Webhook("simulated", body, good))
    old = sign(SECRET, body, world.clock.now() - timedelta(minutes=6))
    for refused in (
        Webhook("simulated", body + b" ", good),
        Webhook("simulated", body, old),
        Webhook("simulated", body, sign(b"other", body, world.clock.now())),
        Webhook("stripe", body, good),
        Webhook("simulated", body, ""),
        Webhook("simulated", body, "t=x,v1=ü"),
        Webhook("simulated", b"[]", sign(SECRET, b"[]", world.clock.now())),
    ):
        with pytest.raises(BadSignature):
            await world.billing.webhook(refused)


async def test_a_card_becomes_a_token_and_its_number_is_nowhere(world: World) -> None:
    found = await world.provider.tokenize(Card("4000 0000 0000 9995", 12, 2030, "123"))
    assert found.card == "Visa •••• 9995"
    with pytest.raises(CardDeclined) as declined:
        await world.subscribe(card=found.payment_method)
    assert declined.value.extra["code"] == "insufficient_funds"
    stored = await world.db.read(lambda c: repr([c.execute(select(t)).all() for t in tables.metadata.sorted_tables]))
    assert found.payment_method in stored
    assert "400000000000" not in stored
    assert "4000" not in repr(Card("4000000000009995", 12, 2030, "123"))


@pytest.mark.parametrize(
    ("card", "field_name"),
    [
        (Card("4242424242424241", 12, 2030, "123"), "number"),
        (Card("4242", 12, 2030, "123"), "number"),
        (Card("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", 12, 2030, "123"), "number"),
        (Card("4111111111111111", 12, 2030, "123"), "number"),
        (Card("4242424242424242", 13, 2030, "123"), "exp_month"),
        (Card("4242424242424242", 12, 99999, "123"), "exp_month"),
        (Card("4242424242424242", 12, 2026, "123"), "exp_year"),
        (Card("4242424242424242", 12, 2030, "12"), "cvc"),
    ],
)
async def test_a_card_that_cannot_be_is_refused(world: World, card: Card, field_name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await world.provider.tokenize(card)
    assert refused.value.extra["field"] == field_name
    assert card.number not in refused.value.detail


async def test_each_test_card_is_listed_and_accepted(world: World) -> None:
    for card in (await world.provider.test_cards(TestCardsQuery())).cards:
        assert (await world.provider.tokenize(Card(card.number, 1, 2027, "1234"))).card.endswith(card.number[-4:])
    with pytest.raises(NoSuchChallenge):
        await world.provider.challenge(ByChallenge("chl_nonsense"))


def order(**changes: Any) -> Order:
    return msgspec.structs.replace(Order("key", ME, "pm_card_visa", Money(599, "EUR"), present=True), **changes)


async def test_the_provider_keeps_a_key_for_a_day(world: World) -> None:
    processor = world.line.inner
    first = await processor.charge(order())
    assert await processor.charge(order()) == first == await processor.find("key")
    with pytest.raises(KeyReused):
        await processor.charge(order(amount=Money(600, "EUR")))
    world.clock.step(hours=24)
    assert (await processor.charge(order(amount=Money(600, "EUR")))).reference != first.reference


async def test_the_provider_says_when_a_key_is_at_work(world: World) -> None:
    processor = world.line.inner
    await world.db.transact(lambda c: processor._take_key(c, "key", processor_fingerprint(order())))
    with pytest.raises(InFlight):
        await processor.charge(order())
    with pytest.raises(InFlight):
        await processor.find("key")
    world.clock.step(seconds=61)
    assert await processor.find("key") is None
    assert (await processor.charge(order())).verdict is Verdict.SUCCEEDED


def processor_fingerprint(made: Order) -> str:
    return hashlib.sha256(msgspec.json.encode(made)).hexdigest()


async def test_the_ledger_is_append_only(world: World) -> None:
    await world.subscribe()
    for change in (
        update(tables.ledger_line).values(amount=0),
        delete(tables.ledger_line),
        delete(tables.ledger_entry),
        insert(tables.ledger_line).values(entry_id="x", position=0, account="y", amount=1, currency="EUR"),
    ):
        with pytest.raises(IntegrityError):
            await world.db.transact(lambda c, change=change: c.execute(change) and None)
    assert await world.booked() == 599
