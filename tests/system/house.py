"""Whole installations for tests: started as a person starts them, reached by their public address, killed by process id."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from matinee.ingest.toolchain import installed

T = TypeVar("T")

DEVICE = {"screen": {"width": 1920, "height": 1080}, "codecs": ["avc1.640028", "mp4a.40.2"], "downlink_kbps": 20_000}
NOT_YET = (httpx.HTTPError, AssertionError, OSError, KeyError, IndexError)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(look: Callable[[], T], most_s: float = 30.0) -> T:
    """The first true thing that `look` gives within the time; its last error or a plain one otherwise."""
    until = time.monotonic() + most_s
    while True:
        try:
            seen = look()
        except NOT_YET:
            if time.monotonic() > until:
                raise
        else:
            if seen:
                return seen
            assert time.monotonic() < until, f"did not come true within {most_s} s; last seen: {seen!r}"
        time.sleep(0.05)


def short_folder() -> Path:
    """Unix sockets have short paths; pytest's own folders are long."""
    return Path(tempfile.mkdtemp(prefix="mat-", dir="/tmp"))


def film(path: Path, seconds: float = 4, size: str = "320x180", pitch: int = 440) -> Path:
    """A film with picture and sound. Larger ones are noisy, so that encoding them takes its time."""
    noise = ",noise=alls=40:allf=t" if size != "320x180" else ""
    source = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=24:d={seconds}{noise}"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency={pitch}:duration={seconds}"]
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest", str(path)]
    subprocess.run([installed().wide_ffmpeg, "-v", "error", "-y", *source, *sound, *coded], check=True)
    return path


def sound(path: Path) -> Path:
    """A film file without a picture."""
    source = ["-f", "lavfi", "-i", "sine=frequency=440:duration=2"]
    subprocess.run([installed().wide_ffmpeg, "-v", "error", "-y", *source, "-c:a", "aac", str(path)], check=True)
    return path


def cut_short(whole: Path, path: Path) -> Path:
    """The first two thirds of a film whose index stands in front, so that it promises more than it holds."""
    front = ["-c", "copy", "-movflags", "+faststart", str(path)]
    subprocess.run([installed().wide_ffmpeg, "-v", "error", "-y", "-i", str(whole), *front], check=True)
    os.truncate(path, path.stat().st_size * 2 // 3)
    return path


def matinee(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    command = [sys.executable, "-m", "matinee", *(str(argument) for argument in arguments)]
    settings = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=settings, check=False)


class Installation:
    """A home with processes on it. `port` is the front door's."""

    def __init__(self, home: Path | None = None, *options: str, **environment: str) -> None:
        self.home = home or short_folder() / "h"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = options
        self.environment = {
            **os.environ,
            "MATINEE_APPLIANCES_FIRST_PORT": str(free_port()),
            "MATINEE_GATEWAY_PORT": str(self.port),
            **environment,
        }
        self.written = self.home.parent / f"{self.home.name}.out"
        self._members: list[Member] = []

    def log(self) -> str:
        return self.written.read_text() if self.written.exists() else ""

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10, **options)

    def member(self, email: str, password: str) -> Member:
        self._members.append(Member(self.url, email, password))
        return self._members[-1]

    def sign_up(self, plan: str = "standard", payment_method: str = "pm_card_visa") -> Member:
        email, password = f"{uuid.uuid4().hex[:12]}@example.org", "a long enough password"
        body = {"email": email, "password": password, "name": "Ada", "plan": plan, "payment_method": payment_method}
        answer = httpx.post(
            f"{self.url}/api/signup", json=body, headers={"Idempotency-Key": uuid.uuid4().hex}, timeout=20
        )
        assert answer.status_code == 201, answer.text
        return self.member(email, password)

    def add(self, path: Path, title: str, *options: str) -> str:
        """The title's id, once it plays."""
        ran = matinee(
            "add", path, "--title", title, "--maturity", 0, "--again", "--wait", "--home", self.home, *options
        )
        assert ran.returncode == 0, ran.stderr + ran.stdout + self.log()
        found = [each for each in self.owner().studio_titles() if each["title"] == title]
        return found[0]["id"]

    def owner(self) -> Member:
        return self._login(0)

    def viewer(self) -> Member:
        return self._login(1)

    def _login(self, index: int) -> Member:
        person = json.loads((self.home / "secrets" / "logins.json").read_text())[index]
        known = next((member for member in self._members if member.email == person["email"]), None)
        return known or self.member(person["email"], person["password"])

    def pids(self) -> dict[str, int]:
        """The processes of this installation by name, `up` among them."""
        return dict(self._running())

    def _running(self) -> Iterator[tuple[str, int]]:
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if "matinee" in words and str(self.home) in words:
                if "up" in words:
                    yield "up", process.pid
                elif "--name" in words:
                    yield words[words.index("--name") + 1], process.pid

    def strays(self) -> list[list[str]]:
        """Programs of steps that still work on this home."""
        found = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        return [words for words in found if "matinee" not in words and any(f"{self.home}/" in word for word in words)]

    def kill(self, name: str) -> int:
        """Kills the process and waits until another has taken its place; the new one's id."""
        old = self.pids()[name]
        os.kill(old, signal.SIGKILL)
        return eventually(lambda: (new := self.pids().get(name)) is not None and new != old and new, 15)

    def close(self) -> None:
        for member in self._members:
            member.http.close()
        shutil.rmtree(self.home.parent, ignore_errors=True)


