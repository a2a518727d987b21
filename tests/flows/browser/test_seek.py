"""The seek bar: pictures of the moment under the pointer, chapters, and what a drag does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg
import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from conftest import House, Person, Visits

PHONE = (390, 844)
CHAPTERS = [
    (0, "Leaving"),
    (12, "On the road, with more to say than there is room for on any narrow screen"),
    (24, "Home"),
]
NOTES = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1\nSTART={start}\nEND={end}\ntitle={title}\n"
    for (start, title), end in zip(CHAPTERS, (12, 24, 36), strict=True)
)


@pytest.fixture(scope="module")
def journey(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    """36 s in three chapters: black, then red, then blue; upright, for pictures of another shape than the page's."""
    folder = tmp_path_factory.mktemp("journey")
    (folder / "notes").write_text(NOTES)
    sources = [f"color={name}:s=180x320:r=12:d=12" for name in ("black", "red", "blue")]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *inputs, "-i", str(folder / "notes")]
    coding = ["-map_chapters", "3", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    film = folder / "journey.mkv"
    graph = ["-filter_complex", "[0][1][2]concat=n=3:v=1"]
    subprocess.run([*command, *graph, *coding, str(film)], check=True, timeout=60)
    house.add(film, "Journey", "--maturity", "0")
    return house.title("Journey")


@pytest.fixture
def traveller(house: House) -> Person:
    return house.member()


Open = Callable[..., Page]


@pytest.fixture
def opened(visit: Visits, journey: str, traveller: Person, eventually: Callable[..., Any]) -> Open:
    def open_(size: tuple[int, int] = (1280, 800), before: Callable[[Page], None] = lambda _: None) -> Page:
        page = visit(traveller, size)
        before(page)
        page.goto(f"/watch/{journey}")
        eventually(lambda: position(page) > 0.2)
        page.keyboard.press("k")
        return page

    return open_


def position(page: Page) -> float:
    return page.evaluate("document.querySelector('video')?.currentTime ?? 0")


def spot(page: Page, share: float) -> tuple[float, float]:
    """Where on the page the bar is at this share of the film."""
    box = page.locator(".seek").bounding_box()
    assert box
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 2


COLOUR = """async canvas => {
  const brush = new OffscreenCanvas(1, 1).getContext('2d');
  brush.drawImage(await createImageBitmap(canvas), canvas.width / 2, canvas.height / 2, 1, 1, 0, 0, 1, 1);
  return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


def colour(page: Page) -> tuple[bool, bool, bool]:
    """Whether the picture is red, green, blue in its middle."""
    red, green, blue = page.locator("canvas.thumbnail").evaluate(COLOUR)
    return red > 150, green > 150, blue > 150


def test_the_moment_under_the_pointer_is_shown_in_its_shape(opened: Open, eventually: Callable[..., Any]) -> None:
    page = opened()
    for share, shown, title, time in (
        (0.5, (True, False, False), "On the road", "0:18"),
        (0.9, (False, False, True), "Home", "0:32"),
        (0.1, (False, False, False), "Leaving", "0:03"),
    ):
        page.mouse.move(*spot(page, share))
        preview = page.locator(".seek-preview")
        expect(preview).to_contain_text(title)
        expect(preview).to_contain_text(time)
        expect(page.locator("canvas.thumbnail")).to_be_visible()
        eventually(lambda shown=shown: colour(page) == shown)
    box = page.locator("canvas.thumbnail").bounding_box()
    assert box
    assert 0.52 < box["width"] / box["height"] < 0.62
    page.mouse.move(600, 300)
    expect(page.locator(".seek-preview")).to_have_count(0)


def test_at_the_films_ends_the_preview_stays_on_the_bar(opened: Open) -> None:
    page = opened()
    bar = page.locator(".seek").bounding_box()
    assert bar
    for share in (0.0, 0.02, 0.98, 1.0):
        page.mouse.move(*spot(page, share))
        expect(page.locator("canvas.thumbnail")).to_be_visible()
        box = page.locator(".seek-preview").bounding_box()
        assert box
        assert box["x"] >= bar["x"] - 1
        assert box["x"] + box["width"] <= bar["x"] + bar["width"] + 1


def test_a_drag_shows_where_and_jumps_when_one_lets_go(opened: Open, eventually: Callable[..., Any]) -> None:
    page = opened()
    before = position(page)
    page.mouse.move(*spot(page, 0.1))
    page.mouse.down()
    page.mouse.move(*spot(page, 0.75), steps=4)
    expect(page.locator(".seek-preview")).to_contain_text("0:27")
    assert position(page) == before
    page.mouse.up()
    eventually(lambda: abs(position(page) - 27) < 0.5)
    page.mouse.down()
    page.mouse.move(*spot(page, 0.2), steps=4)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert abs(position(page) - 27) < 0.5, "Escape leaves it where it was, and the player open"
    expect(page.get_by_role("slider", name="Position")).to_be_visible()


def test_keys_go_from_chapter_to_chapter_and_show_where(opened: Open, eventually: Callable[..., Any]) -> None:
    page = opened()
    slider = page.get_by_role("slider", name="Position")
    for key, at in (("PageUp", 12), ("PageUp", 24), ("PageUp", 24), ("PageDown", 12), ("PageDown", 0)):
        page.keyboard.press(key)
        eventually(lambda at=at: abs(position(page) - at) < 0.3)
        expect(page.locator(".seek-preview")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".seek-preview")).to_contain_text("0:10")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", f"20 seconds of 36 seconds, {CHAPTERS[1][1]}")
    expect(page.locator(".seek-preview")).to_have_count(0, timeout=4000)


@pytest.mark.parametrize("size", [(1920, 1080), PHONE])
def test_the_chapter_menu_fits_the_screen_and_leads_there(
    opened: Open, eventually: Callable[..., Any], size: tuple[int, int]
) -> None:
    page = opened(size)
    page.get_by_role("button", name="Chapters").click()
    menu = page.get_by_role("menu", name="Chapters")
    expect(menu.get_by_role("menuitemradio", checked=True)).to_contain_text("Leaving")
    box = menu.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    menu.get_by_role("menuitemradio", name="Home").click()
    eventually(lambda: abs(position(page) - 24) < 0.3)


def test_a_finger_drags_and_sees_the_moment(opened: Open, eventually: Callable[..., Any]) -> None:
    page = opened(PHONE)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *shares: float) -> None:
        points = [dict(zip("xy", spot(page, share), strict=True)) for share in shares]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 0.1)
    for share in (0.2, 0.4, 0.5):
        send("touchMove", share)
    expect(page.locator("canvas.thumbnail")).to_be_visible()
    eventually(lambda: colour(page) == (True, False, False))
    assert position(page) < 3
    send("touchEnd")
    eventually(lambda: abs(position(page) - 18) < 1.5)
    expect(page.locator(".seek-preview")).to_have_count(0)


def test_without_the_pictures_the_time_is_shown_alone(opened: Open) -> None:
    page = opened(before=lambda page: page.route("**/thumbnails/*.jpg", lambda route: route.abort()))
    page.mouse.move(*spot(page, 0.5))
    expect(page.locator(".seek-preview")).to_contain_text("0:18")
    expect(page.locator("canvas.thumbnail")).to_be_hidden()


def test_chapters_on_the_titles_page_lead_into_the_film(
    visit: Visits, journey: str, traveller: Person, eventually: Callable[..., Any]
) -> None:
    page = visit(traveller)
    page.goto(f"/titles/{journey}")
    page.get_by_role("region", name="Chapters").get_by_role("link", name="Home").click()
    eventually(lambda: position(page) >= 24)
