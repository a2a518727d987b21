"""The processor port: who moves the money."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from matinee.runtime.errors import Unavailable
from matinee.terms.money import Money


class InFlight(Unavailable):
    type, title = "payment-in-flight", "This payment is being made; ask again in a moment"


class Verdict(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CHALLENGED = "challenged"


class Order(Struct, frozen=True):
    """A charge to make. `key` is its idempotency key; `present` says that the card's owner is there to answer a challenge, whose
    page leads back to `return_url`. An amount of zero proves the card and moves nothing."""

    key: str
    account_id: str
    payment_method: str
    amount: Money
    present: bool
    return_url: str = ""


class Outcome(Struct, frozen=True):
    """`code` says why it failed, `challenge_url` where the card's owner confirms (a path where the page is ours)."""

    verdict: Verdict
    reference: str
    code: str = ""
    challenge_url: str = ""


class Notice(Struct, frozen=True):
    """A webhook, verified: something happened to the charge of this key. It says when to ask, never what to believe."""

    id: str
    key: str


class Processor(Protocol):
    name: str

    async def describe(self, payment_method: str) -> str:
        """What may be shown of the card: "Visa •••• 4242". Raises UnknownPaymentMethod."""
        ...

    async def charge(self, order: Order) -> Outcome:
        """Makes the charge, or answers as the first time where the key is known; a challenge that was answered meanwhile goes on.

        Raises InFlight while the same key is at work, KeyReused where it was used for another order. After any other error
        the outcome is unknown: `find` tells.
        """
        ...

    async def find(self, key: str) -> Outcome | None:
        """What became of the charge of this key, however old; None where it never arrived. Raises InFlight."""
        ...

    def verify(self, body: bytes, signature: str) -> Notice:
        """Raises BadSignature."""
        ...
