from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from conftest import House


BODY = {"email": "grace@example.org", "password": "correct horse", "name": "Grace", "plan": "standard"}


async def sign_up(house: House, key: str, *, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    asked = {**BODY, "payment_method": "pm_card_visa", **body}
    return await house.http().post("/api/signup", json=asked, headers={"Idempotency-Key": key, **(headers or {})})


async def test_the_offer_names_plans_and_the_payment_page(house: House) -> None:
    offer = (await house.http().get("/api/signup/plans")).json()
    assert offer["provider"] == "simulated"
    assert (await house.http().get(offer["payment_page_url"])).headers["content-type"].startswith("text/html")
    assert offer["plans"][1] == {
        "id": "standard",
        "name": "Standard",
        "price": {"amount": 999, "currency": "EUR"},
        "streams": 2,
        "max_height": 1080,
    }


async def test_an_app_gets_a_token_that_logs_it_in(house: House) -> None:
    answer = await sign_up(house, "k1")
    assert answer.status_code == 201, answer.text
    assert "set-cookie" not in answer.headers
    me = (await house.http(answer.json()["access_token"]).get("/api/session")).json()
    assert me["account"]["email"] == "grace@example.org"
    assert me["account"]["id"] == answer.json()["account_id"]
    assert [profile["id"] for profile in me["profiles"]] == [answer.json()["profile_id"]]


@pytest.mark.parametrize("headers", [{"Origin": "http://localhost:8080"}, {"Sec-Fetch-Site": "same-origin"}])
async def test_our_own_page_gets_a_cookie_and_no_token(house: House, headers: dict[str, str]) -> None:
    answer = await sign_up(house, "k1", headers=headers)
    assert answer.json()["access_token"] is None
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("matinee_session=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie
    token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    me = await house.http().get("/api/session", headers={"Cookie": f"matinee_session={token}"})
    assert me.status_code == 200


async def test_over_https_the_cookie_is_secure(house: House) -> None:
    house.door.scheme = "https"
    answer = await sign_up(house, "k1", headers={"Origin": "https://localhost:8080"})
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_page_of_another_site_gets_no_cookie(house: House) -> None:
    answer = await sign_up(house, "k1", headers={"Origin": "http://evil.example"})
    assert "set-cookie" not in answer.headers


async def test_the_same_key_again_is_the_same_account(house: House) -> None:
    first, second = await sign_up(house, "k1"), await sign_up(house, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["account_id"] == second.json()["account_id"]


@pytest.mark.parametrize("change", [{"name": "Other"}, {"password": "another horse"}, {"coupon": "HALF"}])
async def test_the_same_key_with_another_body_is_refused(house: House, change: dict[str, str]) -> None:
    await sign_up(house, "k1")
    answer = await sign_up(house, "k1", **change)
    assert (answer.status_code, answer.json()["type"]) == (409, "idempotency-conflict")


async def test_after_a_decline_a_new_key_goes_on(house: House) -> None:
    declined = await sign_up(house, "k1", payment_method="pm_card_chargeDeclined")
    assert (declined.status_code, declined.json()["type"]) == (402, "card-declined")
    assert declined.json()["code"] == "generic_decline"
    assert (await sign_up(house, "k2")).status_code == 201


async def test_a_challenge_is_answered_and_the_same_key_goes_on(house: House) -> None:
    card = "pm_card_authenticationRequired"
    challenged = await sign_up(house, "k1", payment_method=card)
    assert (challenged.status_code, challenged.json()["type"]) == (402, "challenge-required")
    url = challenged.json()["challenge_url"]
    assert url.startswith("http://localhost:8080/api/payments/simulated/challenges/")
    page = await house.http().get(url)
    assert "9.99 EUR" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert (await house.http().post(url, json={"approve": True})).status_code == 200
    assert (await sign_up(house, "k1", payment_method=card)).status_code == 201


async def test_an_e_mail_with_an_account_is_taken(house: House) -> None:
    await sign_up(house, "k1")
    answer = await sign_up(house, "k2")
    assert (answer.status_code, answer.json()["type"]) == (409, "email-taken")


async def test_a_plan_that_is_not_there(house: House) -> None:
    answer = await sign_up(house, "k1", plan="gold")
    assert (answer.status_code, answer.json()["type"]) == (404, "no-such-plan")
    assert (await sign_up(house, "k2")).status_code == 201


async def test_the_key_is_required(house: House) -> None:
    answer = await house.http().post("/api/signup", json={**BODY, "payment_method": "pm_card_visa"})
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid-request")
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_billing_away_leaves_nothing_half_done(house: House) -> None:
    house.channels["billing"].broken = True
    assert (await sign_up(house, "k1")).status_code == 503
    house.channels["billing"].broken = False
    assert (await sign_up(house, "k1")).status_code == 201


async def test_a_refused_challenge_is_a_declined_card(house: House) -> None:
    card = "pm_card_authenticationRequired"
    challenged = await sign_up(house, "k1", payment_method=card)
    url = challenged.json()["challenge_url"]
    assert (await house.http().post(url, json={"approve": False})).status_code == 200
    answer = await sign_up(house, "k1", payment_method=card)
    assert (answer.status_code, answer.json()["type"]) == (402, "card-declined")
    assert (await house.http().get(f"{url}0")).json()["type"] == "no-such-challenge"


async def test_a_card_typed_into_the_provider_s_page_pays(house: House) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    made = await house.http().post("/api/payments/simulated/tokens", json=card)
    assert (made.status_code, made.json()["card"]) == (201, "Visa •••• 4242")
    assert (await sign_up(house, "k1", payment_method=made.json()["payment_method"])).status_code == 201


async def test_the_page_lists_the_test_cards_and_has_nothing_inline(house: House) -> None:
    cards = (await house.http().get("/api/payments/simulated/cards")).json()["cards"]
    assert "4000000000000002" in {card["number"] for card in cards}
    page = (await house.http().get("/api/payments/simulated/card")).text
    assert "<style" not in page
    assert " on" not in page.replace(" one", "")
    for part in ("page.css", "card.js", "challenge.js"):
        assert (await house.http().get(f"/api/payments/simulated/{part}")).status_code == 200


@pytest.mark.parametrize(
    "change", [{"number": "4242"}, {"number": "4242424242424241"}, {"exp_month": 13}, {"cvc": "x"}]
)
async def test_a_card_that_cannot_be_is_refused(house: House, change: dict[str, Any]) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123", **change}
    answer = await house.http().post("/api/payments/simulated/tokens", json=card)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid-request")


async def test_a_webhook_with_a_wrong_signature_is_refused(house: House) -> None:
    answer = await house.http().post(
        "/api/payments/webhooks/simulated", content=b"{}", headers={"Stripe-Signature": "t=1,v1=0"}
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "bad-signature")
