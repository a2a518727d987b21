"""Links and keys: every address opens by itself, an unknown one says so, and the keyboard alone leads everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import Films, House, Visits

pytestmark = pytest.mark.browser


def test_an_unknown_link_gets_a_page_that_says_so(house: House, visit: Visits) -> None:
    for page in (visit(), visit(house.member())):
        page.goto("/no/such/page")
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
        page.get_by_role("link", name="Go to the start").click()
        expect(page).to_have_url(f"{house.url}/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_links_open_directly(house: House, visit: Visits, films: Films) -> None:
    page = visit(house.member())
    headings = {
        f"/titles/{films.sunny}": "Sunny Side",
        "/genres": "Genres",
        "/genres/drama": "Drama",
        "/account": "Account",
        "/profiles": "Who is watching?",
        "/profiles/manage": "Profiles",
        f"/watch/{films.sunny}": "Sunny Side",
    }
    for path, heading in headings.items():
        page.goto(path)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    page.goto("/search?q=suny")
    expect(page.get_by_role("link", name="Sunny Side")).to_be_visible()


def test_a_strangers_link_leads_to_its_page_after_the_log_in(house: House, visit: Visits, films: Films) -> None:
    member = house.member()
    page = visit()
    page.goto(f"/titles/{films.sunny}")
    log_in(page, member.email, member.password)
    page.get_by_role("button", name="Ada").click()
    expect(page.get_by_role("heading", name="Sunny Side", level=1)).to_be_visible()


def log_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def test_a_wrong_password_is_said_and_nothing_more(house: House, visit: Visits) -> None:
    member = house.member()
    page = visit()
    page.goto("/login")
    log_in(page, member.email, "not the one")
    expect(page.get_by_role("alert")).to_be_visible()
    log_in(page, member.email, member.password)
    expect(page.get_by_role("heading", name="Who is watching?")).to_be_visible()


def test_logging_out_ends_it_here_and_for_a_copied_cookie(house: House, visit: Visits, films: Films) -> None:
    member = house.member()
    page = visit(member)
    page.goto("/")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("main").get_by_role("link", name="Sign up")).to_be_visible()
    page.goto(f"/titles/{films.sunny}")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    with_copy = visit(member)
    with_copy.goto("/account")
    expect(with_copy.get_by_role("heading", name="Log in")).to_be_visible()


def test_the_keyboard_alone_leads_from_the_log_in_to_a_film(house: House, visit: Visits, films: Films) -> None:
    member = house.member()
    page = visit()
    page.goto("/login")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(member.email)
    page.keyboard.press("Tab")
    page.keyboard.type(member.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who is watching?")).to_be_visible()
    tab_to(page, "Ada")
    page.keyboard.press("Enter")

    row = page.get_by_role("region", name="Drama")
    expect(row).to_be_visible()
    tab_to(page, "Sunny Side|The Long Way", within="Drama")
    first = focused(page)
    page.keyboard.press("ArrowRight")
    assert focused(page) != first
    page.keyboard.press("ArrowLeft")
    assert focused(page) == first
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Play")).to_be_visible()
    page.keyboard.press("Tab")  # what a page shows comes before its header once one has come by a link
    tab_to(page, "Play", most=4)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/watch/"))


def test_the_first_tab_offers_to_skip_the_header(house: House, visit: Visits) -> None:
    page = visit(house.member())
    page.goto("/genres")
    expect(page.get_by_role("heading", name="Genres", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


FOCUSED = """(() => {
  const element = document.activeElement.closest('a, button, input');
  return element?.getAttribute('aria-label') ?? element?.innerText ?? '';
})()"""
FOCUSED_REGION = """(() => {
  const id = document.activeElement.closest('section[aria-labelledby]')?.getAttribute('aria-labelledby');
  return id ? document.getElementById(id).innerText : '';
})()"""


def focused(page: Page) -> str:
    return page.evaluate(FOCUSED)


def tab_to(page: Page, name: str, within: str = "", most: int = 40) -> None:
    """Presses Tab until something of that name has the focus."""
    for _ in range(most):
        if re.search(name, focused(page)) and page.evaluate(FOCUSED_REGION) == within:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not lead to {name}")
