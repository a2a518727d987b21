"""Random members, clocks, crashes and webhooks: whatever happens, nobody pays twice for a period and the ledger balances."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import Connection, select

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import MatineeError
from matinee.runtime.ids import Ids
from matinee.services.billing import provider, tables
from matinee.services.billing.contract import (
    AnswerChallenge,
    BalanceQuery,
    ByAccount,
    ChallengeRequired,
    ChangeCard,
    DeliverWebhooks,
    NotSubscribed,
    RenewDue,
    Status,
    Subscribe,
    Webhook,
)
from matinee.services.billing.processor import Notice, Order, Outcome
from matinee.services.billing.service import Service
from matinee.services.billing.simulated import Simulated

T = TypeVar("T")
SECRET = b"secret"
GRACE = timedelta(days=3)
ACCOUNTS = st.sampled_from(["acc_1", "acc_2"])
CARDS = st.sampled_from(
    [
        "pm_card_visa",
        "pm_card_mastercard",
        "pm_card_chargeDeclined",
        "pm_card_chargeDeclinedExpiredCard",
        "pm_card_authenticationRequired",
        "pm_card_chargeCustomerFail",
    ]
)


# What ends the process: the line to the provider, before or after the charge, or one of billing's own next transactions.
TROUBLE = st.sampled_from(["", "", "", "before", "after", "after", 1, 2, 3, 4])


class Crash(Exception):
    pass


class HandClock:
    def __init__(self) -> None:
        self.calendar = self.real = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.calendar

    def real_now(self) -> datetime:
        return self.real

    def monotonic(self) -> float:
        return self.real.timestamp()


class CrashingDatabase:
    """Billing's own way to its database; it ends before the transaction that a fuse counts down to."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner
        self.fuse = 0

    async def read(self, unit: Callable[[Connection], T], *, fresh: bool = False) -> T:
        return await self.inner.read(unit, fresh=fresh)

    async def transact(self, unit: Callable[[Connection], T]) -> T:
        if self.fuse:
            self.fuse -= 1
            if not self.fuse:
                raise Crash
        return await self.inner.transact(unit)

    def on_publish(self, wake: Callable[[], None]) -> None:
        self.inner.on_publish(wake)

    async def close(self) -> None:
        await self.inner.close()


class CrashingLine:
    name = "simulated"

    def __init__(self, inner: Simulated) -> None:
        self.inner = inner
        self.breaks = ""

    async def describe(self, payment_method: str) -> str:
        return await self.inner.describe(payment_method)

    async def charge(self, order: Order) -> Outcome:
        breaks, self.breaks = self.breaks, ""
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


