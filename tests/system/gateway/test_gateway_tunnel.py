"""A WebSocket through the gateway: a tunnel only where both ends have agreed to the letter, and only by a route that allows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gateway_house import SHORT, Answering, Caller, House, Origin, Seen, fixed, get, until
from msgspec.structs import replace

from matinee.gateway.wire.websocket import accept
from matinee.terms.routing import Match, Route, RouteTable

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
TABLE = RouteTable(
    [Route("live", Match("/api/live"), to="api", tunnel=True, silence_s=1), Route("api", Match("/api"), to="api")]
)


def opening(path: str = "/api/live", **headers: str) -> bytes:
    fields = {
        "Connection": "keep-alive, Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": KEY,
        **headers,
    }
    return get(path, **{name: value for name, value in fields.items() if value})


def yes(told: bytes = KEY.encode(), extra: str = "") -> bytes:
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept(told).decode()}{extra}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def echo(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Says yes, then gives every byte back in upper case until its input ends, and a word after that."""
    writer.write(yes() + b"hello ")
    while data := await reader.read(65536):
        writer.write(data.upper())
        await writer.drain()
    writer.write(b"bye")
    return False


@asynccontextmanager
async def standing(answering: Answering, **parts: Any) -> AsyncIterator[tuple[Origin, House]]:
    origin = Origin(answering)
    await origin.start()
    house = House([origin.url], table=TABLE, **parts)
    await house.start()
    try:
        yield origin, house
    finally:
        await house.stop()
        await origin.stop()


@pytest.fixture
async def live() -> AsyncIterator[tuple[Origin, House]]:
    async with standing(echo) as both:
        yield both


async def test_bytes_go_both_ways_and_each_way_ends_by_itself(live: tuple[Origin, House]) -> None:
    origin, house = live
    caller = await Caller.to(house.port)
    caller.send(opening(Cookie="matinee_session=good", Origin="http://localhost") + b"early ")
    reply = await caller.reply()
    assert (reply.status, reply.headers["upgrade"], reply.headers["connection"]) == (101, "websocket", "upgrade")
    assert "x-request-id" in reply.headers
    caller.send(b"late")
    assert await caller.reader.readexactly(len(b"hello EARLY LATE")) == b"hello EARLY LATE"
    assert len(house.traffic.tunnels) == 1
    assert house.traffic.in_flight == 0
    caller.writer.write_eof()
    assert await caller.ended() == b"bye"
    await until(lambda: not house.traffic.tunnels)
    seen = origin.seen[0]
    assert (seen.header("connection"), seen.header("upgrade")) == (b"upgrade", b"websocket")
    assert seen.header("x-matinee-passport") == b"jwt-of-lgn_1"
    await until(lambda: house.counted(route="live", status="101") == 1)
    await caller.close()


async def test_a_large_transfer_through_a_slow_reader_stays_bounded() -> None:
    size, sent = 30_000_000, 0

    async def pours(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        nonlocal sent
        writer.write(yes())
        while sent < size:
            writer.write(b"x" * 100_000)
            sent += 100_000
            await writer.drain()
        return False

    async with standing(pours) as (_, house):
        caller = await Caller.to(house.port)
        caller.send(opening())
        assert (await caller.reply()).status == 101
        last = -1
        while last != sent:  # until everything between is full
            last = sent
            await asyncio.sleep(0.2)
        assert sent < size
        taken = 0
        while data := await caller.reader.read(1 << 20):
            taken += len(data)
        assert taken == size
        await caller.close()


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"Sec_WebSocket_Version": "12"}, "/api/live"),
        ({"Sec_WebSocket_Key": "short"}, "/api/live"),
        ({"Sec_WebSocket_Key": ""}, "/api/live"),
        ({"Connection": "keep-alive"}, "/api/live"),
        ({"Upgrade": "websocket, h2c"}, "/api/live"),
        ({"Content_Length": "3"}, "/api/live"),
        ({"Transfer_Encoding": "chunked"}, "/api/live"),
        ({}, "/api/other"),
        ({}, "/"),
    ],
)
async def test_an_opening_that_is_not_to_the_letter_or_not_allowed(
    headers: dict[str, str], path: str, live: tuple[Origin, House]
) -> None:
    origin, house = live
    caller = await Caller.to(house.port)
    reply = await caller.ask(opening(path, **headers))
    assert (reply.status, reply.headers["content-type"]) == (400, "application/problem+json")
    assert not origin.seen
    await caller.close()