class House(Installation):
    """What `matinee up` starts."""

    process: subprocess.Popen[bytes]

    def is_whole(self) -> bool:
        """Whether every process runs, and both appliances are heard of by steering."""
        known = self.owner().get("/api/operations/appliances").json()["appliances"]
        return len(self.pids()) == 6 and [each["up"] for each in known] == [True, True]

    def start(self) -> float:
        """Seconds until it said that it runs."""
        began = time.monotonic()
        self.home.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "matinee", "up", "--home", str(self.home), "--port", str(self.port)]
        with self.written.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *self.options], stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        eventually(self._is_open, 60)
        return time.monotonic() - began

    def _is_open(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(self.log())
        return "Stop  " in self.log() and self.get("/").status_code < 500

    def stop(self, number: int = signal.SIGINT) -> float:
        """Seconds until everything had ended."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(20)
        eventually(lambda: not self.pids(), 15)
        return time.monotonic() - began

    def close(self) -> None:
        self.stop()
        super().close()


class Served(Installation):
    """`matinee serve` with these targets, a process each list."""

    processes: list[subprocess.Popen[bytes]]

    def start(self, processes: Sequence[tuple[str, Sequence[str]]]) -> None:
        self.home.parent.mkdir(exist_ok=True)
        self.processes = [self._started(name, targets) for name, targets in processes]
        eventually(self._is_open, 60)

    def _started(self, name: str, targets: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "matinee", "serve", *targets, "--name", name, "--home", str(self.home)]
        with self.written.open("ab") as log:
            return subprocess.Popen([*command, *self.options], stdout=log, stderr=log, env=self.environment)

    def _is_open(self) -> bool:
        ended = [process for process in self.processes if process.poll() is not None]
        if ended:
            raise RuntimeError(self.log())
        offer = self.get("/api/signup/plans")
        return offer.status_code == 200

    def owner(self) -> Member:
        """Opened on the command line, as nobody else does it here."""
        known = [member for member in self._members if member.email == "owner@example.org"]
        if known:
            return known[0]
        ran = matinee(
            *["admin", "create", "owner@example.org", "--role", "editor", "--role", "operator", "--home"], self.home
        )
        assert ran.returncode == 0, ran.stderr
        return self.member("owner@example.org", ran.stdout.split()[-1])

    def close(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        super().close()


class Member:
    """Someone logged in, with a profile chosen."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.email, self.password = email, password
        self.http = httpx.Client(base_url=url, timeout=15)
        answer = self.http.post("/api/session", json={"email": email, "password": password, "device": "Test"})
        assert answer.status_code == 201, answer.text
        self.http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        self.profiles = answer.json()["profiles"]
        self.choose(self.profiles[0]["id"])

    def choose(self, profile_id: str) -> None:
        assert self.post("/api/session/profile", json={"profile_id": profile_id}).status_code in {200, 201}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.http.post(path, **options)

    def studio_titles(self) -> list[dict[str, Any]]:
        return self.get("/api/studio/titles").json()["titles"]

    def try_to_play(self, title_id: str) -> httpx.Response:
        return self.post(f"/api/play/{title_id}", json={"device": DEVICE})

    def play(self, title_id: str) -> Playing:
        answer = self.try_to_play(title_id)
        assert answer.status_code == 201, answer.text
        return Playing(self, answer.json())


class Playing:
    """One play answer, and what a player does with it."""

    def __init__(self, member: Member, answer: dict[str, Any]) -> None:
        self.member, self.answer = member, answer
        self.appliances = [each["id"] for each in answer["appliances"]]

    def media_urls(self) -> list[str]:
        """The first segment of the first rendition, at each appliance in the order of the manifest."""
        manifest = httpx.get(self.answer["manifests"]["dash"], timeout=10)
        assert manifest.status_code == 200, manifest.text
        bases = re.findall(r"<BaseURL[^>]*>([^<]+)</BaseURL>", manifest.text)
        rendition = re.findall(r'<Representation id="([^"]+)"', manifest.text)[0]
        return [f"{base}{rendition}/00001.m4s" for base in bases]

    def segment(self) -> bytes:
        """From the first appliance that gives it."""
        for url in self.media_urls():
            with contextlib.suppress(httpx.HTTPError):
                answer = httpx.get(url, timeout=2)
                if answer.status_code == 200:
                    return answer.content
        raise AssertionError("no appliance gave the segment")

    def beat(self, position_s: float, state: str = "playing") -> httpx.Response:
        body = {"position_s": position_s, "state": state, "at": datetime.now(UTC).isoformat()}
        return self.member.post(self.answer["heartbeat_url"], json=body)

    def stop(self) -> httpx.Response:
        return self.member.http.delete(f"/api/play/sessions/{self.answer['session_id']}")
