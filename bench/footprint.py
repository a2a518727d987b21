"""What a whole `matinee up` takes: memory and processor time at rest, time to be ready, and requests per processor second at
10,000 titles, beside the published measurement of a comparable system on such a machine."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.harness import CLIENT_CPU, Rounds, per_cpu_second, pin, running
from bench.installation import PLAY, WORDS, Installation, requests
from matinee.app.ready import wait_ready
from matinee.runtime.http1 import Client

TITLES, MEMBERS, AT_ONCE, ROUNDS = 10_000, 8, 8, 3
PROCESSES = ["core", "worker", "cdn-a", "cdn-b", "origin"]
COMPARABLE = {"memory_mib": 1.7 * 1024, "lists": 14.0, "plays": 7.0}
Request = tuple[str, str, bytes, str]


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mb-"))
    rounds = Rounds()
    try:
        measure(folder, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rounds.report("footprint", {"comparable system": "1.7 GiB in 39 processes, 14 lists and 7 plays per CPU-second"})


def measure(folder: Path, rounds: Rounds) -> None:
    began = time.monotonic()
    house = Installation(folder, "up")
    pin(CLIENT_CPU)
    with running([house.peer]):
        asyncio.run(wait_ready(house.home, PROCESSES))
        rounds.value("first_start_s", time.monotonic() - began)
        titles, tokens = house.films(TITLES), house.members(MEMBERS)
        warm = [("GET", "/api/discovery/home", b"", token) for token in tokens]
        asyncio.run(requests(house.port, warm, 2))
        for number in range(ROUNDS):
            at_rest(house, rounds)
            for name, made in subjects(titles, tokens, random.Random(number)).items():
                rounds.value(f"{name}_per_cpu_s", per_cpu_second(house.peer, sent(house, made)))
        rounds.value("rest_memory_mib", memory_mib(house))
        rounds.value("withdrawn_bytes_s", withdrawn_s(house, tokens[0]))
    ratios(rounds)


def ratios(rounds: Rounds) -> None:
    """Ours over the comparable system's; for memory smaller is better."""
    for name in ("home", "title", "search"):
        rounds.ratios_of(f"{name}_per_cpu_s", f"{name}_ratio", COMPARABLE["lists"])
    rounds.ratios_of("play_per_cpu_s", "play_ratio", COMPARABLE["plays"])
    rounds.ratios_of("rest_memory_mib", "memory_ratio", COMPARABLE["memory_mib"])


def subjects(titles: list[str], tokens: list[str], chance: random.Random) -> dict[str, list[Request]]:
    """The requests of one round, spread over members and titles."""

    def each(count: int, make: Callable[[], tuple[str, str, bytes]]) -> list[Request]:
        return [(*make(), chance.choice(tokens)) for _ in range(count)]

    return {
        "home": each(400, lambda: ("GET", "/api/discovery/home", b"")),
        "title": each(600, lambda: ("GET", f"/api/discovery/titles/{chance.choice(titles)}", b"")),
        "search": each(400, lambda: ("GET", f"/api/discovery/search?q={chance.choice(WORDS)[:5]}", b"")),
        "play": plays(titles, tokens, chance),
    }


def plays(titles: list[str], tokens: list[str], chance: random.Random) -> list[Request]:
    """Each member plays one title again and again: the plan's streams are never the question."""
    chosen = {token: chance.choice(titles) for token in tokens}
    return [("POST", f"/api/play/{chosen[token]}", PLAY, token) for _ in range(40) for token in tokens]


def sent(house: Installation, made: list[Request]) -> Callable[[], float]:
    def work() -> float:
        return float(len(asyncio.run(requests(house.port, made, AT_ONCE))))

    return work


def at_rest(house: Installation, rounds: Rounds) -> None:
    time.sleep(5)
    before, began = house.peer.cpu_s(), time.monotonic()
    time.sleep(10)
    rounds.value("rest_cpu_percent", 100 * (house.peer.cpu_s() - before) / (time.monotonic() - began))


def memory_mib(house: Installation) -> float:
    """The sum of PSS: what the processes share is counted once."""
    root = psutil.Process(house.peer.pid)
    return sum(process.memory_full_info().pss for process in (root, *root.children(recursive=True))) / 2**20


def withdrawn_s(house: Installation, token: str) -> float:
    """From the withdrawal of a title that plays until an appliance serves its bytes no more."""
    return asyncio.run(_withdrawn_s(house.port, house.film(), token, house.editor()))


async def _withdrawn_s(port: int, title: str, member: str, editor: str) -> float:
    core = Client(f"http://127.0.0.1:{port}")
    headers = {"authorization": f"Bearer {member}", "content-type": "application/json"}
    playing = await core.request("POST", f"/api/play/{title}", headers, PLAY)
    master = urlsplit(json.loads(playing.body)["manifests"]["hls"])
    listed = await core.request("GET", f"{master.path}?{master.query}")
    found = re.search(rb"https?://[^\s\"]+\.m3u8", listed.body)
    assert found, listed.body
    media = urlsplit(found.group().decode())
    appliance = Client(f"http://127.0.0.1:{media.port}")
    assert (await appliance.request("GET", media.path)).status == 200
    began = time.monotonic()
    await core.request("POST", f"/api/studio/titles/{title}/withdraw", {"authorization": f"Bearer {editor}"})
    while (await appliance.request("GET", media.path)).status == 200:
        assert time.monotonic() - began < 60
    await asyncio.gather(core.close(), appliance.close())
    return time.monotonic() - began


if __name__ == "__main__":
    main()
