"""The billing service: each operation is its noun's."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.backends.sql.announcements import Announcements
from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock
from matinee.runtime.ids import Ids
from matinee.services.billing import contract as c
from matinee.services.billing import plans
from matinee.services.billing.charges import Charges
from matinee.services.billing.checkout import Checkout
from matinee.services.billing.ledger import Ledger
from matinee.services.billing.periods import Periods
from matinee.services.billing.processor import Processor
from matinee.services.billing.renewals import Renewals
from matinee.services.billing.settlement import Settlement
from matinee.services.billing.subscriptions import Subscriptions
from matinee.services.billing.tables import outbox
from matinee.services.billing.turns import Turns
from matinee.services.billing.webhooks import Webhooks


class Service:
    """Implements `contract.Billing`. `offered` are the plans on sale; members keep the plan and price they bought."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        processor: Processor,
        offered: Sequence[c.Plan] = plans.DEFAULT,
    ) -> None:
        turns, announcements = Turns(), Announcements(outbox, "billing", "billing", clock, ids)
        self._plans = list(offered)
        self._ledger = Ledger(db, ids)
        self._periods = Periods(db, clock, ids)
        self._subscriptions = Subscriptions(db, clock, ids, offered, self._periods, announcements)
        charges = Charges(db, clock, ids, processor, Settlement(clock, self._ledger, announcements))
        self._checkout = Checkout(db, clock, processor, self._subscriptions, self._periods, charges, turns)
        self._renewals = Renewals(db, clock, self._periods, charges, announcements, turns)
        self._webhooks = Webhooks(db, clock, processor, charges, turns)

    async def plans(self, message: c.PlansQuery) -> c.Plans:
        del message
        return c.Plans(self._plans)

    async def subscribe(self, message: c.Subscribe) -> c.Subscription:
        return await self._checkout.subscribe(message)

    async def complimentary(self, message: c.Complimentary) -> c.Subscription:
        return await self._subscriptions.complimentary(message)

    async def subscription(self, message: c.ByAccount) -> c.Subscription:
        return await self._subscriptions.of(message)

    async def entitlement(self, message: c.ByAccount) -> c.Entitlement:
        return await self._subscriptions.entitlement(message)

    async def cancel(self, message: c.ByAccount) -> c.Subscription:
        return await self._subscriptions.cancel(message)

    async def resume(self, message: c.ByAccount) -> c.Subscription:
        return await self._subscriptions.resume(message)

    async def change_card(self, message: c.ChangeCard) -> c.Subscription:
        return await self._checkout.change_card(message)

    async def invoices(self, message: c.ByAccount) -> c.Invoices:
        return await self._periods.invoices(message)

    async def webhook(self, message: c.Webhook) -> None:
        await self._webhooks.take(message)

    async def renew_due(self, message: c.RenewDue) -> c.Renewed:
        return await self._renewals.run(message)

    async def balance(self, message: c.BalanceQuery) -> c.Balance:
        del message
        return await self._ledger.balance()
