"""Sign-up: an account, its first payment and its first login, or nothing. The saga's row lives in accounts."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct

from matinee.api import cookie
from matinee.api.clients import Clients, Injected
from matinee.api.optional import optional
from matinee.api.viewer import Access, Origin
from matinee.runtime.errors import Invalid, MatineeError, NotFound
from matinee.services.accounts.contract import (
    BeginSignup,
    Confidential,
    Email,
    EmailTaken,
    EndSignup,
    IdempotencyConflict,
    Key,
    LoggedIn,
    Name,
    Password,
    Signup,
    SignupState,
)
from matinee.services.billing.contract import (
    ByAccount,
    CardDeclined,
    ChallengeRequired,
    KeyReused,
    NoSuchPlan,
    Plan,
    PlansQuery,
    Subscribe,
    UnknownPaymentMethod,
)

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+\Z",
        description="Unique to this attempt; the same key with the same body is answered as before.",
    ),
]


class Offer(Struct, frozen=True):
    """The plans, and the page where a card becomes a payment method, where the provider is the simulated one."""

    plans: list[Plan]
    provider: str
    payment_page_url: str | None


class Enrolment(Confidential, frozen=True):
    email: Email
    password: Password
    name: Name
    plan: Annotated[str, Meta(min_length=1, max_length=60)]
    payment_method: Annotated[str, Meta(min_length=1, max_length=255)]
    coupon: Annotated[str, Meta(max_length=60)] | None = None


class Enrolled(Confidential, frozen=True):
    """`access_token` is null where the answer set a cookie."""

    account_id: str
    profile_id: str
    access_token: str | None


@get("/api/signup/plans", access=Access.PUBLIC)
async def plans(clients: Injected[Clients]) -> Offer:
    """The plans to choose from."""
    found = await clients.billing.plans(PlansQuery())
    if clients.provider is None:
        return Offer(found.plans, "stripe", None)
    return Offer(found.plans, "simulated", "/api/payments/simulated/card")


@post(
    "/api/signup",
    access=Access.PUBLIC,
    problems=[
        CardDeclined,
        ChallengeRequired,
        EmailTaken,
        IdempotencyConflict,
        KeyReused,
        NoSuchPlan,
        UnknownPaymentMethod,
    ],
)
async def sign_up(
    request: Request[Any, Any, Any],
    data: JSONBody[Enrolment],
    key: IdempotencyKey,
    clients: Injected[Clients],
    origin: Injected[Origin],
) -> Response[Enrolled]:
    """Open an account, pay for it and log in."""
    signup = await clients.accounts.begin_signup(await _beginning(data, key, origin))
    if signup.state is not SignupState.FINISHED:
        await _pay(clients, signup, data, origin)
    device = request.headers.get("user-agent", "")[:200]
    opened = await _open(clients, signup, device)
    return _welcome(opened, signup, origin, ours=cookie.from_our_page(request, origin))


async def _open(clients: Clients, signup: Signup, device: str) -> LoggedIn:
    """Where another sign-up of the same e-mail was paid for first, this one's subscription is not renewed."""
    try:
        opened = await clients.accounts.end_signup(EndSignup(signup.key, paid=True, device=device))
    except EmailTaken:
        await optional("cancellation", clients.billing.cancel(ByAccount(signup.account_id)))
        raise
    if opened is None:
        raise MatineeError
    return opened


async def _beginning(data: Enrolment, key: Key, origin: Origin) -> BeginSignup:
    fingerprint = await asyncio.to_thread(_fingerprint, data, key)
    return BeginSignup(key, fingerprint, data.email, data.password, data.name, data.plan, origin.territory)


def _fingerprint(data: Enrolment, key: str) -> str:
    """SHA-256 of the whole body. The password goes into it stretched, so that the stored value is no short way to guess it."""
    stretched = hashlib.scrypt(data.password.encode(), salt=key.encode(), n=1 << 12, r=8, p=1).hex()
    body = msgspec.structs.replace(data, password=stretched)
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


async def _pay(clients: Clients, signup: Signup, data: Enrolment, origin: Origin) -> None:
    """Charges the first period. A refusal ends this sign-up, a challenge leaves it to be gone on with."""
    charge = Subscribe(signup.key, signup.account_id, data.email, data.plan, data.payment_method, data.coupon)
    try:
        await clients.billing.subscribe(charge)
    except ChallengeRequired as challenge:
        raise public_challenge(challenge, origin) from challenge
    except (CardDeclined, Invalid, NotFound):
        await clients.accounts.end_signup(EndSignup(signup.key, paid=False))
        raise


def public_challenge(challenge: ChallengeRequired, origin: Origin) -> ChallengeRequired:
    """The challenge with its page's whole URL."""
    url = str(challenge.extra.get("challenge_url", ""))
    url = origin.base + url if url.startswith("/") else url
    return ChallengeRequired(challenge.detail, **{**challenge.extra, "challenge_url": url})


def _welcome(opened: LoggedIn, signup: Signup, origin: Origin, *, ours: bool) -> Response[Enrolled]:
    profile_id = opened.profiles[0].id if opened.profiles else signup.profile_id
    enrolled = Enrolled(opened.account.id, profile_id, None if ours else opened.token)
    return Response(enrolled, status_code=201, cookies=cookie.session(opened.token, origin) if ours else [])


ROUTES = [plans, sign_up]
