"""Billing: plans, subscriptions with their periods, charges, and a double-entry ledger that always balances."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from matinee.runtime.errors import Conflict, Invalid, NotFound, PaymentRequired
from matinee.runtime.rpc.operation import operation
from matinee.terms.money import Money


class CardDeclined(PaymentRequired):
    """`extra.code` is the provider's decline code: generic_decline, insufficient_funds, expired_card, …"""

    type, title = "card-declined", "The card was declined; try another"


class ChallengeRequired(PaymentRequired):
    """`extra.challenge_url` is the page where the card's owner confirms; the same call again then goes on."""

    type, title = "challenge-required", "The bank asks to confirm this payment"


class SubscriptionRequired(PaymentRequired):
    type, title = "subscription-required", "A running subscription is needed to watch"


class NoSuchPlan(NotFound):
    type, title = "no-such-plan", "There is no such plan"


class UnknownPaymentMethod(Invalid):
    type, title = "unknown-payment-method", "This payment method is unknown; enter the card again"


class BadSignature(Invalid):
    type, title = "bad-signature", "The webhook's signature does not fit"


class NotSubscribed(Conflict):
    type, title = "not-subscribed", "There is no subscription to change"


class Plan(Struct, frozen=True):
    """`streams` at once, pictures up to `max_height` lines, `price` for each month."""

    id: str
    name: str
    price: Money
    streams: int
    max_height: int


class Plans(Struct, frozen=True):
    plans: list[Plan]


class Status(StrEnum):
    """incomplete → active ⇄ past_due → unpaid; active → canceled at the end of its period."""

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"


class Subscription(Struct, frozen=True):
    """`paid_through` is the end of the last paid period; `plays_until` adds the grace of a failed renewal."""

    id: str
    account_id: str
    plan: Plan
    status: Status
    paid_through: datetime
    plays_until: datetime
    cancel_at_period_end: bool
    card: str


class Entitlement(Struct, frozen=True):
    """What the account may watch now: nothing while `plays` is False."""

    plays: bool
    streams: int
    max_height: int


class Subscribe(Struct, frozen=True):
    """Repeats with the same key are the same subscription. `challenge_return` is where the challenge's page leads back."""

    key: str
    account_id: str
    email: str
    plan: str
    payment_method: str
    coupon: str | None = None
    challenge_return: str = ""


class ByAccount(Struct, frozen=True):
    account_id: str


class PlansQuery(Struct, frozen=True):
    pass


class ChangeCard(Struct, frozen=True):
    """Repeats with the same key are one change; a past due subscription is charged at once."""

    key: str
    account_id: str
    payment_method: str


class Invoice(Struct, frozen=True):
    """One period: `open` until it is paid, then `paid`, or `void` when the subscription ended unpaid."""

    id: str
    number: int
    plan: str
    price: Money
    status: str
    period_start: datetime
    period_end: datetime
    paid_at: datetime | None


class Invoices(Struct, frozen=True):
    invoices: list[Invoice]


class Webhook(Struct, frozen=True):
    """A provider's message as it came: the raw body and its signature header."""

    provider: str
    body: bytes
    signature: str


class RenewDue(Struct, frozen=True):
    """Renews at most `limit` subscriptions that are due now."""

    limit: int = 500


class Renewed(Struct, frozen=True):
    renewed: int
    failed: int
    more: bool


class Complimentary(Struct, frozen=True):
    """A subscription that costs nothing and never ends: staff, a demo."""

    account_id: str
    plan: str


class BalanceQuery(Struct, frozen=True):
    pass


class Balance(Struct, frozen=True):
    """The sum of all ledger lines by ledger account; over all of them it is zero in each currency."""

    accounts: dict[str, list[Money]]


class Billing(Protocol):
    @operation(idempotent=True)
    async def plans(self, message: PlansQuery) -> Plans: ...

    @operation(idempotent=True, timeout_s=15)
    async def subscribe(self, message: Subscribe) -> Subscription:
        """Charges the first period and opens the subscription.

        Raises CardDeclined, ChallengeRequired, NoSuchPlan, UnknownPaymentMethod."""
        ...

    @operation(idempotent=True)
    async def complimentary(self, message: Complimentary) -> Subscription: ...

    @operation(idempotent=True)
    async def subscription(self, message: ByAccount) -> Subscription:
        """Raises NotSubscribed."""
        ...

    @operation(idempotent=True)
    async def entitlement(self, message: ByAccount) -> Entitlement:
        """Never raises for an account without a subscription: it plays nothing."""
        ...

    @operation(idempotent=True)
    async def cancel(self, message: ByAccount) -> Subscription:
        """At the end of the period; until then nothing changes. Raises NotSubscribed."""
        ...

    @operation(idempotent=True)
    async def resume(self, message: ByAccount) -> Subscription:
        """Undoes `cancel` while the period runs. Raises NotSubscribed."""
        ...

    @operation(idempotent=True, timeout_s=15)
    async def change_card(self, message: ChangeCard) -> Subscription:
        """Raises NotSubscribed, CardDeclined, ChallengeRequired, UnknownPaymentMethod."""
        ...

    @operation(idempotent=True)
    async def invoices(self, message: ByAccount) -> Invoices:
        """Newest first."""
        ...

    @operation(idempotent=True)
    async def webhook(self, message: Webhook) -> None:
        """Late, doubled and out of order are the rule. Raises BadSignature."""
        ...

    @operation(idempotent=True, timeout_s=60)
    async def renew_due(self, message: RenewDue) -> Renewed:
        """Timer: renews what is due, ends what was cancelled or stayed unpaid after its grace."""
        ...

    @operation(idempotent=True)
    async def balance(self, message: BalanceQuery) -> Balance: ...
