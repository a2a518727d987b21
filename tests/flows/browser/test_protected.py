"""Encrypted films in a real browser: in our own client, and in the players that others use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import Page, Request, Route, expect

from packaged import LOW, MIDDLE, Reel, Shelf, Shown

if TYPE_CHECKING:
    from conftest import House, Person, Player, Visits

pytestmark = pytest.mark.browser

MODULES = Path(__file__).parents[3] / "web" / "node_modules"
SCREEN = "<!doctype html><video id=film muted width=320 height=180></video>"
DEVICE = {"screen": {"width": 1280, "height": 720}, "codecs": ["avc1.64001f", "mp4a.40.2"], "downlink_kbps": 9000}

SHAKA = """async ({ url }) => {
  const player = (window.player = new shaka.Player());
  await player.attach(document.getElementById('film'));
  player.addEventListener('error', ({ detail }) => window.faults.push(`${detail.category}/${detail.code}`));
  try { await player.load(url, 0); } catch (error) { window.faults.push(`${error.category}/${error.code}`); }
}"""
HLS_JS = """({ url, licence }) => {
  const player = new Hls({ emeEnabled: true, drmSystems: { 'org.w3.clearkey': { licenseUrl: licence } } });
  player.on(Hls.Events.ERROR, (_, { details, fatal }) => fatal && window.faults.push(details));
  player.loadSource(url);
  player.attachMedia(document.getElementById('film'));
}"""
DASH_JS = """({ url, licence }) => {
  const player = dashjs.MediaPlayer().create();
  player.on('error', ({ error }) => window.faults.push(`${error.code}`));
  player.initialize(document.getElementById('film'), url, false);
  player.setProtectionData({ 'org.w3.clearkey': { serverURL: licence } });
}"""
START = "() => { document.getElementById('film').play().catch(() => undefined); }"
SEEN = """() => {
  const video = document.getElementById('film');
  return { at: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames, faults: window.faults };
}"""
BLACK_BYTES = 1500
"""What a picture of one shade takes as PNG, at most; the film's take ten times as much. No page may read decrypted ones."""


@dataclass(frozen=True)
class Foreign:
    """A player that others wrote: its script, how it begins, and which manifest it takes."""

    script: str
    begin: str
    form: str
    keys: str = ""


PLAYERS = {
    "Shaka on DASH": Foreign("shaka-player/dist/shaka-player.compiled.js", SHAKA, "dash"),
    "Shaka on HLS": Foreign("shaka-player/dist/shaka-player.compiled.js", SHAKA, "hls", "&keys=identity"),
    "hls.js": Foreign("hls.js/dist/hls.min.js", HLS_JS, "hls"),
    "dash.js": Foreign("dashjs/dist/legacy/umd/dash.all.min.js", DASH_JS, "dash"),
}


