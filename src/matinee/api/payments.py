"""The simulated provider's pages and tokens, and the messages that providers send. A card's number passes here and is kept
nowhere: the provider answers it with a token, and the rest of Matinee knows only that."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from matinee.api import simulated
from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.runtime.errors import Conflict, NotFound
from matinee.services.accounts.contract import Confidential
from matinee.services.billing.contract import (
    AnswerChallenge,
    BadSignature,
    ByChallenge,
    Card,
    NoSuchChallenge,
    PaymentMethod,
    Provider,
    TestCards,
    TestCardsQuery,
    Webhook,
)
from matinee.terms.money import Money

_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        "frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


class CardEntry(Confidential, frozen=True):
    """A card as it is typed; digits alone."""

    number: Annotated[str, Meta(pattern=r"^[0-9]{12,19}\Z")]
    exp_month: Annotated[int, Meta(ge=1, le=12)]
    exp_year: Annotated[int, Meta(ge=2000, le=2100)]
    cvc: Annotated[str, Meta(pattern=r"^[0-9]{3,4}\Z")]


class Answer(Struct, frozen=True):
    approve: bool


class Answered(Struct, frozen=True):
    """The path that the challenge leads back to, if any."""

    return_url: str | None = None


@get("/api/payments/simulated/cards", access=Access.PUBLIC)
async def test_cards(clients: Injected[Clients]) -> TestCards:
    """The test cards of the simulated provider, and what each does."""
    return await _provider(clients).test_cards(TestCardsQuery())


@post("/api/payments/simulated/tokens", access=Access.PUBLIC)
async def tokenize(data: JSONBody[CardEntry], clients: Injected[Clients]) -> PaymentMethod:
    """Turn a test card into a payment method. The simulated provider's, called by its own page."""
    return await _provider(clients).tokenize(Card(data.number, data.exp_month, data.exp_year, data.cvc))


@get(
    "/api/payments/simulated/challenges/{challenge_id:str}",
    access=Access.PUBLIC,
    media_type="text/html",
    problems=[NoSuchChallenge],
)
async def challenge_page(challenge_id: FromPath[str], clients: Injected[Clients]) -> Response[bytes]:
    """The page where the card's owner approves or refuses a payment."""
    challenge = await _provider(clients).challenge(ByChallenge(challenge_id))
    page = Template((files(simulated) / "challenge.html").read_text())
    filled = page.substitute(amount=escape(amount(challenge.amount)), card=escape(challenge.card))
    return Response(filled.encode(), media_type=_TYPES["html"], headers=_PAGE)


@post(
    "/api/payments/simulated/challenges/{challenge_id:str}",
    access=Access.PUBLIC,
    status_code=200,
    problems=[NoSuchChallenge, Conflict],
)
async def answer_challenge(challenge_id: FromPath[str], data: JSONBody[Answer], clients: Injected[Clients]) -> Answered:
    """Approve or refuse a payment; the first answer counts."""
    challenge = await _provider(clients).answer_challenge(AnswerChallenge(challenge_id, data.approve))
    return Answered(challenge.return_url or None)


@post("/api/payments/webhooks/{provider:str}", access=Access.PUBLIC, status_code=204, problems=[BadSignature])
async def webhook(
    request: Request[Any, Any, Any],
    provider: FromPath[str],
    clients: Injected[Clients],
    stripe_signature: Annotated[str, HeaderParameter(name="Stripe-Signature", max_length=2000)] = "",
) -> None:
    """A provider tells what became of a payment; late, doubled and out of order is fine."""
    await clients.billing.webhook(Webhook(provider, await request.body(), stripe_signature))


def amount(money: Money) -> str:
    """An amount to read, in a currency of two decimals: "9.99 EUR"."""
    return f"{money.amount // 100}.{money.amount % 100:02d} {money.currency}"


def _provider(clients: Clients) -> Provider:
    if clients.provider is None:
        raise NotFound("Payments are not simulated here")
    return clients.provider


def _file(name: str) -> Response[bytes]:
    kind = name.rpartition(".")[2]
    return Response((files(simulated) / name).read_bytes(), media_type=_TYPES[kind], headers=_PAGE)


def _page(path: str, name: str, summary: str) -> HTTPRouteHandler:
    async def page() -> Response[bytes]:
        return _file(name)

    page.__doc__ = summary
    page.__name__ = name.replace(".", "_")
    return get(path, access=Access.PUBLIC, media_type=_TYPES[name.rpartition(".")[2]])(page)


card_page = _page(
    "/api/payments/simulated/card", "card.html", "The simulated provider's card form, with its test cards."
)
ASSETS = [
    _page(f"/api/payments/simulated/{name}", name, "A part of the simulated provider's pages.")
    for name in ("page.css", "card.js", "challenge.js")
]

ROUTES = [card_page, *ASSETS, test_cards, tokenize, challenge_page, answer_challenge, webhook]
