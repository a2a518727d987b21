"""A page in Debian's Chromium with the players that others use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import sync_playwright

T = TypeVar("T")
MODULES = Path(__file__).parents[2] / "web" / "node_modules"
SCRIPTS = [
    MODULES / "hls.js/dist/hls.min.js",
    MODULES / "dashjs/dist/legacy/umd/dash.all.min.js",
    MODULES / "shaka-player/dist/shaka-player.compiled.js",
    Path(__file__).with_name("screen.js"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--autoplay-policy=no-user-gesture-required"]
RATE, PATIENCE_S = 4, 30
DECODES = "(types) => types.filter((type) => !MediaSource.isTypeSupported(type))"
SHOW = "(films) => Promise.all(films.map((film) => window.show(film)))"


@dataclass(frozen=True)
class Showing:
    """A film in a player, `at` the end: seconds of the film, but for `stood`, `leapt` and `took`, which say how long it stood
    still and how far it leapt, and how long all took. `heard` is how many bytes of sound were decoded."""

    faults: list[str]
    seeks: list[float]
    ended: bool
    at: float
    lasts: float
    width: int
    height: int
    frames: int
    heard: int
    holes: int
    stood: float
    leapt: float
    took: float


class Screen:
    """The browser's driver keeps a loop running in its thread, which is one of its own."""

    def __init__(self, chromium: str, page: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._do(lambda: self._open(chromium, page))

    def _do(self, work: Callable[[], T]) -> T:
        return self._thread.submit(work).result()

    def _open(self, chromium: str, page: str) -> None:
        self._driver = sync_playwright().start()
        self._browser = self._driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        self._page = self._browser.new_page()
        self._page.goto(page)
        for script in SCRIPTS:
            self._page.add_script_tag(path=script)

    def undecodable(self, types: Sequence[str]) -> list[str]:
        """Those media types that this browser does not play."""
        return self._do(lambda: self._page.evaluate(DECODES, list(types)))

    def show(self, films: Sequence[tuple[str, str]]) -> list[Showing]:
        """Plays films, each a player and an address, beside one another to their ends."""
        wanted = [{"player": player, "url": url, "rate": RATE, "patience": PATIENCE_S} for player, url in films]
        return [Showing(**seen) for seen in self._do(lambda: self._page.evaluate(SHOW, wanted))]

    def close(self) -> None:
        self._do(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        self._browser.close()
        self._driver.stop()
