"""A whole installation with small films, and visitors in a real Chromium.

All tests here share one `house` and one `browser`, and come after all others: the browser's driver keeps a loop running in
this thread, which tests of other folders must not meet. `visit` opens a page in a browser of its own, so to speak: a fresh
context."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import httpx
import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

T = TypeVar("T")

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--autoplay-policy=no-user-gesture-required"]
PATIENCE_MS = 15_000
PASSWORD = "correct horse"
LAPTOP, PHONE = (1280, 800), (390, 844)
FOLDER = Path(__file__).parent

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FOLDER in item.path.parents)


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = probe.getsockname()[1]
        if first + count > 65000:
            continue
        taken = [port for port in range(first, first + count) if _taken(port)]
        if not taken:
            return first


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(look: Callable[[], T], most_s: float = 20.0) -> T:
    """The first true thing that `look` gives within the time."""
    deadline = time.monotonic() + most_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"did not come true within {most_s} s; last seen: {seen!r}"
        time.sleep(0.1)
    return seen


@pytest.fixture
def eventually() -> Callable[[Callable[[], T]], T]:
    return until


@dataclass
class Person:
    """An account, and the cookie of a login with its first profile chosen."""

    email: str
    password: str
    http: httpx.Client
    profiles: list[dict[str, Any]]

    def choose(self, profile_id: str) -> None:
        self.http.post("/api/session/profile", json={"profile_id": profile_id}).raise_for_status()

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def cookies(self) -> list[Any]:
        return [
            {"name": one.name, "value": one.value, "url": str(self.http.base_url)}
            for one in self.http.cookies.jar
            if one.value is not None
        ]


class House:
    """`matinee up` in a folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, self.appliances_from = free_ports(1), free_ports(3)
        self.url = f"http://localhost:{self.port}"
        self._log = home.with_suffix(".log")
        self._callers = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {**os.environ, "MATINEE_APPLIANCES_FIRST_PORT": str(self.appliances_from)}
        command = [*self._matinee("up"), "--port", str(self.port), "--test-clock"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        until(self._open, 60)
        until(lambda: len(self.appliances_up()) == 2, 30)

    def _open(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        return "Matinee is running" in self._log.read_text()

    def appliances_up(self) -> dict[int, str]:
        """The names of the appliances that report, by their port."""
        known = self.owner.get("/api/operations/appliances")["appliances"]
        up = [one["report"] for one in known if one["up"]]
        return {int(report["url"].rpartition(":")[2]): report["appliance_id"] for report in up}

    def stop(self) -> None:
        assert self._process is not None
        self._callers.close()
        for pid in self.pids().values():
            os.kill(pid, signal.SIGCONT)  # a frozen one would keep the house from ending
        self._process.send_signal(signal.SIGINT)
        self._process.wait(20)

    def _matinee(self, command: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "matinee", command, *arguments, "--home", str(self.home)]

    def add(self, film: Path, title: str, *options: str, wait: bool = True) -> None:
        arguments = [str(film), "--title", title, "--again", *options, *(["--wait"] if wait else [])]
        done = subprocess.run(self._matinee("add", *arguments), capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def title(self, name: str) -> str:
        """The id of a title by its name."""
        titles = self.owner.get("/api/studio/titles")["titles"]
        return next(one["id"] for one in titles if one["title"] == name)

    @cached_property
    def owner(self) -> Person:
        person = json.loads((self.home / "secrets" / "logins.json").read_text())[0]
        return self.log_in(person["email"], person["password"])

    def member(self, plan: str = "premium") -> Person:
        """Someone new who has signed up, by the API."""
        email = f"{uuid.uuid4().hex[:12]}@example.org"
        body = {"email": email, "password": PASSWORD, "name": "Ada", "plan": plan, "payment_method": "pm_card_visa"}
        with httpx.Client(base_url=self.url, timeout=15) as http:
            http.post("/api/signup", json=body, headers={"Idempotency-Key": uuid.uuid4().hex}).raise_for_status()
        return self.log_in(email, PASSWORD)

    def log_in(self, email: str, password: str) -> Person:
        caller = httpx.Client(base_url=self.url, timeout=15, headers={"Origin": self.url})
        http = self._callers.enter_context(caller)
        answer = http.post("/api/session", json={"email": email, "password": password}).raise_for_status()
        person = Person(email, password, http, answer.json()["profiles"])
        person.choose(person.profiles[0]["id"])
        return person

    def pass_days(self, days: int) -> None:
        self.owner.http.post("/api/operations/clock", json={"advance_s": days * 86_400}).raise_for_status()

    def pids(self) -> dict[str, int]:
        """The processes of this house by name."""
        found: dict[str, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if str(self.home) in words and "--name" in words:
                found[words[words.index("--name") + 1]] = int(folder.name)
        return found


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="mb", dir="/tmp"))  # short: sockets lie inside
    house = House(folder / "h")
    house.start()
    yield house
    house.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def former_members(house: House) -> list[Person]:
    """People whose membership has ended; who makes one a member again takes it out. The calendar is moved once for all."""
    people = [house.member("standard") for _ in range(6)]
    for person in people:
        person.http.post("/api/account/cancel").raise_for_status()
    house.pass_days(32)
    for person in people:
        until(lambda person=person: person.get("/api/account")["subscription"]["status"] == "canceled")
    return people


# -- films ---------------------------------------------------------------------------------------------------------

LINES = [f"Line {number} of the story" for number in range(1, 11)]


@pytest.fixture(scope="session")
def reels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """film.mp4 (20 s, moving, with film.en.srt), bare.mp4 (20 s), long.mp4 (90 s, small)."""
    folder = tmp_path_factory.mktemp("reels")
    _film(folder / "film.mp4", "testsrc2=size=640x360:rate=24", 20)
    _film(folder / "bare.mp4", "mandelbrot=size=640x360:rate=24", 20)
    _film(folder / "long.mp4", "testsrc2=size=320x180:rate=12", 90)
    cues = [
        f"{number}\n00:00:{2 * number - 2:02d},000 --> 00:00:{2 * number:02d},000\n{line}\n"
        for number, line in enumerate(LINES, 1)
    ]
    (folder / "film.en.srt").write_text("\n".join(cues))
    return folder


def _film(path: Path, picture: str, seconds: int) -> None:
    sources = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=330"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *sources, "-t", str(seconds), *coding, str(path)]
    subprocess.run(command, check=True, timeout=60)


@dataclass(frozen=True)
class Films:
    """Ids of published films: one for all with subtitles, one for adults alone, one of a minute and a half."""

    sunny: str
    adult: str
    long: str


@pytest.fixture(scope="session")
def films(house: House, reels: Path) -> Films:
    house.add(reels / "film.mp4", "Sunny Side", "--genre", "Drama", "--maturity", "0")
    house.add(reels / "bare.mp4", "Night Shift", "--genre", "Thriller", "--maturity", "18")
    house.add(reels / "long.mp4", "The Long Way", "--genre", "Drama", "--maturity", "0")
    return Films(house.title("Sunny Side"), house.title("Night Shift"), house.title("The Long Way"))


# -- visitors ------------------------------------------------------------------------------------------------------


@dataclass
class Visits:
    """Opens pages, and remembers what they complained about."""

    browser: Browser
    house: House
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, person: Person | None = None, size: tuple[int, int] = LAPTOP) -> Page:
        width, height = size
        context = self.browser.new_context(
            base_url=self.house.url,
            viewport={"width": width, "height": height},
            locale="en-GB",
            has_touch=width < 600,
            is_mobile=width < 600,
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if person:
            context.add_cookies(person.cookies())
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._hear(page, message))
        return page

    def _hear(self, page: Page, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{page.url}: {message.text} ({message.location.get('url', '')})")


def refused(complaint: str) -> bool:
    """What Chromium itself writes when a request is answered by a problem or not at all."""
    return "Failed to load resource" in complaint


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, house: House) -> Iterator[Visits]:
    """`visit(person, size)` gives a page; a script's error on any of them fails the test."""
    visits = Visits(browser, house)
    yield visits
    for context in visits.contexts:
        context.close()
    assert [one for one in visits.complaints if not refused(one)] == []


# -- the player ----------------------------------------------------------------------------------------------------

PICTURE = """() => {
  const video = document.querySelector('video');
  const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  const brush = canvas.getContext('2d');
  brush.drawImage(video, 0, 0, 64, 36);
  return [...brush.getImageData(0, 0, 64, 36).data];
}"""

WATCH = """() => {
  const video = document.querySelector('video');
  const seen = (window.seen = { samples: [], waits: 0 });
  video.addEventListener('waiting', () => { if (!video.seeking) seen.waits += 1; });
  setInterval(() => seen.samples.push([performance.now() / 1000, video.currentTime]), 50);
}"""


class Player:
    """The player's page, as a viewer and their stopwatch see it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def position(self) -> float:
        return self.page.evaluate("document.querySelector('video')?.currentTime ?? 0")

    def paused(self) -> bool:
        return self.page.evaluate("document.querySelector('video').paused")

    def wait_past(self, seconds: float, most_s: float = 20) -> None:
        deadline = time.monotonic() + most_s
        while self.position() <= seconds:
            assert time.monotonic() < deadline, f"stands at {self.position()} s; the page: {self.text()}"
            self.page.wait_for_timeout(50)

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def picture(self) -> list[int]:
        """Sixty-four by thirty-six pixels of what is shown now."""
        return self.page.evaluate(PICTURE)

    def start_stopwatch(self) -> None:
        self.page.evaluate(WATCH)

    def lost_s(self) -> float:
        """How far the film fell behind the clock since the stopwatch was started; every stall adds to it."""
        samples = self.page.evaluate("window.seen.samples")
        behind = [clock - position for clock, position in samples]
        return max(behind) - min(behind)

    def waits(self) -> int:
        return self.page.evaluate("window.seen.waits")


@pytest.fixture
def player() -> type[Player]:
    return Player
