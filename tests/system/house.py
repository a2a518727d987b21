"""A whole installation as `matinee up` starts it, for tests that kill parts of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


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
        except (httpx.HTTPError, AssertionError, OSError, KeyError):
            if time.monotonic() > until:
                raise
        else:
            if seen:
                return seen
            assert time.monotonic() < until, f"did not come true within {most_s} s; last seen: {seen!r}"
        time.sleep(0.05)


class House:
    """`home` should be short. `port` is the front door's; the appliances take the next free ones."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.port = free_port()
        self.options = options
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.home.parent / f"{self.home.name}.log").open("ab")
        command = [sys.executable, "-m", "matinee", "up", "--home", str(self.home), "--port", str(self.port)]
        environment = {**os.environ, "MATINEE_APPLIANCES_FIRST_PORT": str(free_port())}
        self._process = subprocess.Popen([*command, *self.options], stdout=log, stderr=log, env=environment)
        log.close()
        eventually(self._open, 60)

    def _open(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(self.log())
        logins = self.home / "secrets" / "logins.json"
        return logins.exists() and self.log().count("Matinee is running") > 0 and self.get("/").status_code < 500

    def log(self) -> str:
        return (self.home.parent / f"{self.home.name}.log").read_text()

    def stop(self, number: int = signal.SIGINT) -> float:
        """Seconds until everything had ended."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(number)
        self._process.wait(20)
        eventually(lambda: not self.pids(), 10)
        (self.home.parent / f"{self.home.name}.log").rename(self.home.parent / f"{self.home.name}.old.log")
        return time.monotonic() - began

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10, **options)

    def member(self, index: int = 1) -> Member:
        person = json.loads((self.home / "secrets" / "logins.json").read_text())[index]
        return Member(self.url, person["email"], person["password"])

    def pids(self) -> dict[str, int]:
        """The processes of this house by name, `up` among them."""
        found: dict[str, int] = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                words = _command(folder)
                if str(self.home) in words and "matinee" in words:
                    found["up" if "up" in words else words[words.index("--name") + 1]] = int(folder.name)
        return found


def _command(folder: Path) -> list[str]:
    try:
        return (folder / "cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []


class Member:
    """Someone logged in, with a profile chosen."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=15)
        answer = self.http.post("/api/session", json={"email": email, "password": password})
        answer.raise_for_status()
        self.http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        self.profiles = answer.json()["profiles"]
        self.choose(self.profiles[0]["id"])

    def choose(self, profile_id: str) -> None:
        self.http.post("/api/session/profile", json={"profile_id": profile_id}).raise_for_status()

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.http.post(path, **options)