class Members(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = HandClock()
        self.ids = Ids(self.clock)
        self.run(self._open)
        self.asked: list[Subscribe | ChangeCard] = []
        self.challenges: list[str] = []
        self.webhooks: list[Webhook] = []

    async def _open(self) -> None:
        url = f"sqlite:///{Path(self.folder.name)}/billing.db"
        self.db = open_database(url, "matinee.services.billing")
        simulated = Simulated(self.db, self.clock, self.ids, SECRET, random.Random(3))
        self.line = CrashingLine(simulated)
        self.own = CrashingDatabase(self.db)
        self.pages = provider.Service(self.db, self.clock, simulated, SECRET, self._send)
        self.billing = Service(self.own, self.clock, self.ids, self.line)

    async def _send(self, body: bytes, signature: str) -> None:
        self.webhooks.append(Webhook("simulated", body, signature))
        await self.billing.webhook(self.webhooks[-1])

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        async def whole() -> T:
            return await work()

        return self.runner.run(whole())

    def call(self, work: Callable[[], Awaitable[Any]], trouble: str | int = "") -> None:
        self.line.breaks, self.own.fuse = (trouble, 0) if isinstance(trouble, str) else ("", trouble)
        try:
            self.run(work)
        except ChallengeRequired as challenge:
            self.challenges.append(challenge.extra["challenge_url"].rpartition("/")[2].partition("?")[0])
        except (MatineeError, Crash):
            pass
        finally:
            self.line.breaks, self.own.fuse = "", 0

    def rows(self, table: Any) -> Any:
        return self.run(lambda: self.db.read(lambda c: c.execute(select(table)).all()))

    @rule(account=ACCOUNTS, card=CARDS, plan=st.sampled_from(["basic", "premium"]), trouble=TROUBLE)
    def subscribe(self, account: str, card: str, plan: str, trouble: str | int) -> None:
        self.asked.append(Subscribe(f"k{len(self.asked)}", account, "a@b.org", plan, card))
        self._repeat(self.asked[-1], trouble)

    @rule(account=ACCOUNTS, card=CARDS, trouble=TROUBLE)
    def change_card(self, account: str, card: str, trouble: str | int) -> None:
        self.asked.append(ChangeCard(f"k{len(self.asked)}", account, card))
        self._repeat(self.asked[-1], trouble)

    @precondition(lambda self: self.asked)
    @rule(trouble=TROUBLE)
    def repeat_last(self, trouble: str | int) -> None:
        self._repeat(self.asked[-1], trouble)

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), trouble=TROUBLE)
    def repeat(self, data: st.DataObject, trouble: str | int) -> None:
        self._repeat(data.draw(st.sampled_from(self.asked)), trouble)

    def _repeat(self, message: Subscribe | ChangeCard, trouble: str | int) -> None:
        if isinstance(message, Subscribe):
            self.call(lambda: self.billing.subscribe(message), trouble)
        else:
            self.call(lambda: self.billing.change_card(message), trouble)

    @precondition(lambda self: self.challenges)
    @rule(data=st.data(), approve=st.booleans())
    def answer(self, data: st.DataObject, approve: bool) -> None:
        found = data.draw(st.sampled_from(self.challenges))
        self.call(lambda: self.pages.answer_challenge(AnswerChallenge(found, approve)))

    @rule(account=ACCOUNTS, resume=st.booleans())
    def cancel(self, account: str, resume: bool) -> None:
        self.call(lambda: (self.billing.resume if resume else self.billing.cancel)(ByAccount(account)))

    @rule(step=st.sampled_from([31 / 86400, 1 / 24, 1.1, 3.2, 28.0, 31.5, 70.0]))
    def wait(self, step: float) -> None:
        self.clock.calendar += timedelta(days=step)
        self.clock.real += timedelta(days=step)

    @rule(trouble=TROUBLE)
    def to_the_next_renewal(self, trouble: str | int) -> None:
        due = [row.due_at for row in self.rows(tables.subscription) if row.due_at is not None]
        if due:
            later = max(timedelta(0), datetime.fromtimestamp(min(due) / 1000, UTC) - self.clock.calendar)
            self.wait(later / timedelta(days=1))
        self.renew(trouble)

    @rule(trouble=TROUBLE)
    def renew(self, trouble: str | int) -> None:
        self.call(lambda: self.billing.renew_due(RenewDue(limit=2)), trouble)

    @rule()
    def deliver(self) -> None:
        self.call(lambda: self.pages.deliver_webhooks(DeliverWebhooks()))

    @precondition(lambda self: self.webhooks)
    @rule(data=st.data())
    def replay_webhook(self, data: st.DataObject) -> None:
        again = data.draw(st.sampled_from(self.webhooks))
        self.call(lambda: self.billing.webhook(again))

    @invariant()
    def the_ledger_balances(self) -> None:
        balance = self.run(lambda: self.billing.balance(BalanceQuery())).accounts
        assert sum(money.amount for sums in balance.values() for money in sums) == 0
        entries: Counter[str] = Counter()
        for line in self.rows(tables.ledger_line):
            entries[line.entry_id] += line.amount
        assert set(entries.values()) <= {0}

    @invariant()
    def nobody_pays_twice_for_a_period(self) -> None:
        taken = Counter(row.key for row in self.rows(tables.simulated_charge) if row.state == "succeeded")
        periods: Counter[str] = Counter()
        for row in self.rows(tables.charge):
            if row.period_id is not None:
                periods[row.period_id] += taken[row.key]
        assert set(periods.values()) <= {0, 1}
        for period in self.rows(tables.period):
            assert period.state != "paid" or periods[period.id] == 1

    @invariant()
    def periods_neither_overlap_nor_stand_open_together(self) -> None:
        for account in ("acc_1", "acc_2"):
            mine = [row for row in self.rows(tables.period) if row.account_id == account]
            assert sum(row.state == "open" for row in mine) <= 1
            paid = sorted((row.start_at, row.end_at) for row in mine if row.state == "paid")
            assert all(end <= start for (_, end), (start, _) in pairwise(paid))

    @invariant()
    def what_is_paid_plays_and_nothing_else_for_long(self) -> None:
        now = self.clock.now()
        for account in ("acc_1", "acc_2"):
            ends = [row.end_at for row in self.rows(tables.period) if (row.account_id, row.state) == (account, "paid")]
            end = datetime.fromtimestamp(max(ends) / 1000, UTC) if ends else datetime.min.replace(tzinfo=UTC)
            plays = self.run(lambda account=account: self.billing.entitlement(ByAccount(account))).plays
            assert plays or now >= end
            assert not plays or now < end + GRACE
            with contextlib.suppress(NotSubscribed):
                seen = self.run(lambda account=account: self.billing.subscription(ByAccount(account)))
                kept = seen.status in {Status.ACTIVE, Status.PAST_DUE} and not seen.cancel_at_period_end
                assert plays == (now < end or (kept and now < end + GRACE))

    def teardown(self) -> None:
        """Once all is quiet, what the provider took is what the ledger says."""
        for _ in range(3):
            self.wait(1 / 24)
            self.run(lambda: self.billing.renew_due(RenewDue()))
        taken = sum(row.amount for row in self.rows(tables.simulated_charge) if row.state == "succeeded")
        booked = self.run(lambda: self.billing.balance(BalanceQuery())).accounts["assets:processor"]
        assert sum(money.amount for money in booked) == taken
        self.nobody_pays_twice_for_a_period()
        self.run(self.db.close)
        self.runner.close()
        self.folder.cleanup()


TestMembers = Members.TestCase
TestMembers.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
