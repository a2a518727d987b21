"""Appliances that die, freeze or cannot be reached, while someone watches."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Response, expect

if TYPE_CHECKING:
    from conftest import Films, House, Player, Visits

pytestmark = pytest.mark.browser

STALL_S = 0.25


@pytest.fixture(autouse=True)
def both_up(house: House) -> None:
    wait_for(lambda: len(house.appliances_up()) == 2)


def wait_for(look: Callable[[], bool], page: Page | None = None, most: int = 300) -> None:
    for _ in range(most):
        if look():
            return
        page.wait_for_timeout(100) if page else signal.sigtimedwait([], 0.1)
    pytest.fail("did not come true in time")


class Senders:
    """The ports that the film's pieces came from, in their order."""

    def __init__(self, page: Page) -> None:
        self.ports: list[int] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if "URISigningPackage=" in response.url and response.ok:
            self.ports.append(int(response.url.split("/")[2].rpartition(":")[2]))


def freeze(house: House, name: str) -> None:
    os.kill(house.pids()[name], signal.SIGSTOP)


def thaw(house: House) -> None:
    for name in ("cdn-a", "cdn-b"):
        os.kill(house.pids()[name], signal.SIGCONT)


def kill(house: House, name: str) -> None:
    pid = house.pids().get(name)
    if pid is not None:  # else it is just being started again
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("harm", [kill, freeze])
def test_when_the_appliance_that_sends_goes_the_other_goes_on_without_a_stall(
    house: House, visit: Visits, player: type[Player], films: Films, harm: Callable[[House, str], None]
) -> None:
    page = visit(house.member())
    senders = Senders(page)
    page.goto(f"/watch/{films.long}")
    watching = player(page)
    watching.wait_past(2)
    lost = senders.ports[-1]
    name = house.appliances_up()[lost]
    watching.start_stopwatch()
    try:
        harmed_at = watching.position()

        def another_sends() -> bool:
            harm(house, name)  # however often the supervisor brings it back
            return any(port != lost for port in senders.ports)

        wait_for(another_sends, page)
        watching.wait_past(max(harmed_at, watching.position()) + 5)
        assert watching.waits() == 0
        assert watching.lost_s() < STALL_S

        page.get_by_role("slider", name="Position").fill("75")  # nothing of that is here yet
        watching.wait_past(76, 30)
    finally:
        thaw(house)


def test_a_browser_that_reaches_no_appliance_is_told_where_they_are_and_what_to_try(
    house: House, visit: Visits, player: type[Player], films: Films
) -> None:
    page = visit(house.member())
    ports = list(house.appliances_up())
    for port in ports:  # a firewall before them, as the browser sees it
        page.route(f"http://localhost:{port}/**", lambda route: route.abort("connectionrefused"))
    page.goto(f"/watch/{films.long}")
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("heading")).to_have_text("The film cannot be reached", timeout=40_000)
    for port in ports:
        expect(alert).to_contain_text(f"localhost:{port}")
    expect(alert).to_contain_text("firewall")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    player(page).wait_past(0.5)


def test_while_no_appliance_is_up_the_player_says_so_and_plays_when_one_is_back(
    house: House, visit: Visits, player: type[Player], films: Films
) -> None:
    page = visit(house.member())
    page.goto(f"/titles/{films.long}")
    try:
        for name in ("cdn-a", "cdn-b"):
            freeze(house, name)
        wait_for(lambda: not house.appliances_up())
        page.get_by_role("link", name="Play").click()
        expect(page.get_by_role("alert")).to_contain_text("No appliance can send this film now")
    finally:
        thaw(house)
    wait_for(lambda: len(house.appliances_up()) == 2)
    page.get_by_role("button", name="Try again").click()
    player(page).wait_past(0.5)
