"""The player by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import Films, House, Player, Visits

pytestmark = pytest.mark.browser


@pytest.fixture
def watching(house: House, visit: Visits, player: type[Player], films: Films) -> Player:
    page = visit(house.member())
    page.goto(f"/titles/{films.sunny}")
    page.get_by_role("link", name="Play").click()
    film = player(page)
    film.wait_past(0.5)
    return film


def volume(page: Page) -> float:
    return page.evaluate("document.querySelector('video').volume")


def test_every_key_does_what_it_says(watching: Player) -> None:
    page = watching.page
    page.keyboard.press("Space")
    assert watching.paused()
    before = watching.position()
    page.keyboard.press("ArrowRight")
    assert watching.position() == pytest.approx(before + 10, abs=0.3)
    page.keyboard.press("j")
    assert watching.position() == pytest.approx(before, abs=0.3)
    page.keyboard.press("k")
    watching.wait_past(before + 0.2)
    assert not watching.paused()

    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("slider", name="Volume")).to_have_value("0.9")
    assert volume(page) == pytest.approx(0.9)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Unmute")).to_be_attached()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Leave full screen")).to_be_attached()
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Full screen", exact=True)).to_be_attached()
    page.keyboard.press("c")
    expect(page.get_by_text("of the story")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("of the story")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=re.compile("Play|Resume"))).to_be_visible()


def test_controls_are_reached_and_shown_by_the_tab_key(watching: Player) -> None:
    page = watching.page
    page.keyboard.press("Space")
    subtitles = page.get_by_role("button", name="Subtitles")
    for _ in range(12):
        page.keyboard.press("Tab")
        if subtitles.evaluate("element => element === document.activeElement"):
            break
    expect(subtitles).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="Off")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(subtitles).to_be_focused()
    expect(page.get_by_text("of the story")).to_be_visible()


def test_controls_hide_while_it_plays_and_come_back_when_one_moves(watching: Player) -> None:
    page = watching.page
    controls = page.locator(".player-controls")
    expect(controls).to_have_css("opacity", "0")
    page.mouse.move(200, 200)
    page.mouse.move(220, 210)
    expect(controls).to_have_css("opacity", "1")


def test_at_the_end_it_offers_to_watch_again(watching: Player) -> None:
    page = watching.page
    page.get_by_role("slider", name="Position").fill("19.5")
    again = page.get_by_role("button", name="Watch again")
    expect(again).to_be_visible()
    again.click()
    watching.wait_past(0.3)
    assert watching.position() < 5
