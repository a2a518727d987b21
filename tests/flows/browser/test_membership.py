"""From a stranger to a member, with good cards and bad ones; what a profile's limit and a plan's limit mean."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FrameLocator, Page, Request, expect

if TYPE_CHECKING:
    from conftest import Films, House, Person, Player, Visits

pytestmark = pytest.mark.browser

GOOD, DECLINED, CHALLENGED = "4242424242424242", "4000000000009995", "4000002760003184"


def to_the_card(page: Page, email: str, plan: str = "Standard") -> FrameLocator:
    """From the landing page to the provider's card form."""
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Sign up").click()
    page.get_by_role("radio", name=plan).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Continue").click()
    return page.frame_locator("iframe[title='Card details']")


def pay(page: Page, number: str) -> None:
    frame = page.frame_locator("iframe[title='Card details']")
    frame.locator(f"button[data-number='{number}']").click()
    frame.get_by_role("button", name="Use this card").click()
    page.get_by_role("button", name="and start").click()


def someone() -> str:
    return f"{uuid.uuid4().hex[:12]}@example.org"


def test_a_stranger_signs_up_finds_a_film_watches_it_and_goes_on_elsewhere(
    visit: Visits, player: type[Player], films: Films
) -> None:
    email = someone()
    page = visit()
    to_the_card(page, email)
    pay(page, GOOD)
    expect(page.get_by_role("heading", name="Who is watching?")).to_be_visible()
    page.get_by_role("button", name="Ada").click()
    expect(page.get_by_role("region", name="New")).to_contain_text("Sunny Side")

    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox", name="Search").fill("suny sid")
    page.get_by_role("link", name="Sunny Side").click()
    expect(page.get_by_role("heading", name="Sunny Side", level=1)).to_be_visible()
    page.get_by_role("link", name="Play").click()
    film = player(page)
    film.wait_past(1)
    before = film.picture()
    film.wait_past(film.position() + 1)
    assert film.picture() != before

    page.mouse.move(300, 300)
    page.get_by_role("button", name="Subtitles").click()
    page.get_by_role("menuitemradio", name="English").click()
    expect(page.get_by_text("of the story")).to_be_visible()
    film.wait_past(6)
    left_at = film.position()
    page.mouse.move(310, 310)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.get_by_role("link", name="Resume")).to_be_visible()

    elsewhere = visit()
    elsewhere.goto("/login")
    elsewhere.get_by_label("E-mail").fill(email)
    elsewhere.get_by_label("Password").fill("correct horse")
    elsewhere.get_by_role("button", name="Log in").click()
    elsewhere.get_by_role("button", name="Ada").click()
    row = elsewhere.get_by_role("region", name="Continue watching")
    row.get_by_role("link", name="Resume Sunny Side").click()
    film = player(elsewhere)
    film.wait_past(0.1)
    assert abs(film.position() - left_at) < 5


def test_after_a_declined_card_another_one_does(visit: Visits) -> None:
    page = visit()
    keys: list[str] = []

    def remember(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/signup"):
            keys.append(request.headers["idempotency-key"])

    page.on("request", remember)
    to_the_card(page, someone())
    pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_have_text("There is not enough money on this card. Try another card.")
    pay(page, GOOD)
    expect(page.get_by_role("heading", name="Who is watching?")).to_be_visible()
    assert len(keys) == len(set(keys)) == 2


def test_a_challenged_card_waits_for_its_owner(visit: Visits) -> None:
    page = visit()
    to_the_card(page, someone())
    pay(page, CHALLENGED)
    bank = page.get_by_role("dialog").frame_locator("iframe")
    expect(bank.get_by_text("9.99 EUR")).to_be_visible()
    bank.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Who is watching?")).to_be_visible()


def test_a_refused_challenge_is_a_sentence_and_another_card_does(visit: Visits) -> None:
    page = visit()
    to_the_card(page, someone())
    pay(page, CHALLENGED)
    page.get_by_role("dialog").frame_locator("iframe").get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("alert")).to_have_text(
        "The bank did not get your confirmation. Try again or use another card."
    )
    pay(page, GOOD)
    expect(page.get_by_role("heading", name="Who is watching?")).to_be_visible()


def test_a_taken_address_leads_to_the_log_in(house: House, visit: Visits) -> None:
    member = house.member()
    page = visit()
    to_the_card(page, member.email)
    pay(page, GOOD)
    page.get_by_role("alert").get_by_role("link", name="Log in").click()
    expect(page.get_by_label("E-mail")).to_have_value(member.email)


def child_of(member: Person) -> None:
    """Chooses a new profile for which seven is the limit."""
    answer = member.http.post("/api/profiles", json={"name": "Kim", "maturity": 7}).raise_for_status()
    member.choose(answer.json()["id"])


def status_of(page: Page, picture: str) -> int:
    return page.evaluate("async (url) => (await fetch(url)).status", picture)


