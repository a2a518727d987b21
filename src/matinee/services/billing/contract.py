"""Billing: plans, subscriptions with their periods, charges, and a double-entry ledger that always balances."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct

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


class AlreadySubscribed(Conflict):
    type, title = "already-subscribed", "A subscription is running already"


class KeyReused(Conflict):
    type, title = "key-reused", "This key was used for another payment request"


class NoSuchChallenge(NotFound):
    type, title = "no-such-challenge", "There is no such payment to confirm"


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
    """Repeats with the same key are the same subscription. `challenge_return` is where the challenge's page leads back. Where
    one is running that another key opened, nothing is charged: that one is the answer, or with `again`, AlreadySubscribed."""

    key: str
    account_id: str
    email: str
    plan: str
    payment_method: str
    coupon: str | None = None
    challenge_return: str = ""
    again: bool = False


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
    """How many were paid and how many failed; `more`: others are due, so ask again at once."""

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
    async def plans(self, message: PlansQuery) -> Plans:
        """Those on sale now."""
        ...

    @operation(idempotent=True, timeout_s=15)
    async def subscribe(self, message: Subscribe) -> Subscription:
        """Charges the first period and opens the subscription, also for an account whose last one has ended.

        Raises CardDeclined, ChallengeRequired, NoSuchPlan, UnknownPaymentMethod, KeyReused, AlreadySubscribed."""
        ...

    @operation(idempotent=True)
    async def complimentary(self, message: Complimentary) -> Subscription:
        """In place of what the account had; nothing open is charged any more. Raises NoSuchPlan."""
        ...

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
    async def balance(self, message: BalanceQuery) -> Balance:
        """Over all accounts zero in each currency, or the books are wrong."""
        ...


class Card(Struct, frozen=True):
    """A card as its owner types it into the provider's own page. It prints nothing of itself, and is never stored."""

    number: Annotated[str, Meta(max_length=40)]
    exp_month: int
    exp_year: int
    cvc: Annotated[str, Meta(max_length=10)]

    def __repr__(self) -> str:
        return "Card(…)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class PaymentMethod(Struct, frozen=True):
    """A token that stands for a card, and what may be shown of it: "Visa •••• 4242"."""

    payment_method: str
    card: str


class TestCardsQuery(Struct, frozen=True):
    pass


class TestCard(Struct, frozen=True):
    """`meaning` says in a few words what the card does."""

    number: str
    meaning: str


class TestCards(Struct, frozen=True):
    cards: list[TestCard]


class ByChallenge(Struct, frozen=True):
    challenge_id: str


class AnswerChallenge(Struct, frozen=True):
    challenge_id: str
    approve: bool


class Challenge(Struct, frozen=True):
    """`state` is `pending`, `approved` or `refused`; an amount of zero confirms a card without a payment. `return_url` is the
    path that its page leads back to, or empty."""

    id: str
    state: str
    amount: Money
    card: str
    return_url: str


class DeliverWebhooks(Struct, frozen=True):
    limit: int = 100


class Delivered(Struct, frozen=True):
    """`failed` deliveries are tried again, later and later."""

    sent: int
    failed: int
    more: bool


class Provider(Protocol):
    """The simulated provider as its own pages and its timer know it."""

    @operation(idempotent=True)
    async def test_cards(self, message: TestCardsQuery) -> TestCards:
        """Every card that the simulated provider knows."""
        ...

    @operation()
    async def tokenize(self, message: Card) -> PaymentMethod:
        """Raises Invalid where the number, the expiry or the CVC cannot be, or is no test card's."""
        ...

    @operation(idempotent=True)
    async def challenge(self, message: ByChallenge) -> Challenge:
        """Raises NoSuchChallenge."""
        ...

    @operation(idempotent=True)
    async def answer_challenge(self, message: AnswerChallenge) -> Challenge:
        """The first answer counts. Raises NoSuchChallenge, and Conflict where the other answer was given before."""
        ...

    @operation(timeout_s=60)
    async def deliver_webhooks(self, message: DeliverWebhooks) -> Delivered:
        """Timer: sends what is due, some of it late, twice and out of order."""
        ...
