from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from conftest import House

PASSWORD = "correct horse"


LOG_IN = {"email": "ada@example.org", "password": PASSWORD}


async def test_logging_in_and_out(house: House) -> None:
    await house.member()
    answer = await house.http().post("/api/session", json={**LOG_IN, "device": "Television"})
    assert answer.status_code == 201, answer.text
    http = house.http(answer.json()["access_token"])
    me = (await http.get("/api/session")).json()
    assert me["profile"] is None
    assert me["account"]["email"] == "ada@example.org"
    assert (await http.delete("/api/session")).status_code == 204
    assert (await http.get("/api/session")).status_code == 401


async def test_a_wrong_password(house: House) -> None:
    await house.member()
    answer = await house.http().post("/api/session", json={**LOG_IN, "password": "wrong horse"})
    assert (answer.status_code, answer.json()["type"]) == (401, "wrong-password")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_our_own_page_logs_out_of_its_cookie(house: House) -> None:
    await house.member()
    ours = {"Origin": "http://localhost:8080"}
    answer = await house.http().post("/api/session", json=LOG_IN, headers=ours)
    assert answer.json()["access_token"] is None
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    gone = await house.http().delete("/api/session", headers=cookie)
    assert gone.status_code == 204
    assert "max-age=0" in gone.headers["set-cookie"].lower()
    assert (await house.http().get("/api/session", headers=cookie)).status_code == 401


async def test_without_a_profile_discovery_asks_for_one(house: House) -> None:
    member = await house.member(chosen=False)
    answer = await member.http.get("/api/discovery/home")
    assert (answer.status_code, answer.json()["type"]) == (403, "profile-required")
    chosen = await member.http.post("/api/session/profile", json={"profile_id": member.profile_id})
    assert chosen.json()["id"] == member.profile_id
    assert (await member.http.get("/api/discovery/home")).status_code == 200


async def test_a_pin_opens_a_locked_profile(house: House) -> None:
    member = await house.member()
    made = await member.http.post("/api/profiles", json={"name": "Locked", "pin": "1234"})
    assert (made.status_code, made.json()["locked"]) == (201, True)
    choose = {"profile_id": made.json()["id"]}
    wrong = await member.http.post("/api/session/profile", json={**choose, "pin": "0000"})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "wrong-pin")
    assert (await member.http.post("/api/session/profile", json={**choose, "pin": "1234"})).status_code == 200


async def test_a_profile_with_an_age_limit_changes_nothing_of_the_household(house: House) -> None:
    member = await house.member()
    child = (await member.http.post("/api/profiles", json={"name": "Kid", "maturity": 7})).json()
    await member.http.post("/api/session/profile", json={"profile_id": child["id"]})
    refused = [
        await member.http.post("/api/profiles", json={"name": "More"}),
        await member.http.patch(f"/api/profiles/{child['id']}", json={"maturity": 18}),
        await member.http.delete(f"/api/profiles/{member.profile_id}"),
        await member.http.post("/api/account/cancel"),
        await subscribe(member.http, "k"),
        await member.http.put("/api/account/payment", json={"payment_method": "x"}, headers={"Idempotency-Key": "k"}),
    ]
    assert {(each.status_code, each.json()["type"]) for each in refused} == {(403, "profile-locked")}


async def test_profiles_are_made_changed_and_removed(house: House) -> None:
    member = await house.member()
    made = (await member.http.post("/api/profiles", json={"name": "Bo", "maturity": 13, "avatar": 3})).json()
    changed = await member.http.patch(f"/api/profiles/{made['id']}", json={"name": "Bea"})
    assert changed.json() == {**made, "name": "Bea"}
    assert {each["name"] for each in (await member.http.get("/api/profiles")).json()["profiles"]} == {"Ada", "Bea"}
    assert (await member.http.delete(f"/api/profiles/{made['id']}")).status_code == 204
    gone = await member.http.patch(f"/api/profiles/{made['id']}", json={"name": "X"})
    assert (gone.status_code, gone.json()["type"]) == (404, "no-such-profile")


async def test_another_household_s_profile_is_not_found(house: House) -> None:
    member, other = await house.member(), await house.member("bob@example.org")
    answer = await other.http.patch(f"/api/profiles/{member.profile_id}", json={"name": "Mine"})
    assert answer.status_code == 404
    assert (await other.http.post("/api/session/profile", json={"profile_id": member.profile_id})).status_code == 404


async def test_a_device_is_logged_out_from_afar(house: House) -> None:
    member = await house.member()
    lost = (await house.http().post("/api/session", json={**LOG_IN, "device": "Lost phone"})).json()["access_token"]
    devices = (await member.http.get("/api/devices")).json()["devices"]
    assert {(each["device"], each["current"]) for each in devices} == {("test", True), ("Lost phone", False)}
    phone = next(each for each in devices if not each["current"])
    assert (await member.http.delete(f"/api/devices/{phone['id']}")).status_code == 204
    assert (await house.http(lost).get("/api/session")).status_code == 401


