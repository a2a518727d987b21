"""WCAG 2.2 AA as far as axe-core can tell, and no page wider than its screen: every page, on a laptop and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import Films, House, Person, Player, Visits

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => (await axe.run(document, { runOnly: tags })).violations
  .flatMap(({ id, help, nodes }) => nodes.map(({ target, any }) => ({ id, help, target, why: any[0]?.message })))"""
SIZES = pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["laptop", "phone"])


class Inspection:
    """Looks at one page after the other, and collects what is wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[Any] = []
        page.context.add_init_script(path=AXE)

    def look(self, name: str) -> None:
        self.page.mouse.move(1, 1)
        found = self.page.evaluate(RUN, RULES)
        self.faults += [{"page": name, **fault} for fault in found]
        too_wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if too_wide > 0:
            self.faults.append({"page": name, "wider than the screen by": too_wide})

    def visit(self, path: str, heading: str) -> None:
        self.page.goto(path)
        expect(self.page.get_by_role("heading", name=heading).first).to_be_attached()
        self.look(path)


@SIZES
def test_pages_for_strangers(visit: Visits, size: tuple[int, int]) -> None:
    page = visit(size=size)
    inspection = Inspection(page)
    inspection.visit("/", "The lights go down")
    inspection.visit("/login", "Log in")
    inspection.visit("/nothing/here", "There is no such page")
    page.goto("/signup")
    expect(page.get_by_role("radio", name="Basic")).to_be_visible()
    inspection.look("sign-up: plan")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Enter a name")).to_be_visible()
    inspection.look("sign-up: account with errors")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Continue").click()
    expect(page.frame_locator("iframe").get_by_label("Card number")).to_be_visible()
    inspection.look("sign-up: card, with the provider's form")
    assert inspection.faults == []


@SIZES
def test_pages_for_members(house: House, visit: Visits, size: tuple[int, int], films: Films) -> None:
    page = visit(house.member(), size)
    inspection = Inspection(page)
    inspection.visit("/", "Home")
    page.get_by_role("button", name="Your menu").click()
    inspection.look("home, menu open")
    inspection.visit("/genres", "Genres")
    inspection.visit("/genres/drama", "Drama")
    inspection.visit("/search", "What would you like to see?")
    page.get_by_role("searchbox").fill("sunny")
    expect(page.get_by_role("link", name="Sunny Side")).to_be_visible()
    inspection.look("search with results")
    inspection.visit(f"/titles/{films.sunny}", "Sunny Side")
    inspection.visit("/titles/ttl_0", "This film is not here")
    inspection.visit("/watch/ttl_0", "This film is not here")
    inspection.visit("/account", "Account")
    page.get_by_role("button", name="Cancel membership").click()
    inspection.look("account, asking")
    inspection.visit("/profiles", "Who is watching?")
    inspection.visit("/profiles/manage", "Profiles")
    page.get_by_role("button", name="Add a profile").click()
    inspection.look("a new profile")
    inspection.visit("/studio", "This page is for editors")
    assert inspection.faults == []


@SIZES
def test_starting_again(former_members: list[Person], visit: Visits, size: tuple[int, int]) -> None:
    page = visit(former_members[0], size)
    inspection = Inspection(page)
    page.goto("/account")
    page.get_by_role("radio", name="Basic").wait_for()
    inspection.look("account, ended")
    page.get_by_role("button", name="Continue").click()
    expect(page.frame_locator("iframe").get_by_label("Card number")).to_be_visible()
    inspection.look("account, ended: card")
    assert inspection.faults == []


@SIZES
def test_the_studio(house: House, visit: Visits, size: tuple[int, int], films: Films) -> None:
    page = visit(house.owner, size)
    inspection = Inspection(page)
    page.goto("/studio")
    page.get_by_role("link", name="Edit Sunny Side").wait_for()
    page.get_by_label("Film file").wait_for()
    inspection.look("studio")
    page.get_by_role("link", name="Edit Sunny Side").click()
    page.get_by_label("Another language").select_option("fr")
    page.get_by_role("button", name="Add language").click()
    page.get_by_label("Only in some countries").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Choose a country, or “Everywhere”.")).to_be_visible()
    inspection.look("studio, a title is edited")
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Withdraw…").click()
    inspection.look("studio, a title is withdrawn")
    assert inspection.faults == []


@SIZES
def test_the_front_door(house: House, visit: Visits, size: tuple[int, int]) -> None:
    page = visit(house.owner, size)
    inspection = Inspection(page)
    inspection.visit("/operations", "Filters")
    inspection.visit("/operations/requests/req_0", "This request was not kept")
    assert inspection.faults == []


@SIZES
def test_the_player(house: House, visit: Visits, player: type[Player], size: tuple[int, int], films: Films) -> None:
    page = visit(house.member(), size)
    inspection = Inspection(page)
    page.goto(f"/watch/{films.sunny}")
    player(page).wait_past(0.5)
    page.keyboard.press("Space")
    inspection.look("paused")
    page.get_by_role("button", name="Subtitles").click()
    inspection.look("the menu of subtitles")
    for port in house.appliances_up():
        page.route(f"http://localhost:{port}/**", lambda route: route.abort("connectionrefused"))
    page.reload()
    expect(page.get_by_role("heading", name="The film cannot be reached")).to_be_visible(timeout=40_000)
    inspection.look("no appliance")
    assert inspection.faults == []