@pytest.fixture(scope="module")
def locked(house: House, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    reel = Reel(tmp_path_factory.mktemp("reel") / "r", 8, [MIDDLE, LOW])
    return Shelf(house.home).show(reel, "Locked Room", encrypted=True)


@pytest.fixture(scope="module")
def member(house: House) -> Person:
    return house.member()


@pytest.fixture
def playing(member: Person, locked: Shown) -> dict[str, Any]:
    return member.http.post(f"/api/play/{locked.id}", json={"device": DEVICE}).raise_for_status().json()


@pytest.fixture(params=PLAYERS)
def foreign(request: pytest.FixtureRequest) -> Foreign:
    player = PLAYERS[request.param]
    if not (MODULES / player.script).is_file():
        pytest.skip(f"{request.param} is not installed; in web/: npm ci")
    return player


@pytest.fixture
def screen(house: House, visit: Visits, foreign: Foreign) -> Iterator[Page]:
    """A page of this origin with nothing but a video and the player's script, and no content policy of ours."""
    page = visit()
    page.context.grant_permissions(
        ["local-network-access"]
    )  # a page that came from nowhere is a stranger to this machine
    page.route("**/empty", lambda route: route.fulfill(content_type="text/html", body=SCREEN))
    page.goto("/empty")
    page.evaluate("() => { window.faults = []; }")
    page.add_script_tag(path=str(MODULES / foreign.script))
    yield page
    visit.complaints.clear()  # what a foreign player says to the console is its own


def begin(page: Page, foreign: Foreign, playing: dict[str, Any], licence: str) -> None:
    page.evaluate(foreign.begin, {"url": playing["manifests"][foreign.form] + foreign.keys, "licence": licence})
    page.evaluate(START)


def test_a_foreign_player_shows_the_film(
    screen: Page, foreign: Foreign, playing: dict[str, Any], eventually: Any
) -> None:
    begin(screen, foreign, playing, playing["licence"]["url"])
    eventually(lambda: screen.evaluate(SEEN)["at"] > 2)
    seen = screen.evaluate(SEEN)
    assert seen["faults"] == []
    assert seen["frames"] > 10
    assert len(screen.locator("video").screenshot()) > 2 * BLACK_BYTES


def test_without_its_licence_it_shows_nothing_and_says_so(
    screen: Page, foreign: Foreign, playing: dict[str, Any], eventually: Any
) -> None:
    """The key route refuses a changed token: the player tells its page, and no picture comes."""
    refused: list[int] = []

    def refuse(route: Route) -> None:
        answer = httpx.request(
            route.request.method, route.request.url[:-4] + "AAAA", content=route.request.post_data_buffer
        )
        refused.append(answer.status_code)
        route.fulfill(status=answer.status_code, body=answer.content)

    screen.route("**/licence?*", refuse)
    screen.route("**/key?*", refuse)
    begin(screen, foreign, playing, playing["licence"]["url"])
    eventually(lambda: screen.evaluate(SEEN)["faults"])
    assert set(refused) == {403}
    seen = screen.evaluate(SEEN)
    assert (seen["at"] < 0.5, seen["frames"]) == (True, 0)
    assert len(screen.locator("video").screenshot()) < BLACK_BYTES


class TestOurClient:
    def watch(self, page: Page, film: Shown) -> None:
        page.goto(f"/titles/{film.id}")
        page.get_by_role("link", name=re.compile("^(Play|Resume)")).click()  # a test before it may have watched a while

    def test_it_plays_with_one_key(self, member: Person, visit: Visits, player: type[Player], locked: Shown) -> None:
        page, asked = visit(member), list[str]()

        def note(request: Request) -> None:
            asked.append(request.method) if "/licence?" in request.url else None

        page.on("request", note)
        self.watch(page, locked)
        film = player(page)
        film.wait_past(1)
        assert len(page.locator("video").screenshot()) > 2 * BLACK_BYTES
        assert asked == ["POST"]

    def test_no_key_no_film_and_a_clear_word(self, member: Person, visit: Visits, locked: Shown) -> None:
        page = visit(member)
        problem = {"type": "bad-session-token", "title": "", "status": 403, "detail": ""}
        page.route("**/licence?*", lambda route: route.fulfill(status=403, json=problem))
        self.watch(page, locked)
        expect(page.get_by_role("alert")).to_contain_text("This viewing has ended")

    def test_a_key_that_is_none_of_the_film_s_leaves_it_locked(
        self, member: Person, visit: Visits, locked: Shown
    ) -> None:
        page = visit(member)
        other = {"keys": [{"kty": "oct", "kid": "A" * 22, "k": "A" * 22}], "type": "temporary"}
        page.route("**/licence?*", lambda route: route.fulfill(json=other))
        self.watch(page, locked)
        expect(page.get_by_role("alert")).to_contain_text("This browser cannot unlock the film")

    def test_the_answer_that_the_place_is_not_secure_says_what_to_do(
        self, member: Person, visit: Visits, locked: Shown
    ) -> None:
        page = visit(member)
        problem = {"type": "secure-context-required", "title": "", "status": 403, "detail": ""}
        page.route(f"**/api/play/{locked.id}", lambda route: route.fulfill(status=403, json=problem))
        self.watch(page, locked)
        expect(page.get_by_role("alert")).to_contain_text("https")
