"""A whole Matinee under measurement, with members logged in and a catalogue of any size."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from bench.harness import Peer, free_port
from matinee.app.first import Person, open_account
from matinee.app.home import Home
from matinee.app.process import Process
from matinee.config import read
from matinee.ingest.contract import ByPreparation, Ingest, Phase, Start
from matinee.runtime.http1 import Client
from matinee.services.accounts.contract import Accounts, BindProfile, LogIn
from matinee.services.catalog.contract import Attach, ByTitle, Catalog, CreateTitle
from matinee.terms.encode import Encode
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
from matinee.terms.title import Metadata
from matinee.terms.viewer import Role

WORDS = (
    "amber bridge candle desert evening forest garden harbour island journey kingdom lantern meadow"
    " night orchard palace quiet river silver thunder umbrella valley winter yellow zephyr"
).split()
GENRES = ("Drama", "Comedy", "Documentary", "Animation", "Thriller", "Music", "History", "Family")
PASSWORD = "a-password-for-measuring"
RENDITIONS = [
    Rendition(
        f"v{height}",
        Track.VIDEO,
        f"v{height}",
        "avc1.640028",
        rate,
        rate,
        width=height * 16 // 9,
        height=height,
        frame_rate="24",
        segments=1800,
    )
    for height, rate in ((1080, 5_000_000), (720, 2_800_000), (540, 1_600_000), (360, 800_000), (240, 350_000))
] + [
    Rendition(
        "a0",
        Track.AUDIO,
        "a0",
        "mp4a.40.2",
        128_000,
        128_000,
        "en",
        "English",
        channels=2,
        sample_rate=48000,
        segments=1800,
    )
]


class Installation:
    """`matinee` with the given arguments on a new home under `folder`."""

    def __init__(self, folder: Path, *arguments: str, name: str = "matinee up") -> None:
        self.home = Home(folder)
        self.home.make()
        self.port = free_port()
        command = [sys.executable, "-m", "matinee", *arguments, "--home", str(folder)]
        ports = {"MATINEE_GATEWAY_PORT": str(self.port), "MATINEE_APPLIANCES_FIRST_PORT": str(free_port())}
        self.peer = Peer(name, command, self.port, folder / "bench.log", **ports)

    def ask(self, work: Callable[[Process], Awaitable[Any]]) -> Any:
        """Runs work that reaches the services of this installation."""

        async def inside() -> Any:
            return await work(Process("bench", self.home, read(self.home.path), {}))

        return asyncio.run(inside())

    def members(self, count: int) -> list[str]:
        """Access tokens of new members, each with a profile chosen."""

        async def work(process: Process) -> list[str]:
            return [await _member(process, number) for number in range(count)]

        return self.ask(work)

    def editor(self) -> str:
        """The access token of a new editor."""
        editor = Person("editor@bench.example", PASSWORD, "Editor", (Role.EDITOR,))
        return self.ask(lambda process: _opened(process, editor))

    def films(self, count: int) -> list[str]:
        """Titles that can be played as far as the play call goes; their ids."""

        async def work(process: Process) -> list[str]:
            made: list[str] = []
            for start in range(0, count, 50):
                numbers = range(start, min(start + 50, count))
                made += await asyncio.gather(*(_film(process, number) for number in numbers))
            return made

        return self.ask(work)

    def film(self) -> str:
        """A real film of twenty seconds, prepared; its title's id."""
        film = self.home.path / "film.mp4"
        source = ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24", "-f", "lavfi", "-i", "sine=f=330:r=48000"]
        encoders = ["-t", "20", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
        subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *encoders, str(film)], check=True
        )
        return self.ask(lambda process: _prepared(process.client(Ingest), film))


async def _prepared(ingest: Ingest, film: Path) -> str:
    made = await ingest.start(Start("bench", str(film), film.name, Metadata("Measured", maturity=Maturity.ALL)))
    while made.phase is not Phase.PLAYABLE:
        if made.phase in {Phase.FAILED, Phase.CANCELED}:
            raise RuntimeError(made.message)
        await asyncio.sleep(0.5)
        made = await ingest.preparation(ByPreparation(made.id))
    return made.title_id


async def _member(process: Process, number: int) -> str:
    return await _opened(process, Person(f"member{number}@bench.example", PASSWORD, f"Member {number}"))


async def _opened(process: Process, person: Person) -> str:
    await open_account(process, person)
    accounts = process.client(Accounts)
    login = await accounts.log_in(LogIn(person.email, PASSWORD))
    await accounts.bind_profile(BindProfile(login.account.id, login.login.id, login.profiles[0].id))
    return login.token


async def _film(process: Process, number: int) -> str:
    catalog = process.client(Catalog)
    words = (WORDS[number % 25], WORDS[number // 25 % 25], WORDS[number // 625 % 25])
    genres = [GENRES[number % 8], GENRES[number // 8 % 8]]
    metadata = Metadata(
        f"{' '.join(words).title()} {number}", "A film about " + " and ".join(words), 1950 + number % 75, sorted(set(genres)),
        Maturity.ALL,
    )  # fmt: skip
    title = await catalog.create(CreateTitle(f"bench-{number}", metadata))
    encode = Encode(f"enc_{number:032x}", 7_200_000, 4000, "signed", RENDITIONS, [], process.clock.now())
    await catalog.attach(Attach(title.id, encode))
    await catalog.publish(ByTitle(title.id))
    return title.id


async def requests(port: int, made: list[tuple[str, str, bytes, str]], at_once: int) -> list[float]:
    """Sends `(method, target, body, token)` over `at_once` connections; the seconds each took. Raises on any error status."""
    clock = asyncio.get_running_loop().time
    client = Client(f"http://127.0.0.1:{port}")
    waiting = iter(made)
    taken: list[float] = []

    async def send() -> None:
        for method, target, body, token in waiting:
            headers = {"authorization": f"Bearer {token}"}
            if body:
                headers["content-type"] = "application/json"
            began = clock()
            answer = await client.request(method, target, headers, body, timeout_s=30)
            taken.append(clock() - began)
            if answer.status >= 400:
                raise RuntimeError(f"{method} {target}: {answer.status} {answer.body[:300]!r}")

    try:
        await asyncio.gather(*(send() for _ in range(at_once)))
    finally:
        await client.close()
    return taken


PLAY = json.dumps(
    {
        "device": {
            "screen": {"width": 1920, "height": 1080},
            "codecs": ["avc1.640028", "mp4a.40.2"],
            "downlink_kbps": 20000,
        }
    }
).encode()
