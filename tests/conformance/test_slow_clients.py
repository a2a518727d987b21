"""Who waits long, sends slowly or takes nothing costs the others nothing: they are answered as if they were alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import httpx
import pytest

from installation import DEVICE, Installation, Person, Playing

MANY = 150
PATIENCE_S = 5.0
"""How long an answer may take that nobody holds up; alone it takes milliseconds."""


@pytest.fixture
def playing(house: Installation, resident: Person) -> Playing:
    return resident.play(house.titles["all"]["id"])


@contextlib.asynccontextmanager
async def connected(
    url: str, count: int = MANY
) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """So many connections that take in no more than they are asked to."""
    port = urlsplit(url).port
    made = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port, limit=1024) for _ in range(count)))
    try:
        yield made
    finally:
        for _, writer in made:
            writer.transport.abort()


async def served(resident: Person, playing: Playing, title_id: str, other_id: str) -> None:
    """What a member does, each step within its time: pages, search, play, media of both appliances."""
    headers = {"authorization": resident.headers["authorization"]}
    async with httpx.AsyncClient(base_url=resident.house.url, headers=headers, timeout=PATIENCE_S) as http:
        for path in (
            "/api/session",
            "/api/discovery/home",
            "/api/discovery/search?q=sea",
            f"/api/discovery/titles/{title_id}",
            "/",
        ):
            assert (await patiently(http, path)).status_code == 200, path
        assert (await http.post(f"/api/play/{other_id}", json={"device": DEVICE})).status_code == 201
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        for base in playing.appliances:
            media = next(url for url in playing.of_dash if url.startswith(base))
            assert (await http.get(media)).status_code == 200


async def patiently(http: httpx.AsyncClient, path: str) -> httpx.Response:
    """Who browses in a rush is told to come again, and does."""
    for _ in range(3):
        answer = await http.get(path)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(float(answer.headers["retry-after"]))
    return await http.get(path)


@pytest.fixture
def others(house: Installation, resident: Person, playing: Playing) -> Callable[[], Awaitable[None]]:
    async def all_served() -> None:
        titles = house.titles["all"]["id"], house.titles["adult"]["id"]
        for _ in range(3):
            await asyncio.gather(*(served(resident, playing, *titles) for _ in range(2)))

    return all_served


async def test_long_polls_hold_up_nobody(house: Installation, others: Callable[[], Awaitable[None]]) -> None:
    staff = {"authorization": house.owner.headers["authorization"]}
    appliance = {"authorization": f"Bearer {house.appliance_token('cdn-a')}"}
    now = house.owner.get("/api/studio/preparations").json()["cursor"]
    async with httpx.AsyncClient(base_url=house.url) as http:
        ended = (await http.get("/api/open-connect/ended", headers=appliance)).json()["cursor"]
    polls = [
        (f"/api/studio/preparations?after={now}&wait_s=25", staff),
        (f"/api/open-connect/ended?after={ended}&wait_s=25", appliance),
    ]
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=house.url, timeout=40, limits=limits) as http:
        waiting = [asyncio.ensure_future(http.get(path, headers=who)) for path, who in polls for _ in range(MANY)]
        await asyncio.sleep(0)
        try:
            await others()
            still = sum(not poll.done() for poll in waiting[:MANY])
            assert still == MANY, "nothing was prepared meanwhile, so all of these wait on"
        finally:
            for poll in waiting:
                poll.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
    await others()


@pytest.mark.parametrize("where", ["the front door", "an appliance"])
async def test_heads_that_arrive_letter_by_letter_hold_up_nobody(
    house: Installation, playing: Playing, others: Callable[[], Awaitable[None]], where: str
) -> None:
    """And each such connection is ended."""
    url = house.url if where == "the front door" else playing.appliances[0]
    async with connected(url) as clients:

        async def drip() -> None:
            for letter in b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 10_000:
                for _, writer in clients:
                    if not writer.is_closing():
                        writer.write(bytes([letter]))
                await asyncio.sleep(0.1)

        dripping = asyncio.ensure_future(drip())
        await others()
        async with asyncio.timeout(25):
            ends = await asyncio.gather(*(reader.read(4096) for reader, _ in clients), return_exceptions=True)
        dripping.cancel()
        assert all(isinstance(end, ConnectionError) or end == b"" or b" 408 " in end.split(b"\r\n")[0] for end in ends)


async def test_bodies_that_never_end_hold_up_nobody(house: Installation, others: Callable[[], Awaitable[None]]) -> None:
    kind = "Content-Type: application/json\r\nContent-Length: 900\r\n"
    head = f"POST /api/session HTTP/1.1\r\nHost: localhost:{house.port}\r\n{kind}\r\n"
    async with connected(house.url) as clients:
        for _, writer in clients:
            writer.write(head.encode() + b'{"email": "')
        await others()


@pytest.mark.parametrize("form", ["a segment of an appliance", "the front door's page"])
async def test_who_takes_nothing_of_an_answer_holds_up_nobody(
    house: Installation, playing: Playing, others: Callable[[], Awaitable[None]], form: str
) -> None:
    async with httpx.AsyncClient() as http:
        sizes = {each: int((await http.head(each)).headers["content-length"]) for each in playing.of_dash}
    url = max(sizes, key=sizes.__getitem__) if form == "a segment of an appliance" else f"{house.url}/api/openapi.json"
    parts = urlsplit(url)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    async with connected(url) as clients:
        for number, (reader, writer) in enumerate(clients):
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            assert not reader.at_eof()
            writer.write(request * 20)
            if number % 10 == 0:
                await asyncio.sleep(0.05)  # all at once would be refused, which is another matter
        await others()
