"""A film that begins to play with its lowest picture alone, while the others are still being made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from packaged import HIGH, LIGHT, LOW, MIDDLE, Reel, Shelf

if TYPE_CHECKING:
    from conftest import House, Player, Visits

pytestmark = pytest.mark.browser

HEIGHT = "() => document.querySelector('video').videoHeight"


def playing(page: Page, title_id: str) -> None:
    page.goto(f"/titles/{title_id}")
    page.get_by_role("link", name="Play").click()


@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
def test_better_pictures_join_without_a_stop(
    house: House, visit: Visits, player: type[Player], tmp_path: Path, eventually: Any, *, encrypted: bool
) -> None:
    reel = Reel(tmp_path / "reel", 60, [HIGH, MIDDLE, LOW])
    shelf = Shelf(house.home)
    film = shelf.show(reel, f"Growing {encrypted}", encrypted=encrypted, forms=[LOW], complete=False)
    page = visit(house.member())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    playing(page, film.id)
    watched = player(page)
    watched.wait_past(1)
    assert page.evaluate(HEIGHT) == LOW.height
    watched.start_stopwatch()
    shelf.complete(film, reel, [MIDDLE, LOW], complete=False)
    eventually(lambda: page.evaluate(HEIGHT) == MIDDLE.height, 40)
    shelf.complete(film, reel)
    eventually(lambda: page.evaluate(HEIGHT) == HIGH.height, 40)
    assert watched.waits() == 0
    assert watched.lost_s() < 0.5
    looks = [url for url in asked if url.split("?")[0].endswith(asked_session(asked))]
    page.evaluate("document.querySelector('video').currentTime = 57")
    eventually(lambda: page.evaluate("document.querySelector('video').ended"))
    again = [url for url in asked if url.split("?")[0].endswith(asked_session(asked))]
    assert len(again) == len(looks), "complete, it is not asked any more"
    manifests = [url for url in asked if "/manifest.mpd" in url]
    assert len(manifests) == 3, "read again only when there is more"


def asked_session(urls: list[str]) -> str:
    """The session's id, from its manifest's address."""
    manifest = next(url for url in urls if "/manifest.mpd" in url)
    return manifest.partition("/manifest.mpd")[0].rpartition("/")[2]


def test_av1_goes_first_where_the_browser_decodes_it_as_well(
    house: House, visit: Visits, player: type[Player], tmp_path: Path
) -> None:
    """Here both are decoded in software; the same film in half the bits is then the better one."""
    reel = Reel(tmp_path / "reel", 8, [HIGH, LIGHT, LOW])
    film = Shelf(house.home).show(reel, "In two codecs")
    page = visit(house.member())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    playing(page, film.id)
    watched = player(page)
    watched.wait_past(1)
    assert len(set(watched.picture())) > 20
    assert any(f"/{LIGHT.name}/" in url for url in asked)
    assert not any(f"/{HIGH.name}/" in url or f"/{LOW.name}/" in url for url in asked)