@pytest.mark.parametrize("origin_said", ["http://evil.example", "", "null"])
async def test_another_sites_page_cannot_open_one_with_the_cookie(origin_said: str, live: tuple[Origin, House]) -> None:
    origin, house = live
    caller = await Caller.to(house.port)
    reply = await caller.ask(opening(Cookie="matinee_session=good", Origin=origin_said))
    assert reply.status == 403
    assert not origin.seen
    await caller.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        yes(b"AAAAAAAAAAAAAAAAAAAAAA=="),
        yes(extra="\r\nSec-WebSocket-Accept: x"),
        yes().replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        yes().replace(b"Connection: Upgrade", b"Connection: keep-alive"),
    ],
)
async def test_a_servers_yes_that_is_none_opens_no_tunnel(answer: bytes) -> None:
    async with standing(fixed(answer)) as (_, house):
        caller = await Caller.to(house.port)
        assert (await caller.ask(opening())).status == 502
        assert not house.traffic.tunnels
        await caller.close()


async def test_what_stands_behind_a_refused_opening_passes_the_filters() -> None:
    """The server stays with HTTP: the bytes behind the opening are the next request, never the server's."""
    no = b"HTTP/1.1 426 Upgrade Required\r\nsec-websocket-version: 13\r\ncontent-length: 0\r\n\r\n"
    async with standing(fixed(no)) as (origin, house):
        caller = await Caller.to(house.port)
        caller.send(opening() + get("/api/smuggled", X_Matinee_Passport="forged"))
        assert [(await caller.reply()).status for _ in range(2)] == [426, 426]
        assert [seen.line for seen in origin.seen] == [b"GET /api/live HTTP/1.1", b"GET /api/smuggled HTTP/1.1"]
        assert origin.seen[1].header("x-matinee-passport") is None
        await caller.close()


async def test_a_switch_that_nobody_asked_for(live: tuple[Origin, House]) -> None:
    _, house = live
    caller = await Caller.to(house.port)
    assert (await caller.ask(get("/api/live"))).status == 502
    await caller.close()


async def test_one_that_is_still_for_too_long_is_closed(live: tuple[Origin, House]) -> None:
    _, house = live
    caller = await Caller.to(house.port)
    caller.send(opening())
    assert (await caller.reply()).status == 101
    assert (await caller.ended()).startswith(b"hello ")
    await until(lambda: not house.traffic.tunnels)
    await caller.close()


async def test_a_client_that_breaks_off_frees_the_server() -> None:
    ended = asyncio.Event()

    async def waits(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(yes())
        await reader.read()
        ended.set()
        return False

    async with standing(waits) as (_, house):
        caller = await Caller.to(house.port)
        caller.send(opening())
        assert (await caller.reply()).status == 101
        caller.writer.transport.abort()
        await asyncio.wait_for(ended.wait(), 5)
        await until(lambda: not house.traffic.tunnels)


async def test_draining_ends_it_in_order(live: tuple[Origin, House]) -> None:
    """The server hears that no more comes, and its last word still arrives."""
    _, house = live
    caller = await Caller.to(house.port)
    caller.send(opening())
    assert (await caller.reply()).status == 101
    stopping = asyncio.create_task(house.stop())
    assert await caller.ended() == b"hello bye"
    await asyncio.wait_for(stopping, 5)
    await caller.close()


async def test_only_so_many_are_open_at_once() -> None:
    async with standing(echo, limits=replace(SHORT, tunnels=1)) as (_, house):
        first, second = await Caller.to(house.port), await Caller.to(house.port)
        first.send(opening())
        assert (await first.reply()).status == 101
        reply = await second.ask(opening())
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        for caller in (first, second):
            await caller.close()
