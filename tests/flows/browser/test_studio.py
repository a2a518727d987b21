"""An editor adds films from a page and sees them through; members see what is published, and no longer what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import Films, House, Player, Visits

pytestmark = pytest.mark.browser

PREPARED_MS = 60_000


def never_loaded_again(page: Page) -> None:
    """Marks the page as it is; `still_there` tells whether it was loaded anew since."""
    page.evaluate("window.untouched = true")


def still_there(page: Page) -> bool:
    return page.evaluate("window.untouched === true")


def search(page: Page, words: str) -> None:
    page.goto(f"/search?q={quote(words)}")


def search_until_found(page: Page, title: str) -> None:
    """The index follows the catalogue within moments, not at once."""
    for _ in range(20):
        search(page, title)
        found, nothing = page.get_by_role("link", name=title), page.get_by_role("heading", name="Nothing found")
        found.or_(nothing).wait_for()
        if found.is_visible():
            return
        page.wait_for_timeout(500)
    pytest.fail(f"{title} is not found")


def being_prepared(house: House, title: str) -> str:
    """The id of a title that is on its way."""
    found = house.owner.get("/api/studio/preparations?after=0&wait_s=0")["preparations"]
    return next(one["title_id"] for one in found if one["title"] == title)


def meets_nothing_of(member: Page, title: str, title_id: str) -> None:
    search(member, title)
    expect(member.get_by_role("heading", name="Nothing found")).to_be_visible()
    for path in (f"/titles/{title_id}", f"/watch/{title_id}"):
        member.goto(path)
        expect(member.get_by_role("heading", name="This film is not here")).to_be_visible()
    member.goto("/genres")
    member.get_by_role("link", name="Home").click()
    expect(member.get_by_role("region", name="New")).to_be_visible()
    expect(member.get_by_text(title)).to_have_count(0)


def listed(member: Page, title: str) -> bool:
    member.goto("/")
    new = member.get_by_role("region", name="New")
    expect(new).to_be_visible()
    return title in (new.text_content() or "")


def test_a_film_in_preparation_is_the_owners_alone_until_it_plays_without_a_reload(
    house: House, visit: Visits, player: type[Player], reels: Path, films: Films, eventually: Callable[..., bool]
) -> None:
    owner, member = visit(house.owner), visit(house.member())
    owner.goto("/")
    never_loaded_again(owner)
    house.add(reels / "long.mp4", "Slow Train", "--maturity", "0", wait=False)
    row = owner.get_by_role("region", name="In preparation")
    expect(row.get_by_role("progressbar", name="Preparing Slow Train")).to_be_visible()
    expect(row).to_contain_text("%")
    meets_nothing_of(member, "Slow Train", being_prepared(house, "Slow Train"))

    expect(row).to_contain_text("Ready to play", timeout=PREPARED_MS)
    row.get_by_role("link", name="Slow Train").click()
    owner.get_by_role("link", name="Play").click()
    player(owner).wait_past(0.5)
    assert still_there(owner)
    eventually(lambda: listed(member, "Slow Train"))  # rows are shared for a moment


def write_chapters(studio: Page) -> None:
    chapters = studio.get_by_role("region", name="Chapters")
    chapters.get_by_label("Where each begins").fill("soon The story")
    chapters.get_by_role("button", name="Save chapters").click()
    expect(chapters.get_by_role("alert")).to_contain_text("“soon The story” is not a time and a name")
    chapters.get_by_label("Where each begins").fill("0:00 The story")
    chapters.get_by_role("button", name="Save chapters").click()
    expect(chapters.get_by_text("Saved.")).to_be_visible()


def test_a_film_is_uploaded_edited_published_and_withdrawn_in_the_studio(
    house: House, visit: Visits, player: type[Player], reels: Path, tmp_path: Path
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes((reels / "film.mp4").read_bytes() + b"\0\0\0\x08free")  # the very same would be known
    studio = visit(house.owner)
    sent: list[str] = []
    studio.on("request", lambda request: sent.append(request.method) if "/uploads" in request.url else None)
    studio.goto("/studio")
    studio.get_by_label("Film file").set_input_files(film)
    studio.get_by_label("Subtitle files").set_input_files(reels / "film.en.srt")
    expect(studio.get_by_label("Language of film.en.srt")).to_have_value("en")
    studio.get_by_label("Title", exact=True).fill("From the Studio")
    studio.get_by_label("Genres").fill("Drama, Heist")
    studio.get_by_label("Age limit").select_option("0")
    studio.get_by_role("button", name="Upload", exact=True).click()
    expect(studio.get_by_text("“From the Studio” is uploaded")).to_be_visible()
    assert sent.count("POST") == sent.count("PATCH") == 2  # the film and its subtitles, by tus
    preparing = studio.get_by_role("region", name="In preparation")
    expect(preparing.get_by_role("progressbar", name="Preparing From the Studio")).to_be_visible()
    expect(preparing).to_contain_text("Ready to play", timeout=PREPARED_MS)

    titles = studio.get_by_role("region", name="Titles")
    titles.get_by_role("link", name="Edit From the Studio").click()
    studio.get_by_label("Title", exact=True).fill("The Great Upload")
    studio.get_by_label("Synopsis").fill("How a file became a film.")
    studio.get_by_role("button", name="Save").click()
    expect(studio.get_by_role("heading", name="The Great Upload")).to_be_visible()
    came = studio.get_by_role("region", name="The film as it came")
    expect(came).to_contain_text("Ready to play")
    expect(came).to_contain_text("film.mp4")
    write_chapters(studio)

    member = visit(house.member())
    search_until_found(member, "The Great Upload")
    member.get_by_role("link", name="The Great Upload").click()
    expect(member.get_by_text("How a file became a film.")).to_be_visible()
    expect(member.get_by_role("link", name="Heist")).to_be_visible()
    member.get_by_role("link", name="Play").click()
    film = player(member)
    film.wait_past(0.5)
    member.keyboard.press("c")
    expect(member.get_by_text("of the story")).to_be_visible()

    studio.get_by_role("button", name="Withdraw…").click()
    studio.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(studio.get_by_role("button", name="Publish now")).to_be_visible()
    expect(member.get_by_role("alert")).to_contain_text("withdrawn")
    assert member.locator("video").count() == 0
    search(member, "great upload")
    expect(member.get_by_role("heading", name="Nothing found")).to_be_visible()

    studio.get_by_role("button", name="Publish now").click()
    expect(studio.get_by_role("button", name="Withdraw…")).to_be_visible()
    search_until_found(member, "The Great Upload")


def test_what_is_no_film_fails_with_a_sentence(house: House, visit: Visits, tmp_path: Path) -> None:
    nonsense = tmp_path / "holiday.mp4"
    nonsense.write_bytes(b"no film at all\n" * 500)
    studio = visit(house.owner)
    studio.goto("/studio")
    studio.get_by_label("Film file").set_input_files(nonsense)
    studio.get_by_role("button", name="Upload", exact=True).click()
    preparing = studio.get_by_role("region", name="In preparation")
    expect(preparing).to_contain_text("holiday")
    expect(preparing.get_by_text("Failed: ")).to_be_visible(timeout=PREPARED_MS)
    expect(preparing.get_by_role("button", name="Remove holiday")).to_be_visible()
    expect(preparing.get_by_role("button", name="Retry holiday")).to_have_count(0)


def test_a_film_that_failed_is_removed_and_stays_away(house: House, visit: Visits, tmp_path: Path) -> None:
    nonsense = tmp_path / "picnic.mp4"
    nonsense.write_bytes(b"no film at all\n" * 500)
    studio, elsewhere = visit(house.owner), visit(house.owner)
    studio.goto("/studio")
    elsewhere.goto("/studio")
    studio.get_by_label("Film file").set_input_files(nonsense)
    studio.get_by_role("button", name="Upload", exact=True).click()
    preparing = studio.get_by_role("region", name="In preparation")
    remove = preparing.get_by_role("button", name="Remove picnic")
    remove.wait_for(timeout=PREPARED_MS)
    seen_elsewhere = elsewhere.get_by_role("region", name="In preparation").get_by_text("picnic", exact=True)
    expect(seen_elsewhere).to_be_visible()
    remove.click()
    expect(preparing.get_by_text("picnic")).to_have_count(0)
    expect(studio.get_by_role("heading", name="In preparation")).to_be_focused()
    expect(seen_elsewhere).to_have_count(0)
    studio.reload()
    titles = studio.get_by_role("region", name="Titles")
    expect(titles.get_by_role("link", name="Edit").first.or_(titles.get_by_text("No titles yet"))).to_be_visible()
    expect(preparing.get_by_text("picnic")).to_have_count(0)


def test_the_studio_is_for_editors(house: House, visit: Visits) -> None:
    page = visit(house.member())
    page.goto("/studio")
    expect(page.get_by_role("heading", name="This page is for editors")).to_be_visible()
