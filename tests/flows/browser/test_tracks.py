"""Languages and subtitles as a viewer meets them: the menu, what stands without asking, and what is remembered."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import imageio_ffmpeg
import pytest
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from conftest import Films, House, Person, Player, Visits

pytestmark = pytest.mark.browser

SECONDS = 20
TEXTS = {
    "en": ("eng", "", 0, "Hello there"),
    "sdh": ("eng", "", "hearing_impaired", "[door opens] Hello there"),
    "de": ("deu", "", "forced", "Was auf dem Schild steht"),
    "fr": ("fra", "", 0, r"{\an8}<i>Bonjour</i>"),
}


def lines(words: str) -> str:
    return "\n".join(f"{at + 1}\n00:00:{at:02d},000 --> 00:00:{at + 1:02d},000\n{words}\n" for at in range(SECONDS))


@pytest.fixture(scope="session")
def polyglot(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A film in English and German, with a described sound; subtitles of each kind, those in German only for what is not said."""
    folder = tmp_path_factory.mktemp("polyglot")
    film = folder / "film.mkv"
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=12:duration={SECONDS}"]
    maps = ["-map", "0"]
    for number, hertz in enumerate((330, 440, 550), 1):
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={hertz}:duration={SECONDS}"]
        maps += ["-map", str(number)]
    about = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-metadata:s:a:2", "language=eng"]
    about += ["-disposition:a:0", "default", "-disposition:a:1", "0", "-disposition:a:2", "visual_impaired"]
    for number, (name, (tag, title, kind, words)) in enumerate(TEXTS.items()):
        (folder / f"{name}.srt").write_text(lines(words))
        inputs += ["-i", str(folder / f"{name}.srt")]
        maps += ["-map", str(number + 4)]
        about += [f"-metadata:s:s:{number}", f"language={tag}", f"-metadata:s:s:{number}", f"title={title}"]
        about += [f"-disposition:s:{number}", str(kind)]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "srt"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, *maps, *coding, *about, str(film)]
    subprocess.run(command, check=True, timeout=60)
    house.add(film, "Polyglot", "--genre", "Drama", "--maturity", "0")
    return house.title("Polyglot")


@pytest.fixture
def watcher(house: House) -> Person:
    return house.member()


@pytest.fixture
def watching(watcher: Person, visit: Visits, player: type[Player], polyglot: str) -> Player:
    page = visit(watcher)
    page.goto(f"/watch/{polyglot}")
    film = player(page)
    film.wait_past(0.3)
    page.keyboard.press("Space")
    return film


def opened(page: Page) -> Locator:
    page.get_by_role("button", name="Audio and Subtitles").click()
    return page.get_by_role("menu", name="Audio and Subtitles")


def offered(page: Page, group: str) -> list[str]:
    return page.get_by_role("group", name=group).get_by_role("menuitemradio").all_inner_texts()


def choose(page: Page, group: str, name: str) -> None:
    opened(page)
    page.get_by_role("group", name=group).get_by_role("menuitemradio", name=name, exact=True).click()


def test_the_menu_groups_what_there_is(watching: Player) -> None:
    page = watching.page
    opened(page)
    assert offered(page, "Audio") == ["English", "Deutsch", "English (audio description)"]
    assert offered(page, "Subtitles") == ["Off", "English", "English (SDH)", "Français"]
    chosen = page.get_by_role("menuitemradio", checked=True)
    assert chosen.all_inner_texts() == ["English", "Off"]


def test_forced_subtitles_stand_in_the_language_that_one_hears(watching: Player) -> None:
    page = watching.page
    choose(page, "Audio", "Deutsch")
    expect(page.get_by_text("Was auf dem Schild steht")).to_be_visible()
    opened(page)
    expect(page.get_by_role("menuitemradio", name="Off")).to_be_checked()
    page.keyboard.press("Escape")
    choose(page, "Subtitles", "Français")
    expect(page.get_by_text("Bonjour")).to_be_visible()
    expect(page.get_by_text("Was auf dem Schild steht")).to_have_count(0)
    choose(page, "Subtitles", "Off")
    expect(page.get_by_text("Was auf dem Schild steht")).to_be_visible()
    choose(page, "Audio", "English")
    expect(page.get_by_text("Was auf dem Schild steht")).to_have_count(0)


def test_words_keep_their_place_and_their_slant(watching: Player) -> None:
    page = watching.page
    choose(page, "Subtitles", "Français")
    words = page.get_by_text("Bonjour")
    expect(words).to_have_css("font-style", "italic")
    box, picture = words.bounding_box(), page.locator("video").bounding_box()
    assert box is not None
    assert picture is not None
    assert box["y"] < picture["y"] + picture["height"] / 3


def test_a_choice_is_taken_again(watching: Player, player: type[Player]) -> None:
    page = watching.page
    choose(page, "Audio", "English (audio description)")
    choose(page, "Subtitles", "English (SDH)")
    page.reload()
    player(page).wait_past(0.3)
    expect(page.get_by_text("[door opens] Hello there")).to_be_visible()
    opened(page)
    assert page.get_by_role("menuitemradio", checked=True).all_inner_texts() == [
        "English (audio description)",
        "English (SDH)",
    ]


def test_a_film_without_it_gives_what_is_nearest(watching: Player, player: type[Player], films: Films) -> None:
    page = watching.page
    choose(page, "Subtitles", "English (SDH)")
    page.goto(f"/watch/{films.sunny}")
    player(page).wait_past(0.3)
    expect(page.get_by_text("of the story")).to_be_visible()


def test_the_menu_goes_by_keys(watching: Player) -> None:
    page = watching.page
    button = page.get_by_role("button", name="Audio and Subtitles")
    button.focus()
    page.keyboard.press("Enter")
    focused = page.locator(":focus")
    expect(focused).to_have_text("English")
    page.keyboard.press("End")
    expect(focused).to_have_text("Français")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_text("English")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(button).to_be_focused()
    expect(page.get_by_text("Bonjour")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("menu")).to_have_count(0)
