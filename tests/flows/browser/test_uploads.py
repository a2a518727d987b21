"""Many films from a page at once: what goes with each, pauses, a page that is closed, a server that dies."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import House, Visits

pytestmark = pytest.mark.browser

SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello\n"
PIECE = 8 << 20


def slowly(page: Page, bytes_per_s: int) -> None:
    """What a page sends takes its time."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    bounds = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    session.send("Network.emulateNetworkConditions", bounds)


def big(path: Path, pieces: int = 2) -> Path:
    path.write_bytes(os.urandom(PIECE * pieces + 1000))
    return path


def stored(house: House, size: int) -> list[Path]:
    """The uploads that lie on the server with so many bytes at least."""
    folders = (house.home / "objects" / "uploads").glob("upl_*")
    return [folder for folder in folders if sum(path.stat().st_size for path in folder.iterdir()) >= size]


def test_many_files_are_sorted_by_their_names(house: House, visit: Visits, tmp_path: Path) -> None:
    names = [
        "Ferry (2019).mkv",
        "Ferry (2019).de.forced.srt",
        "Ferry (2019)-poster.jpg",
        "Pier S01E02 - Rain.mkv",
        "list.txt",
    ]
    for name in names:
        (tmp_path / name).write_text(SRT + name)
    studio = visit(house.owner)
    bodies: list[Any] = []
    studio.on("request", lambda request: bodies.append(request.headers) if request.method == "POST" else None)
    studio.goto("/studio")
    studio.get_by_label("Film files").set_input_files([tmp_path / name for name in names])
    panel = studio.get_by_role("region", name="Add films")
    expect(panel.get_by_text("Left out, since no film is named like it: list.txt.")).to_be_visible()
    panel.get_by_text("Ferry (2019).mkv, 1 subtitle file, poster").click()
    expect(panel.get_by_label("Language of Ferry (2019).de.forced.srt")).to_have_value("de")
    expect(panel.get_by_label("Kind of Ferry (2019).de.forced.srt")).to_have_value("forced")
    expect(panel.get_by_label("Year").first).to_have_value("2019")
    expect(panel.get_by_text("Pier S1E2: Rain")).to_be_visible()
    panel.get_by_role("button", name="Upload 2 films").click()
    expect(panel.get_by_text("“Ferry” is uploaded")).to_be_visible()
    expect(panel.get_by_text("“Rain” is uploaded")).to_be_visible()
    announced = [headers for headers in bodies if "upload-length" in headers]
    assert len(announced) == 4
    assert sum("poster_of" in headers["upload-metadata"] for headers in announced) == 1
    titles = studio.get_by_role("region", name="Titles")
    expect(titles.get_by_text("Pier", exact=True).first).to_be_visible()


def test_an_upload_is_paused_and_goes_on(
    house: House, visit: Visits, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    studio = visit(house.owner)
    studio.goto("/studio")
    slowly(studio, 8_000_000)
    studio.get_by_label("Film files").set_input_files(big(tmp_path / "Tide.mkv"))
    studio.get_by_role("button", name="Upload", exact=True).click()
    panel = studio.get_by_role("region", name="Add films")
    expect(panel.get_by_text(re.compile(r"MB a second, \d+\Ws left"))).to_be_visible()
    eventually(lambda: stored(house, PIECE))
    panel.get_by_role("button", name="Pause Tide").click()
    expect(panel.get_by_text("paused")).to_be_visible()
    studio.get_by_role("link", name="Home").click()  # looking elsewhere loses nothing
    studio.get_by_role("link", name="Studio").click()
    panel.get_by_role("button", name="Resume Tide").click()
    expect(panel.get_by_text("“Tide” is uploaded")).to_be_visible()


def test_a_closed_page_goes_on_with_the_same_file(
    house: House, visit: Visits, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    film = big(tmp_path / "Storm.mkv")
    studio = visit(house.owner)
    studio.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    studio.goto("/studio")
    slowly(studio, 8_000_000)
    studio.get_by_label("Film files").set_input_files(film)
    studio.get_by_role("button", name="Upload", exact=True).click()
    eventually(lambda: stored(house, PIECE))
    studio.reload()
    panel = studio.get_by_role("region", name="Add films")
    expect(panel.get_by_text("Choose Storm.mkv again and it goes on.")).to_be_visible()
    sent: list[str] = []
    studio.on("request", lambda request: sent.append(request.method) if "/uploads" in request.url else None)
    studio.get_by_label("Film files").set_input_files(film)
    expect(panel.get_by_text("This file was begun before; it goes on where it stopped.")).to_be_visible()
    studio.get_by_role("button", name="Upload", exact=True).click()
    expect(panel.get_by_text("“Storm” is uploaded")).to_be_visible()
    assert "POST" not in sent


def test_an_upload_goes_on_when_the_server_comes_back(
    house: House, visit: Visits, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    studio = visit(house.owner)
    studio.goto("/studio")
    slowly(studio, 6_000_000)
    studio.get_by_label("Film files").set_input_files(big(tmp_path / "Flood.mkv"))
    studio.get_by_role("button", name="Upload", exact=True).click()
    eventually(lambda: stored(house, PIECE))
    os.kill(house.pids()["core"], signal.SIGKILL)
    panel = studio.get_by_role("region", name="Add films")
    expect(
        panel.get_by_text("The connection broke", exact=False).or_(panel.get_by_text("the connection broke"))
    ).to_be_visible()
    expect(panel.get_by_text("“Flood” is uploaded")).to_be_visible(timeout=45_000)


def test_what_is_cancelled_is_deleted(
    house: House, visit: Visits, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    studio = visit(house.owner)
    studio.goto("/studio")
    slowly(studio, 4_000_000)
    others = set(stored(house, 0))
    studio.get_by_label("Film files").set_input_files(big(tmp_path / "Ebb.mkv", 3))
    studio.get_by_role("button", name="Upload", exact=True).click()
    eventually(lambda: set(stored(house, PIECE)) - others)
    panel = studio.get_by_role("region", name="Add films")
    panel.get_by_role("button", name="Cancel Ebb").click()
    expect(panel.get_by_text("Ebb")).to_have_count(0)
    eventually(lambda: set(stored(house, 0)) <= others)
    studio.reload()
    expect(panel.get_by_text("Begun before")).to_have_count(0)
