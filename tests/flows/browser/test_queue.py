"""An editor sees what is done for a film, pauses it and goes on, and why one failed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import House, Visits

pytestmark = pytest.mark.browser

PREPARED_MS = 60_000


def test_a_film_is_paused_and_goes_on(house: House, visit: Visits, reels: Path) -> None:
    studio = visit(house.owner)
    studio.goto("/studio")
    house.add(reels / "long.mp4", "Paddle Steamer", "--maturity", "0", wait=False)
    queue = studio.get_by_role("region", name="In preparation")
    film = queue.get_by_role("listitem").filter(has_text="Paddle Steamer").first
    film.get_by_role("button", name="Pause Paddle Steamer").click()
    expect(film).to_contain_text("paused")
    film.get_by_text("Steps: ").click()
    expect(film.get_by_text("Looking into the file", exact=True)).to_be_visible()
    film.get_by_role("button", name="Resume Paddle Steamer").click()
    expect(film.get_by_role("button", name="Pause Paddle Steamer")).to_be_visible()
    expect(film).to_contain_text("Ready to play", timeout=PREPARED_MS)


def test_a_film_that_is_none_says_why_and_is_not_tried_again(house: House, visit: Visits, tmp_path: Path) -> None:
    nonsense = tmp_path / "regatta.mp4"
    nonsense.write_bytes(b"no film at all\n" * 500)
    studio = visit(house.owner)
    studio.goto("/studio")
    house.add(nonsense, "Regatta", "--maturity", "0", wait=False)
    queue = studio.get_by_role("region", name="In preparation")
    film = queue.get_by_role("listitem").filter(has_text="Regatta").first
    expect(film).to_contain_text("Failed: ", timeout=PREPARED_MS)
    film.get_by_text("Steps: 0 of 1 done").click()
    expect(film.get_by_text("This is not a video file that can be read.").last).to_be_visible()
    expect(film.get_by_role("button", name="again")).to_have_count(0)
    expect(film.get_by_role("button", name="Retry Regatta")).to_have_count(0)
    film.get_by_role("button", name="Remove Regatta").click()
    expect(queue.get_by_text("Regatta")).to_have_count(0)
