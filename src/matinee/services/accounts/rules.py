"""The rules of accounts: pure, of values and times given."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from matinee.runtime.errors import Invalid
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Role

M = TypeVar("M", bound=Struct)

MOST_PROFILES = 5
LOGIN_LIFE = timedelta(days=90)
LOGIN_TOUCH = timedelta(minutes=10)
"""How stale `last_seen_at` may be: a write a login and ten minutes, not one a request."""
PASSPORT_LIFE = timedelta(seconds=60)
SIGNUP_LIFE = timedelta(hours=23)
"""An hour under the 24 for which a payment provider remembers an idempotency key."""
SIGNUP_STALLED = timedelta(minutes=10)
SIGNUP_KEPT = timedelta(hours=48)
UNPAID_SIGNUP_KEPT = timedelta(days=30)
REVOCATION_KEPT = timedelta(days=7)
ATTEMPT_WINDOW = timedelta(minutes=15)
MOST_PASSWORDS = 10
MOST_PINS = 5
MOST_RIVALS = 5
"""Unfinished sign-ups of one e-mail whose password is compared: each costs a hash, and anyone can make them."""


def checked(message: M) -> M:
    """The message, when it keeps to its contract. Raises Invalid, naming the field, where it does not."""
    try:
        return msgspec.convert(msgspec.to_builtins(message), type(message))
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from error


def folded(email: str) -> str:
    """The e-mail as it is compared: canonical caseless matching (Unicode 3.13, D145), composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", unicodedata.normalize("NFD", email).casefold()))


def composed(secret: str) -> str:
    """A password as it is hashed: keyboards differ in how they send an accent."""
    return unicodedata.normalize("NFC", secret)


def sha256(value: str) -> str:
    """In hex. For random tokens and for e-mails, never for passwords."""
    return hashlib.sha256(value.encode()).hexdigest()


def roles_text(roles: frozenset[Role]) -> str:
    """Roles as a table holds them."""
    return " ".join(sorted(roles))


def roles_of(text: str) -> frozenset[Role]:
    """The inverse of `roles_text`."""
    return frozenset(Role(word) for word in text.split())


def lapsed(started_at: datetime, now: datetime) -> bool:
    """Whether an unfinished sign-up begun then counts no more, or a finished one answers its key no more."""
    return now - started_at >= SIGNUP_LIFE


class Bearer(Struct, frozen=True):
    """What a passport says of a login. `maturity` is None while no profile is chosen."""

    account_id: str
    login: str
    profile_id: str | None
    roles: frozenset[Role]
    maturity: Maturity | None
    home_territory: str


def passport_claims(bearer: Bearer, jti: str, now: datetime) -> dict[str, Any]:
    """The claims of a passport (RFC 7519), for the API only."""
    at = int(now.timestamp())
    return {
        "iss": "matinee/accounts",
        "aud": "matinee/api",
        "sub": bearer.account_id,
        "sid": bearer.login,
        "pid": bearer.profile_id,
        "roles": sorted(bearer.roles),
        "mat": int(Maturity.ALL if bearer.maturity is None else bearer.maturity),
        "home": bearer.home_territory,
        "iat": at,
        "exp": at + int(PASSPORT_LIFE.total_seconds()),
        "jti": jti,
    }
