"""Logging in and out, choosing a profile, and what the household pays."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post, put
from litestar.params import JSONBody
from msgspec import Meta, Struct

from matinee.api import cookie
from matinee.api.clients import Clients, Injected
from matinee.api.signup import IdempotencyKey, public_challenge
from matinee.api.viewer import Access, Origin
from matinee.runtime.errors import RateLimited
from matinee.services.accounts.contract import (
    Account,
    BindProfile,
    ByAccount,
    Confidential,
    EndLogin,
    LogIn,
    NoSuchProfile,
    Pin,
    Profile,
    WrongPassword,
    WrongPin,
)
from matinee.services.billing import contract as billing
from matinee.services.playback.contract import CloseAll
from matinee.terms.viewer import Viewer


class Credentials(Confidential, frozen=True):
    """`device` names the login in the list of devices; the User-Agent where it is missing."""

    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=256)]
    device: Annotated[str, Meta(max_length=200)] = ""


class Welcome(Confidential, frozen=True):
    """`access_token` is null where the answer set a cookie."""

    access_token: str | None
    account: Account
    profiles: list[Profile]


class WhoAmI(Struct, frozen=True):
    account: Account
    profile: Profile | None
    profiles: list[Profile]


class Choice(Confidential, frozen=True):
    profile_id: Annotated[str, Meta(max_length=64)]
    pin: Pin | None = None


class Membership(Struct, frozen=True):
    account: Account
    subscription: billing.Subscription | None


class NewSubscription(Struct, frozen=True):
    """`payment_method` as at the sign-up."""

    plan: Annotated[str, Meta(min_length=1, max_length=60)]
    payment_method: Annotated[str, Meta(min_length=1, max_length=255)]


class NewCard(Struct, frozen=True):
    payment_method: Annotated[str, Meta(min_length=1, max_length=255)]


@post("/api/session", access=Access.PUBLIC, problems=[WrongPassword, RateLimited])
async def log_in(
    request: Request[Any, Any, Any], data: JSONBody[Credentials], clients: Injected[Clients], origin: Injected[Origin]
) -> Response[Welcome]:
    """Log in with e-mail and password."""
    device = data.device or request.headers.get("user-agent", "")[:200]
    opened = await clients.accounts.log_in(LogIn(data.email, data.password, device))
    ours = cookie.from_our_page(request, origin)
    welcome = Welcome(None if ours else opened.token, opened.account, opened.profiles)
    return Response(welcome, status_code=201, cookies=cookie.session(opened.token, origin) if ours else [])


@get("/api/session", access=Access.MEMBER)
async def who_am_i(clients: Injected[Clients], viewer: Injected[Viewer]) -> WhoAmI:
    """The account that is logged in, its profiles and the one chosen."""
    household = await clients.accounts.household(ByAccount(viewer.account_id))
    chosen = next((profile for profile in household.profiles if profile.id == viewer.profile_id), None)
    return WhoAmI(household.account, chosen, household.profiles)


@delete("/api/session", access=Access.MEMBER, status_code=204)
async def log_out(clients: Injected[Clients], viewer: Injected[Viewer], origin: Injected[Origin]) -> Response[None]:
    """Log out; what this login plays ends."""
    await end_login(clients, viewer.account_id, viewer.login)
    return Response(None, status_code=204, cookies=cookie.no_session(origin))


@post(
    "/api/session/profile",
    access=Access.MEMBER,
    status_code=200,
    problems=[NoSuchProfile, WrongPin, RateLimited],
)
async def choose_profile(data: JSONBody[Choice], clients: Injected[Clients], viewer: Injected[Viewer]) -> Profile:
    """Choose who watches with this login."""
    return await clients.accounts.bind_profile(BindProfile(viewer.account_id, viewer.login, data.profile_id, data.pin))


@get("/api/account", access=Access.MEMBER)
async def membership(clients: Injected[Clients], viewer: Injected[Viewer]) -> Membership:
    """The account and its subscription."""
    household = await clients.accounts.household(ByAccount(viewer.account_id))
    try:
        subscription = await clients.billing.subscription(billing.ByAccount(viewer.account_id))
    except billing.NotSubscribed:
        subscription = None
    return Membership(household.account, subscription)


@get("/api/account/invoices", access=Access.MEMBER)
async def invoices(clients: Injected[Clients], viewer: Injected[Viewer]) -> billing.Invoices:
    """What was charged, newest first."""
    return await clients.billing.invoices(billing.ByAccount(viewer.account_id))


@post(
    "/api/account/subscription",
    access=Access.GUARDIAN,
    problems=[
        billing.AlreadySubscribed,
        billing.CardDeclined,
        billing.ChallengeRequired,
        billing.KeyReused,
        billing.NoSuchPlan,
        billing.UnknownPaymentMethod,
    ],
)
async def subscribe(
    data: JSONBody[NewSubscription],
    key: IdempotencyKey,
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    origin: Injected[Origin],
) -> billing.Subscription:
    """Subscribe again once the last subscription has ended; the first period is charged at once."""
    household = await clients.accounts.household(ByAccount(viewer.account_id))
    known = f"{viewer.account_id}:{key}"
    email, method = household.account.email, data.payment_method
    wish = billing.Subscribe(known, viewer.account_id, email, data.plan, method, again=True)
    try:
        return await clients.billing.subscribe(wish)
    except billing.ChallengeRequired as challenge:
        raise public_challenge(challenge, origin) from challenge


@post("/api/account/cancel", access=Access.GUARDIAN, status_code=200, problems=[billing.NotSubscribed])
async def cancel(clients: Injected[Clients], viewer: Injected[Viewer]) -> billing.Subscription:
    """Cancel at the end of the paid period."""
    return await clients.billing.cancel(billing.ByAccount(viewer.account_id))


@post("/api/account/resume", access=Access.GUARDIAN, status_code=200, problems=[billing.NotSubscribed])
async def resume(clients: Injected[Clients], viewer: Injected[Viewer]) -> billing.Subscription:
    """Take a cancellation back while the period runs."""
    return await clients.billing.resume(billing.ByAccount(viewer.account_id))


@put(
    "/api/account/payment",
    access=Access.GUARDIAN,
    problems=[
        billing.NotSubscribed,
        billing.CardDeclined,
        billing.ChallengeRequired,
        billing.UnknownPaymentMethod,
        billing.KeyReused,
    ],
)
async def change_card(
    data: JSONBody[NewCard],
    key: IdempotencyKey,
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    origin: Injected[Origin],
) -> billing.Subscription:
    """Pay with another card from now on; what is overdue is charged at once."""
    change = billing.ChangeCard(f"{viewer.account_id}:{key}", viewer.account_id, data.payment_method)
    try:
        return await clients.billing.change_card(change)
    except billing.ChallengeRequired as challenge:
        raise public_challenge(challenge, origin) from challenge


async def end_login(clients: Clients, account_id: str, login: str) -> None:
    """Ends a login and what it plays. Raises NotFound when it is not this account's."""
    await clients.accounts.end_login(EndLogin(account_id, login))
    await clients.playback.close_all(CloseAll(login=login))


ROUTES = [log_in, who_am_i, log_out, choose_profile, membership, invoices, subscribe, cancel, resume, change_card]
