"""A series as members watch it, one episode after the other, and as editors make it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg
import pytest
from playwright.sync_api import Dialog, Page, expect

if TYPE_CHECKING:
    from conftest import House, Player, Visits

pytestmark = pytest.mark.browser

PHONE = (390, 844)
SECONDS = 6


@dataclass(frozen=True)
class Saga:
    """A series with two seasons; `spare` is a film beside it. Ids by "season.number"."""

    id: str
    episodes: dict[str, str]
    spare: str


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saga") / "short.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=12:duration={SECONDS}"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency=330:duration={SECONDS}"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *picture, *sound, *coding, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture(scope="session")
def saga(house: House, short: Path) -> Saga:
    metadata = {"title": "The Dark Ages", "maturity": 0, "language": "en", "genres": ["Mystery"]}
    german = {"de": {"title": "Finstere Zeiten", "synopsis": "Ein Dorf im Winter."}}
    made = house.owner.http.post(
        "/api/studio/titles",
        json={"metadata": {**metadata, "translations": german}},
        headers={"Idempotency-Key": "dark-ages"},
    )
    series = made.raise_for_status().json()["id"]
    episodes: dict[str, str] = {}
    for place, name in {"1.1": "The Well", "1.2": "The Bell", "2.1": "The Tell"}.items():
        house.add(short, name, "--maturity", "0")
        episodes[place] = house.title(name)
        season, number = map(int, place.split("."))
        where = {"series_id": series, "season": season, "number": number}
        changed = house.owner.http.patch(f"/api/studio/titles/{episodes[place]}", json={"episode": where})
        changed.raise_for_status()
    house.add(short, "Spare Reel", "--maturity", "0")
    return Saga(series, episodes, house.title("Spare Reel"))


AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FAULTS = """async (tags) => (await axe.run(document, { runOnly: tags })).violations
  .flatMap(({ id, nodes }) => nodes.map(({ target }) => [id, ...target].join(" ")))"""


@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["laptop", "phone"])
def test_the_pages_of_a_series_are_for_everyone(house: House, visit: Visits, saga: Saga, size: tuple[int, int]) -> None:
    page = visit(house.owner, size)
    page.context.add_init_script(path=AXE)
    for path in (f"/titles/{saga.id}", f"/studio/titles/{saga.id}"):
        page.goto(path)
        expect(page.get_by_role("region", name="Episodes").get_by_text("The Well").first).to_be_visible()
        page.mouse.move(1, 1)
        assert page.evaluate(FAULTS, RULES) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def to_the_end(page: Page) -> None:
    page.evaluate("const film = document.querySelector('video'); film.currentTime = film.duration - 0.4; film.play()")


def test_a_series_is_watched_from_its_card_to_the_next_episode(
    house: House, visit: Visits, player: type[Player], saga: Saga, eventually: Callable[..., Any]
) -> None:
    person = house.member()
    page = visit(person)
    eventually(lambda: saga.id in str(person.get("/api/discovery/home")))
    page.goto("/")
    page.get_by_role("region", name="New").get_by_role("link", name="The Dark Ages").click()
    expect(page.get_by_role("heading", name="The Dark Ages")).to_be_visible()
    episodes = page.get_by_role("region", name="Episodes")
    expect(episodes.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("combobox", name="Season").select_option("2")
    expect(episodes.get_by_role("heading", name="The Tell")).to_be_visible()
    assert "season=2" in page.url
    page.get_by_role("link", name=re.compile(r"^Play S1\sE1$")).click()
    film = player(page)
    film.wait_past(0.5)
    expect(page.get_by_role("heading", name="The Dark Ages: S1 E1 The Well")).to_be_attached()
    to_the_end(page)
    following = page.get_by_role("region", name="Next episode")
    expect(following.get_by_role("heading")).to_contain_text("S1 E2 The Bell")
    expect(following.get_by_role("link", name="Play now")).to_be_focused()
    following.get_by_role("button", name="Cancel").click()
    expect(following.get_by_role("status")).to_have_text("It does not begin by itself.")
    following.get_by_role("link", name="Play now").click()
    expect(page.get_by_role("heading", name="S1 E2 The Bell")).to_be_attached()
    film.wait_past(0.5)
    to_the_end(page)
    page.get_by_role("region", name="Next episode").wait_for()
    expect(page.get_by_role("heading", name="S2 E1 The Tell")).to_be_attached(timeout=25_000)  # by itself
    film.wait_past(0.5)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.get_by_role("heading", name="The Dark Ages")).to_be_visible()
    page.get_by_role("combobox", name="Season").select_option("1")
    expect(page.get_by_role("region", name="Episodes").get_by_text("Watched").first).to_be_visible()


def test_home_goes_on_with_the_next_episode(
    house: House, visit: Visits, player: type[Player], saga: Saga, eventually: Callable[..., Any]
) -> None:
    person = house.member()
    page = visit(person, PHONE)
    page.goto(f"/watch/{saga.episodes['1.1']}")
    player(page).wait_past(0.3)
    to_the_end(page)
    page.get_by_role("button", name="Cancel").click()
    eventually(lambda: saga.episodes["1.2"] in str(person.get("/api/discovery/home")["rows"][0]))
    page.goto("/")
    row = page.get_by_role("region", name="Continue watching")
    expect(row.get_by_text("S1 E2 · The Bell")).to_be_visible()
    row.get_by_role("link", name="Play The Dark Ages").click()
    expect(page.get_by_role("heading", name="S1 E2 The Bell")).to_be_attached()
    player(page).wait_past(0.3)


def test_titles_come_in_the_browsers_language(house: House, visit: Visits, saga: Saga) -> None:
    page = visit(house.member())
    page.set_extra_http_headers({"Accept-Language": "de-CH, en;q=0.5"})
    page.goto(f"/titles/{saga.id}")
    expect(page.get_by_role("heading", name="Finstere Zeiten")).to_be_visible()
    expect(page.get_by_text("Ein Dorf im Winter.")).to_be_visible()


def test_a_title_is_found_and_edited_in_several_languages(house: House, visit: Visits, saga: Saga) -> None:
    page = visit(house.owner)
    page.goto("/studio")
    titles = page.get_by_role("region", name="Titles")
    titles.get_by_label("Search titles").fill("SPARE")
    expect(titles.get_by_role("listitem")).to_have_count(1)
    titles.get_by_role("link", name="Edit Spare Reel").click()
    expect(page.get_by_role("heading", name="Spare Reel")).to_be_visible()
    page.get_by_label("Another language").select_option("fr")
    page.get_by_role("button", name="Add language").click()
    expect(page.get_by_label("Title in French")).to_be_focused()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter the title in this language")).to_be_visible()
    expect(page.get_by_label("Title in French")).to_be_focused()
    page.get_by_label("Title in French").fill("La Bobine")
    page.get_by_label("Year").fill("1927")
    page.get_by_label("Only in some countries").check()
    page.get_by_label("Search countries").fill("germ")
    page.get_by_label("Germany").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("region", name="Unsaved changes")).to_have_count(0)
    saved = house.owner.get(f"/api/studio/titles/{saga.spare}")
    assert (saved["translations"]["fr"]["title"], saved["year"]) == ("La Bobine", 1927)
    assert saved["rights"]["territories"] == ["DE"]
    page.get_by_label("Everywhere").check()
    page.get_by_role("button", name="Remove French").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert house.owner.get(f"/api/studio/titles/{saga.spare}")["translations"] == {}


def test_what_is_not_saved_is_not_lost_by_a_slip(house: House, visit: Visits, saga: Saga) -> None:
    page = visit(house.owner)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.goto("/studio")
    page.get_by_role("link", name="Edit Spare Reel").click()
    page.get_by_label("Synopsis").fill("Half a sentence")
    page.on("dialog", stay)
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_label("Synopsis")).to_have_value("Half a sentence")
    page.go_back()
    expect(page.get_by_label("Synopsis")).to_have_value("Half a sentence")
    assert len(asked) == 2
    assert "/studio/titles/" in page.url
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("region", name="New")).to_be_visible()
    assert len(asked) == 2


def test_two_editors_at_once_lose_nothing(house: House, visit: Visits, saga: Saga) -> None:
    path = f"/api/studio/titles/{saga.spare}"
    page = visit(house.owner)
    page.goto(f"/studio/titles/{saga.spare}")
    page.get_by_label("Synopsis").fill("Mine")
    house.owner.http.patch(path, json={"year": 1930}).raise_for_status()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("What someone else changed meanwhile is kept too.")).to_be_visible()
    saved = house.owner.get(path)
    assert (saved["synopsis"], saved["year"]) == ("Mine", 1930)

    page.get_by_label("Synopsis").fill("Mine again")
    house.owner.http.patch(path, json={"synopsis": "Theirs"}).raise_for_status()
    page.get_by_role("button", name="Save").click()
    dispute = page.get_by_role("alert")
    expect(dispute).to_contain_text("Theirs: Theirs")
    expect(dispute).to_contain_text("Yours: Mine again")
    assert house.owner.get(path)["synopsis"] == "Theirs"
    dispute.get_by_role("button", name="Keep mine: Synopsis").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert house.owner.get(path)["synopsis"] == "Mine again"


def test_a_title_is_withdrawn_previewed_scheduled_and_published(
    house: House, visit: Visits, player: type[Player], saga: Saga
) -> None:
    path = f"/api/studio/titles/{saga.spare}"
    page = visit(house.owner)
    page.goto(f"/studio/titles/{saga.spare}")
    page.get_by_role("button", name="Withdraw…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Keep it").click()
    assert house.owner.get(path)["state"] == "published"
    page.get_by_role("button", name="Withdraw…").click()
    dialog.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("“Spare Reel” is withdrawn.")).to_be_visible()
    page.get_by_role("link", name="Preview").click()
    player(page).wait_past(0.3)
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_role("button", name="Schedule…").click()
    dialog.get_by_label("Visible from").fill("2020-01-01T12:00")
    dialog.get_by_role("button", name="Schedule").click()
    expect(dialog.get_by_text("Choose a moment that is still to come.")).to_be_visible()
    dialog.get_by_label("Visible from").fill("2099-01-01T12:00")
    dialog.get_by_role("button", name="Schedule").click()
    expect(page.get_by_text("Scheduled: from 1 Jan 2099")).to_be_visible()
    saved = house.owner.get(path)
    assert (saved["state"], saved["rights"]["starts_at"][:4]) == ("published", "2099")
    member = visit(house.member())
    member.goto(f"/watch/{saga.spare}")
    expect(member.get_by_role("heading", name="Not showing yet")).to_be_visible()
    assert member.locator("video").count() == 0
    page.get_by_label("Visible from").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert house.owner.get(path)["rights"]["starts_at"] is None


def test_a_series_is_begun_gets_an_episode_and_a_draft_is_deleted(house: House, visit: Visits, saga: Saga) -> None:
    page = visit(house.owner)
    page.goto("/studio")
    page.get_by_role("button", name="New series…").click()
    page.get_by_role("dialog").get_by_label("Title").fill("Short Lived")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Short Lived")).to_be_visible()
    expect(page.get_by_text("Draft: no episode is published")).to_be_visible()
    series = page.url

    page.goto(f"/studio/titles/{saga.spare}")
    page.get_by_label("Belongs to").select_option(label="The Dark Ages")
    page.get_by_label("Season").fill("1")
    page.get_by_label("Episode", exact=True).fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The series has another episode with this number.")).to_be_visible()
    expect(page.get_by_label("Episode", exact=True)).to_be_focused()
    page.get_by_label("Belongs to").select_option(label="Short Lived")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("S1 E2 of Short Lived")).to_be_visible()
    page.get_by_label("Belongs to").select_option(label="No series: a film of its own")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    page.goto(series)
    page.get_by_role("button", name="Delete draft…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Studio")).to_be_visible()
    expect(page.get_by_role("link", name="Edit Short Lived")).to_have_count(0)
