"""A whole installation as `matinee up` starts it, with films and people in it, as a client from outside meets it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import httpx
import imageio_ffmpeg

from matinee.ingest.contract import Ingest, Start
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.runtime.signing import Keyring
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

T = TypeVar("T")
FILM_S, FRAME_RATE = 8, 24
ADULT, DRAFT = "Zanzibarverbot", "Ungeborenes"
"""Words that stand nowhere but in the title that children, or all members, must not see."""

DEVICE = {"screen": {"width": 1920, "height": 1080}, "codecs": ["avc1.64001f", "mp4a.40.2"], "downlink_kbps": 9000}
SUBTITLES = "1\n00:00:01,000 --> 00:00:03,000\nHello there.\n\n2\n00:00:04,000 --> 00:00:06,500\nGood bye.\n"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(look: Callable[[], T], most_s: float = 30.0) -> T:
    """The first true thing that `look` gives within the time."""
    until = time.monotonic() + most_s
    while not (seen := look()):
        assert time.monotonic() < until, f"did not come true within {most_s} s; last seen: {seen!r}"
        time.sleep(0.05)
    return seen


def film(path: Path, tone_hz: int) -> Path:
    """A short moving picture with a tone."""
    picture = f"testsrc2=size=320x180:rate={FRAME_RATE}:duration={FILM_S}"
    tone = f"sine=frequency={tone_hz}:duration={FILM_S}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture]
    command += ["-f", "lavfi", "-i", tone, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


class Installation:
    """`home` should be short. Everything secret that passes through here is remembered in `spoken`."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = home.parent / f"{home.name}.log"
        self.spoken: set[str] = set()
        self.clients: list[httpx.Client] = []
        self.titles: dict[str, dict[str, Any]] = {}
        """By what they are here: "all", "adult", "draft", each as the studio shows it."""
        command = [sys.executable, "-m", "matinee", "up", "--home", str(home), "--port", str(self.port), *options]
        environment = {**os.environ, "MATINEE_APPLIANCES_FIRST_PORT": str(free_port())}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            eventually(self._open, 60)
        except BaseException:
            self.stop()
            raise

    def _open(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        return "Matinee is running" in self.log.read_text()

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def add(self, kind: str, title: str, maturity: Maturity, genre: str, *, publish: bool = True) -> None:
        """A film of its own, ready to play; subtitles in English go with it."""
        path = film(self.home.parent / f"{kind}.mp4", 200 + 40 * len(self.titles))
        path.with_suffix(".en.srt").write_text(SUBTITLES)
        about = ["--title", title, "--maturity", str(int(maturity)), "--genre", genre, "--synopsis", f"{title} it is."]
        if publish:
            command = [sys.executable, "-m", "matinee", "add", str(path), *about, "--home", str(self.home)]
            subprocess.run(command, check=True, timeout=60, capture_output=True)
        else:
            asyncio.run(self._start(path, Metadata(title, f"{title} it is.", None, [genre], maturity)))
        self.titles[kind] = eventually(lambda: self._ready(title, "published" if publish else "draft"), 60)

    async def _start(self, path: Path, metadata: Metadata) -> None:
        channel = HttpChannel(f"unix:{self.home / 'run' / 'ingest.sock'}")
        await connect(Ingest, channel).start(Start("", str(path), path.name, metadata, publish=False))
        await channel.close()

    def _ready(self, title: str, state: str) -> dict[str, Any] | None:
        titles = self.owner.get("/api/studio/titles").json()["titles"]
        found = [each for each in titles if each["title"] == title and each["duration_s"] and each["state"] == state]
        return found[0] if found else None

    @cached_property
    def owner(self) -> Person:
        """Who runs the house, logged in once for what a test prepares."""
        return self.staff()

    def http(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=40, **options)

    def _person(self, index: int, profile: int | None) -> Person:
        known = json.loads((self.home / "secrets" / "logins.json").read_text())[index]
        person = Person(self, known["email"], known["password"])
        return person if profile is None else person.choose(person.profiles[profile]["id"])

    def staff(self, profile: int | None = 0) -> Person:
        """The owner: editor and operator."""
        return self._person(0, profile)

    def sign_up(self, name: str) -> Person:
        """Someone new who pays, with a grown-up's profile (chosen) and a child's."""
        email, password = f"{name}-{secrets.token_hex(4)}@example.org", f"{name}:{secrets.token_urlsafe(12)}"
        self.spoken.add(password)
        body = {"email": email, "password": password, "name": name, "plan": "premium", "payment_method": "pm_card_visa"}
        with self.http() as http:
            headers = {"Idempotency-Key": secrets.token_hex(16)}
            answer = http.post("/api/signup", json=body, headers=headers)
            assert answer.status_code == 201, answer.text
        person = Person(self, email, password)
        person.choose(person.profiles[0]["id"])
        child = {"name": "Child", "maturity": 7}
        assert person.post("/api/profiles", json=child).status_code == 201
        return person.refresh()

    def appliance_token(self, name: str, audience: str = "open-connect") -> str:
        """What this appliance shows to the front door, or to the origin."""
        claims = {"iss": name, "aud": audience, "exp": int(time.time()) + 600}
        return self.keyring(f"appliance-{name}").sign(claims)

    def keyring(self, name: str) -> Keyring:
        """What the installation itself signs with: the strongest forger has it."""
        return Keyring.load(self.home / "secrets" / f"{name}.json")


class Person(httpx.Client):
    """Someone logged in."""

    def __init__(self, house: Installation, email: str, password: str) -> None:
        super().__init__(base_url=house.url, timeout=40)
        self.house, self.email, self.password = house, email, password
        house.clients.append(self)
        answer = self.post("/api/session", json={"email": email, "password": password, "device": "Test"})
        assert answer.status_code == 201, answer.text
        self.token: str = answer.json()["access_token"]
        house.spoken.add(self.token)
        self.account: dict[str, Any] = answer.json()["account"]
        self.profiles: list[dict[str, Any]] = answer.json()["profiles"]
        self.headers["authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Self:
        """Open already."""
        return self

    def again(self, profile: int | None = 0) -> Person:
        """The same person at another device."""
        other = Person(self.house, self.email, self.password)
        return other if profile is None else other.choose(other.profiles[profile]["id"])

    def refresh(self) -> Person:
        self.profiles = self.get("/api/profiles").json()["profiles"]
        return self

    def choose(self, profile_id: str) -> Person:
        answer = self.post("/api/session/profile", json={"profile_id": profile_id})
        assert answer.status_code == 200, answer.text
        return self

    @property
    def login(self) -> str:
        devices = self.get("/api/devices").json()["devices"]
        return next(each["id"] for each in devices if each["current"])

    def play(self, title_id: str) -> Playing:
        answer = self.post(f"/api/play/{title_id}", json={"device": DEVICE})
        assert answer.status_code == 201, answer.text
        return Playing(self, answer.json())

    def beat(self, session_id: str, position_s: float, moment: str = "2026-01-01T00:00:00Z") -> httpx.Response:
        body = {"position_s": position_s, "state": "playing", "at": moment}
        return self.post(f"/api/play/sessions/{session_id}/heartbeat", json=body)


class Playing:
    """A playback session, with every media URL that its two manifests name."""

    def __init__(self, person: Person, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.id: str = answer["session_id"]
        self.dash_url, self.hls_url = answer["manifests"]["dash"], answer["manifests"]["hls"]
        self.steering_url: str = answer["steering_url"]
        self.appliances: list[str] = [each["url"] for each in answer["appliances"]]
        with httpx.Client(timeout=20) as http:
            self.dash = http.get(self.dash_url).raise_for_status().text
            self.hls = http.get(self.hls_url).raise_for_status().text
            self.of_dash = dash_urls(self.dash)
            self.playlists, self.of_hls = _hls_urls(http, self.hls)
        self.segment = next(part for part in self.of_dash[0].split("/") if part.startswith("URISigningPackage="))
        self.token = self.dash_url.partition("token=")[2]
        person.house.spoken |= {self.segment, self.token}

    @property
    def media(self) -> list[str]:
        """Every media URL, each once."""
        return sorted({*self.of_dash, *self.of_hls, *self.playlists})


def dash_urls(manifest: str) -> list[str]:
    """Every URL that a DASH manifest names, at each of its places."""
    root = ET.fromstring(manifest)
    bases = [each.text or "" for each in root.findall(f"{MPD}BaseURL")]
    found: list[str] = []
    for form in root.iter(f"{MPD}Representation"):
        own = [each.text or "" for each in form.findall(f"{MPD}BaseURL")]
        template = form.find(f"{MPD}SegmentTemplate")
        found += own
        if template is not None:
            names = [template.attrib["initialization"], *_numbered(template)]
            found += [urljoin(base, name) for base in (own or bases) for name in names]
    return found


def _numbered(template: ET.Element) -> list[str]:
    times = [int(each.get("r", "0")) + 1 for each in template.iter(f"{MPD}S")]
    first = int(template.attrib["startNumber"])
    return [template.attrib["media"].replace("$Number%05d$", f"{first + at:05d}") for at in range(sum(times))]


def _hls_urls(http: httpx.Client, master: str) -> tuple[list[str], list[str]]:
    """The media playlists that a master names, and every file that those name."""
    playlists = sorted(set(quoted(master) + plain(master)))
    playlists = [url for url in playlists if "/steering" not in url]
    files: list[str] = []
    for url in playlists:
        text = http.get(url).raise_for_status().text
        files += [urljoin(url, name) for name in quoted(text) + plain(text)]
    return playlists, sorted(set(files))


def quoted(playlist: str) -> list[str]:
    """The values of URI attributes."""
    return [part.partition('"')[0] for part in playlist.split('URI="')[1:]]


def plain(playlist: str) -> list[str]:
    """The lines that are URIs."""
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]
