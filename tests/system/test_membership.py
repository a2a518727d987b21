"""Membership by the calendar, through the public API, with a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from house import House, Member, eventually, matinee

DAY = 86_400


@pytest.fixture(scope="module")
def calendar_house(short_film: Path) -> Iterator[House]:
    built = House(None, "--test-clock")
    try:
        built.start()
        built.add(short_film, "Steady")
        yield built
    finally:
        built.close()


def advance(house: House, days: float) -> datetime:
    answer = house.owner().post("/api/operations/clock", json={"advance_s": int(days * DAY)})
    assert answer.status_code == 200, answer.text
    return datetime.fromisoformat(answer.json()["now"])


def subscription(member: Member) -> dict[str, Any]:
    answer = member.get("/api/account")
    assert answer.status_code == 200, answer.text
    return answer.json()["subscription"]


def status_is(member: Member, status: str) -> dict[str, Any]:
    return eventually(lambda: (now := subscription(member))["status"] == status and now, 20)


def plays(house: House, member: Member) -> tuple[int, str]:
    title = next(each for each in house.owner().studio_titles() if each["title"] == "Steady")
    answer = member.try_to_play(title["id"])
    if answer.status_code == 201:
        member.http.delete(f"/api/play/sessions/{answer.json()['session_id']}")
    return answer.status_code, answer.json().get("type", "")


def test_a_month_passes_and_the_subscription_is_renewed(calendar_house: House) -> None:
    member = calendar_house.sign_up()
    first = subscription(member)
    assert first["status"] == "active"
    now = advance(calendar_house, 32)

    def renewed() -> bool:
        return datetime.fromisoformat(subscription(member)["paid_through"]) > now

    eventually(renewed, 20)
    invoices = member.get("/api/account/invoices").json()["invoices"]
    assert [invoice["status"] for invoice in invoices] == ["paid", "paid"]
    assert invoices[1]["period_end"] == invoices[0]["period_start"] == first["paid_through"]
    assert plays(calendar_house, member)[0] == 201


def test_a_renewal_that_fails_plays_for_three_days_of_grace(calendar_house: House) -> None:
    member = calendar_house.sign_up(payment_method="pm_card_chargeCustomerFail")
    first = subscription(member)
    assert first["status"] == "active"
    until = datetime.fromisoformat(first["paid_through"])
    now = advance(calendar_house, 0)
    advance(calendar_house, (until - now) / timedelta(days=1) + 0.1)
    late = status_is(member, "past_due")
    assert late["paid_through"] == first["paid_through"]
    assert datetime.fromisoformat(late["plays_until"]) - until == timedelta(days=3)
    assert plays(calendar_house, member)[0] == 201
    advance(calendar_house, 2.7)
    assert plays(calendar_house, member)[0] == 201
    advance(calendar_house, 0.3)
    assert plays(calendar_house, member) == (402, "subscription-required")
    status_is(member, "unpaid")

    paid = member.http.put(
        "/api/account/payment", json={"payment_method": "pm_card_visa"}, headers={"Idempotency-Key": "new-card"}
    )
    assert paid.status_code in {200, 409}, paid.text


def test_who_is_past_due_pays_with_another_card(calendar_house: House) -> None:
    member = calendar_house.sign_up(payment_method="pm_card_chargeCustomerFail")
    now = advance(calendar_house, 0)
    until = datetime.fromisoformat(subscription(member)["paid_through"])
    advance(calendar_house, (until - now) / timedelta(days=1) + 0.1)
    status_is(member, "past_due")
    answer = member.http.put(
        "/api/account/payment", json={"payment_method": "pm_card_visa"}, headers={"Idempotency-Key": "another-card"}
    )
    assert answer.status_code == 200, answer.text
    assert status_is(member, "active")["card"].startswith("Visa")
    assert plays(calendar_house, member)[0] == 201


def test_cancelling_counts_at_the_end_of_the_period_and_can_be_undone(calendar_house: House) -> None:
    member, kept = calendar_house.sign_up(), calendar_house.sign_up()
    for each in (member, kept):
        assert each.post("/api/account/cancel").json()["cancel_at_period_end"] is True
        assert plays(calendar_house, each)[0] == 201
    assert kept.post("/api/account/resume").json()["cancel_at_period_end"] is False
    advance(calendar_house, 32)
    status_is(member, "canceled")
    assert plays(calendar_house, member) == (402, "subscription-required")
    eventually(lambda: len(kept.get("/api/account/invoices").json()["invoices"]) == 2, 20)
    assert subscription(kept)["status"] == "active"
    assert plays(calendar_house, kept)[0] == 201


def test_the_clock_goes_forward_only_and_never_too_far(calendar_house: House) -> None:
    for wrong in (-1, "soon", 10**12, None):
        answer = calendar_house.owner().post("/api/operations/clock", json={"advance_s": wrong})
        assert answer.status_code == 400
        assert "advance_s" in answer.text


def test_without_a_test_clock_there_is_nothing_to_move(house: House) -> None:
    answer = house.owner().post("/api/operations/clock", json={"advance_s": 60})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def admin(house: House, *arguments: str) -> str:
    ran = matinee("admin", *arguments, "--home", house.home)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_forgotten_password_is_set_anew(house: House) -> None:
    member = house.sign_up()
    said = admin(house, "password", member.email)
    new = said.split()[-1]
    eventually(lambda: member.get("/api/session").status_code == 401, 3)  # every login has ended
    old = member.http.post("/api/session", json={"email": member.email, "password": member.password})
    assert old.status_code == 401
    assert house.member(member.email, new).get("/api/session").status_code == 200
    unknown = matinee("admin", "password", "nobody@example.org", "--home", house.home)
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (1, 1)


def test_an_account_is_opened_and_given_roles_by_hand(house: House) -> None:
    said = admin(house, "create", "staff@example.org", "--name", "Staff", "--role", "editor")
    member = house.member("staff@example.org", said.split()[-1])
    assert member.get("/api/session").json()["account"]["roles"] == ["editor"]
    assert subscription(member)["status"] == "active"
    assert member.get("/api/studio/titles").status_code == 200
    assert member.get("/api/operations/appliances").status_code == 403

    assert "operator, support" in admin(house, "grant", "staff@example.org", "operator", "support")
    eventually(lambda: member.get("/api/operations/appliances").status_code == 200, 3)
    eventually(lambda: member.get("/api/studio/titles").status_code == 403, 3)
    assert "no roles" in admin(house, "grant", "staff@example.org")
    eventually(lambda: member.get("/api/operations/appliances").status_code == 403, 3)

    for wrong in (
        ["create", "staff@example.org"],
        ["create", "not an address"],
        ["grant", "nobody@example.org", "editor"],
    ):
        ran = matinee("admin", *wrong, "--home", house.home)
        assert (ran.returncode, len(ran.stderr.splitlines())) == (1, 1), ran.stderr
