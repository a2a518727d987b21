"""The simulated provider's test cards: what each does, by number and by token. The numbers and codes are Stripe's."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Behaviour(StrEnum):
    """`ok` pays; `challenge` asks its owner once; `later_fails` pays while its owner is there and fails after; else it is the
    decline code."""

    OK = "ok"
    CHALLENGE = "challenge"
    LATER_FAILS = "later_fails"
    GENERIC = "generic_decline"
    FUNDS = "insufficient_funds"
    EXPIRED = "expired_card"
    LOST = "lost_card"
    STOLEN = "stolen_card"
    CVC = "incorrect_cvc"
    PROCESSING = "processing_error"
    VELOCITY = "card_velocity_exceeded"


class Kind(Struct, frozen=True):
    """A test card. `tokens` stand for it without a page."""

    number: str
    behaviour: Behaviour
    meaning: str
    tokens: tuple[str, ...] = ()
    brand: str = "Visa"


def _declined(number: str, behaviour: Behaviour, meaning: str, name: str) -> Kind:
    return Kind(number, behaviour, meaning, (f"pm_card_chargeDeclined{name}", f"pm_card_visa_chargeDeclined{name}"))


KINDS = (
    Kind("4242424242424242", Behaviour.OK, "Pays", ("pm_card_visa",)),
    Kind("5555555555554444", Behaviour.OK, "Pays", ("pm_card_mastercard",), "Mastercard"),
    _declined("4000000000000002", Behaviour.GENERIC, "Is declined", ""),
    _declined("4000000000009995", Behaviour.FUNDS, "Has too little money", "InsufficientFunds"),
    _declined("4000000000000069", Behaviour.EXPIRED, "Is expired", "ExpiredCard"),
    _declined("4000000000009987", Behaviour.LOST, "Was lost", "LostCard"),
    _declined("4000000000009979", Behaviour.STOLEN, "Was stolen", "StolenCard"),
    _declined("4000000000000127", Behaviour.CVC, "Has another CVC", "IncorrectCvc"),
    _declined("4000000000000119", Behaviour.PROCESSING, "Meets a fault of the bank", "ProcessingError"),
    _declined("4000000000006975", Behaviour.VELOCITY, "Is over its limit", "VelocityLimitExceeded"),
    Kind(
        "4000002760003184",
        Behaviour.CHALLENGE,
        "Asks its owner to confirm (3-D Secure)",
        ("pm_card_authenticationRequired", "pm_card_threeDSecure2Required"),
    ),
    Kind(
        "4000000000000341",
        Behaviour.LATER_FAILS,
        "Pays now and fails at the next renewal",
        ("pm_card_chargeCustomerFail", "pm_card_visa_chargeCustomerFail"),
    ),
)
BY_NUMBER = {kind.number: kind for kind in KINDS}
BY_TOKEN = {token: kind for kind in KINDS for token in kind.tokens}


def luhn(number: str) -> bool:
    """Whether the last digit fits the others (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def shown(brand: str, last4: str) -> str:
    """What may be shown of a card."""
    return f"{brand} •••• {last4}"