async def test_another_account_s_device_is_not_found(house: House) -> None:
    member, other = await house.member(), await house.member("bob@example.org")
    mine = (await member.http.get("/api/devices")).json()["devices"][0]["id"]
    assert (await other.http.delete(f"/api/devices/{mine}")).status_code == 404
    assert (await member.http.get("/api/session")).status_code == 200


async def test_the_account_shows_what_it_pays_and_changes_it(house: House) -> None:
    asked = {**LOG_IN, "name": "Ada", "plan": "standard", "payment_method": "pm_card_visa"}
    signed_up = await house.http().post("/api/signup", json=asked, headers={"Idempotency-Key": "k"})
    http = house.http(signed_up.json()["access_token"])
    account = (await http.get("/api/account")).json()
    assert account["subscription"]["plan"]["id"] == "standard"
    invoices = (await http.get("/api/account/invoices")).json()["invoices"]
    assert [(each["status"], each["price"]) for each in invoices] == [("paid", {"amount": 999, "currency": "EUR"})]
    cancelled = await http.post("/api/account/cancel")
    assert (cancelled.status_code, cancelled.json()["cancel_at_period_end"]) == (200, True)
    assert (await http.post("/api/account/resume")).json()["cancel_at_period_end"] is False
    card = await http.put(
        "/api/account/payment", json={"payment_method": "pm_card_mastercard"}, headers={"Idempotency-Key": "k"}
    )
    assert card.json()["card"] == "Mastercard •••• 4444"


async def signed_up(house: House) -> httpx.AsyncClient:
    asked = {**LOG_IN, "name": "Ada", "plan": "standard", "payment_method": "pm_card_visa"}
    answer = await house.http().post("/api/signup", json=asked, headers={"Idempotency-Key": "k"})
    return house.http(answer.json()["access_token"])


async def subscribe(http: httpx.AsyncClient, key: str, card: str = "pm_card_visa", plan: str = "basic") -> Any:
    body = {"plan": plan, "payment_method": card}
    return await http.post("/api/account/subscription", json=body, headers={"Idempotency-Key": key})


async def test_who_left_subscribes_again(house: House) -> None:
    http = await signed_up(house)
    refused = await subscribe(http, "too-early")
    assert (refused.status_code, refused.json()["type"]) == (409, "already-subscribed")
    assert (await http.post("/api/account/cancel")).status_code == 200
    house.clock.advance(timedelta(days=32))
    again = await subscribe(http, "again")
    assert (again.status_code, again.json()["status"]) == (201, "active"), again.text
    assert (again.json()["plan"]["id"], again.json()["cancel_at_period_end"]) == ("basic", False)
    assert (await subscribe(http, "again")).json() == again.json()
    assert (await http.get("/api/account")).json()["subscription"] == again.json()
    invoices = (await http.get("/api/account/invoices")).json()["invoices"]
    assert [(each["status"], each["plan"]) for each in invoices] == [("paid", "basic"), ("paid", "standard")]
    other = await subscribe(http, "again", plan="premium")
    assert (other.status_code, other.json()["type"]) == (409, "key-reused")


async def test_subscribing_again_with_a_card_that_does_not_pay(house: House) -> None:
    member = await house.member(plays=False)
    declined = await subscribe(member.http, "one", "pm_card_chargeDeclined")
    assert (declined.status_code, declined.json()["type"]) == (402, "card-declined")
    challenged = await subscribe(member.http, "two", "pm_card_authenticationRequired")
    assert (challenged.status_code, challenged.json()["type"]) == (402, "challenge-required")
    url = challenged.json()["challenge_url"].partition("?")[0]
    assert url.startswith("http://localhost:8080/api/payments/")
    assert (await house.http().post(url, json={"approve": True})).status_code == 200
    paid = await subscribe(member.http, "two", "pm_card_authenticationRequired")
    assert (paid.status_code, paid.json()["status"]) == (201, "active"), paid.text
    assert (await subscribe(member.http, "three")).json()["type"] == "already-subscribed"


async def test_what_is_no_plan_or_no_card_or_has_no_key_subscribes_nobody(house: House) -> None:
    member = await house.member(plays=False)
    assert (await subscribe(member.http, "a", plan="gold")).json()["type"] == "no-such-plan"
    assert (await subscribe(member.http, "b", "pm_nonsense")).json()["type"] == "unknown-payment-method"
    keyless = await member.http.post("/api/account/subscription", json={"plan": "basic", "payment_method": "pm"})
    assert (keyless.status_code, keyless.json()["field"]) == (400, "Idempotency-Key")
    assert (await member.http.get("/api/account")).json()["subscription"] is None


async def test_an_account_without_a_subscription(house: House) -> None:
    member = await house.member(plays=False)
    assert (await member.http.get("/api/account")).json()["subscription"] is None
    answer = await member.http.post("/api/account/cancel")
    assert (answer.status_code, answer.json()["type"]) == (409, "not-subscribed")


async def test_a_passport_that_has_run_out_counts_no_more(house: House) -> None:
    member = await house.member()
    assert (await member.http.get("/api/session")).status_code == 200
    house.clock.advance(timedelta(minutes=10))
    assert (await member.http.get("/api/session")).status_code == 200