def test_a_limited_profile_meets_no_adult_title(house: House, visit: Visits, films: Films) -> None:
    member = house.member()
    poster = member.get(f"/api/discovery/titles/{films.adult}")["poster_url"]
    grown_up = visit(member)
    grown_up.goto("/search?q=night")
    expect(grown_up.get_by_role("link", name="Night Shift")).to_be_visible()
    assert status_of(grown_up, poster) == 200

    child_of(member)
    page = visit(member)
    page.goto("/")
    expect(page.get_by_role("region", name="New")).to_contain_text("Sunny Side")
    expect(page.get_by_text("Night Shift")).to_have_count(0)
    page.goto("/search?q=night")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.goto("/genres")
    expect(page.get_by_role("link", name="Drama")).to_be_visible()
    expect(page.get_by_role("link", name="Thriller")).to_have_count(0)
    for path in (f"/titles/{films.adult}", f"/watch/{films.adult}"):
        page.goto(path)
        expect(page.get_by_text("not for this profile")).to_be_visible()
        expect(page.get_by_text("Night Shift")).to_have_count(0)
    assert status_of(page, poster) == 404


def test_an_editors_limited_profile_is_no_editor(house: House, visit: Visits) -> None:
    editor = house.log_in(house.owner.email, house.owner.password)
    child_of(editor)
    page = visit(editor)
    page.goto("/")
    expect(page.get_by_role("link", name="Genres")).to_be_visible()
    expect(page.get_by_role("link", name="Studio")).to_have_count(0)
    page.goto("/studio")
    expect(page.get_by_role("heading", name="This page is for editors")).to_be_visible()


def test_a_plan_of_one_screen_names_what_plays_and_lets_the_next_in_when_it_ends(
    house: House, visit: Visits, player: type[Player], films: Films
) -> None:
    member = house.member("basic")
    first, second = visit(member), visit(house.log_in(member.email, member.password))
    first.goto(f"/watch/{films.sunny}")
    player(first).wait_past(0.5)
    second.goto(f"/watch/{films.sunny}")
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("All your screens are in use")
    expect(alert.get_by_role("listitem")).to_contain_text("Sunny Side on")

    first.keyboard.press("Escape")
    expect(first.get_by_role("heading", name="Sunny Side", level=1)).to_be_visible()
    second.get_by_role("button", name="Try again").click()
    player(second).wait_past(0.5)


def to_start_again(page: Page, plan: str) -> None:
    """From the account's page to the provider's card form."""
    page.goto("/account")
    page.get_by_role("radio", name=plan).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Pay by card")).to_be_focused()


def paid(person: Person) -> list[str]:
    """The plans of the invoices that were paid, the newest first."""
    return [one["plan"] for one in person.get("/api/account/invoices")["invoices"] if one["status"] == "paid"]


def runs_again(page: Page, price: str) -> None:
    section = page.get_by_role("region", name="Plan")
    expect(section).to_contain_text(f"Welcome back. {price} was paid, and your membership runs again.")
    expect(section).to_contain_text("it renews then by itself")
    expect(section.get_by_role("radio")).to_have_count(0)


def test_who_left_starts_again_where_the_film_was_refused(
    former_members: list[Person], visit: Visits, player: type[Player], films: Films
) -> None:
    person = former_members.pop()
    page = visit(person)
    page.goto(f"/watch/{films.sunny}")
    expect(page.get_by_role("alert")).to_contain_text("Your membership does not run now")
    page.get_by_role("link", name="Go to your account").click()
    section = page.get_by_role("region", name="Plan")
    expect(section).to_contain_text("Your membership ended on")
    expect(section.get_by_role("radio", name="Standard")).to_be_checked()
    expect(page.get_by_role("button", name="Change card")).to_have_count(0)
    section.get_by_role("radio", name="Basic").check()
    section.get_by_role("button", name="Continue").click()
    pay(page, GOOD)
    runs_again(page, "€5.99")
    expect(page.get_by_role("region", name="Invoices").get_by_role("row", name="Basic")).to_contain_text("Paid")
    assert paid(person) == ["basic", "standard"]
    page.get_by_role("link", name="Start watching").click()
    player(page).wait_past(0.5)


def test_who_left_starts_again_with_another_card_after_a_declined_one(
    former_members: list[Person], visit: Visits
) -> None:
    person = former_members.pop()
    page = visit(person)
    to_start_again(page, "Standard")
    pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_have_text("There is not enough money on this card. Try another card.")
    assert paid(person) == ["standard"]
    pay(page, GOOD)
    runs_again(page, "€9.99")
    assert paid(person) == ["standard", "standard"]


def test_who_left_starts_again_once_the_bank_has_their_confirmation(
    former_members: list[Person], visit: Visits
) -> None:
    person = former_members.pop()
    page = visit(person)
    to_start_again(page, "Standard")
    pay(page, CHALLENGED)
    bank = page.get_by_role("dialog").frame_locator("iframe")
    expect(bank.get_by_text("9.99 EUR")).to_be_visible()
    assert paid(person) == ["standard"]
    bank.get_by_role("button", name="Approve").click()
    runs_again(page, "€9.99")
    assert paid(person) == ["standard", "standard"]


def test_who_started_again_elsewhere_is_not_charged_twice(former_members: list[Person], visit: Visits) -> None:
    person = former_members.pop()
    page = visit(person)
    to_start_again(page, "Standard")
    body = {"plan": "basic", "payment_method": "pm_card_visa"}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    person.http.post("/api/account/subscription", json=body, headers=key).raise_for_status()
    pay(page, GOOD)
    section = page.get_by_role("region", name="Plan")
    expect(section).to_contain_text("A membership was running already; nothing was charged again.")
    expect(section).to_contain_text("Basic")
    assert paid(person) == ["basic", "standard"]
