"""How long a press of play takes: the call beside a bare handler behind the same gateway, in one process and split into one a
service; and the first frame beside a bare page with the same player and the same files on nginx."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import litestar

from bench import first_frame
from bench.harness import Peer, Rounds, free_port, running, version
from bench.installation import PLAY, Installation, requests
from matinee.app.ready import wait_ready
from matinee.app.targets import TARGETS
from matinee.runtime.http1 import Client

ROUNDS, CALLS, FRAMES = 5, 200, 7
UP = ["core", "worker", "cdn-a", "cdn-b", "origin"]


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mp-"))
    rounds = Rounds()
    try:
        calls(folder, rounds)
        first_frame.measure(folder, rounds, FRAMES)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rounds.report("play_start", {"litestar": litestar.__version__.formatted(), "nginx": version("nginx", "-v")})


def calls(folder: Path, rounds: Rounds) -> None:
    """p50 of `POST /api/play` at one connection, passports cached."""
    with up(folder / "up") as ours, split(folder / "split") as apart:
        subjects = {"ours": subject(ours), "apart": subject(apart)}
        size = asyncio.run(answer_bytes(*subjects["ours"]))
        with bare(folder / "bare", size) as beside:
            subjects["bare"] = subject(beside, title="ttl_bare")
            for made in subjects.values():
                p50_s(*made)
            for _ in range(ROUNDS):
                taken = {name: p50_s(*made) for name, made in subjects.items()}
                rounds.ratio("call_p50_ratio", taken["ours"], taken["bare"])
                rounds.ratio("split_call_p50_ratio", taken["apart"], taken["bare"])
                for name, seconds in taken.items():
                    rounds.value(f"{name}_p50_ms", seconds * 1000)


def subject(house: Installation, title: str = "") -> tuple[int, str, str]:
    """Port, title and token of the calls to a house."""
    return house.port, title or house.films(1)[0], house.members(1)[0]


def p50_s(port: int, title: str, token: str) -> float:
    made = [("POST", f"/api/play/{title}", PLAY, token)] * CALLS
    return statistics.median(asyncio.run(requests(port, made, 1)))


async def answer_bytes(port: int, title: str, token: str) -> int:
    client = Client(f"http://127.0.0.1:{port}")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    answer = await client.request("POST", f"/api/play/{title}", headers, PLAY, timeout_s=30)
    await client.close()
    return len(answer.body)


@contextlib.contextmanager
def up(folder: Path) -> Iterator[Installation]:
    house = Installation(folder, "up")
    with running([house.peer]):
        asyncio.run(wait_ready(house.home, UP))
        yield house


@contextlib.contextmanager
def split(folder: Path) -> Iterator[Installation]:
    """Every target its own process."""
    house = Installation(folder, "serve", "gateway", "--name", "gateway")
    others = [name for name, target in TARGETS.items() if name not in {"gateway", "cdn"} and not target.asked]
    with served(house, others), running([house.peer]):
        asyncio.run(wait_ready(house.home, ["gateway", *others, "cdn-a"]))
        yield house


@contextlib.contextmanager
def bare(folder: Path, size: int) -> Iterator[Installation]:
    """The bare handler behind our gateway, with the services that its logins need."""
    folder.mkdir()
    socket = folder / "bare.sock"
    (folder / "matinee.toml").write_text(f'[services]\napi = "unix:{socket}"\n')
    house = Installation(folder, "serve", "gateway", "--name", "gateway")
    command = [sys.executable, "-m", "uvicorn", "bench.bare:app", "--uds", str(socket), "--no-access-log"]
    handler = Peer("bare handler", command, 0, folder / "bare.log", BARE_BYTES=str(size))
    try:
        with served(house, ["accounts", "billing", "steering"], appliance=False), running([house.peer]):
            asyncio.run(wait_ready(house.home, ["gateway", "accounts", "billing", "steering"]))
            wait_for(socket)
            yield house
    finally:
        handler.stop()


@contextlib.contextmanager
def served(house: Installation, targets: list[str], *, appliance: bool = True) -> Iterator[None]:
    """Each target in a process of its own, and one appliance."""
    environment = {"MATINEE_GATEWAY_PORT": str(house.port)}
    home = ["--home", str(house.home.path)]
    commands = {name: [name, "--name", name] for name in targets}
    if appliance:
        commands["cdn-a"] = ["cdn", "--name", "cdn-a", "--port", str(free_port())]
    start = functools.partial(_served, home, house.home.path, environment)
    peers = [start(name, arguments) for name, arguments in commands.items()]
    try:
        yield
    finally:
        for peer in peers:
            peer.stop()


def _served(home: list[str], logs: Path, environment: dict[str, str], name: str, arguments: list[str]) -> Peer:
    command = [sys.executable, "-m", "matinee", "serve", *arguments, *home]
    return Peer(name, command, 0, logs / f"{name}.log", **environment)


def wait_for(path: Path, most_s: float = 20) -> None:
    until = time.monotonic() + most_s
    while not path.exists():
        if time.monotonic() > until:
            raise RuntimeError(f"{path} did not appear")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
