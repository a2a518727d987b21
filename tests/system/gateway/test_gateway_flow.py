"""Large bodies through slow peers: memory stays bounded because each side waits for the other."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from gateway_house import (
    OK,
    SHORT,
    Caller,
    House,
    Origin,
    Seen,
    get,
)
from msgspec.structs import replace

SIZE = 64 * 2**20
PIECE = b"a" * 2**16
MOST = 8 * 2**20


@pytest.fixture
async def house(origin: Origin) -> AsyncIterator[House]:
    built = House([origin.url], replace(SHORT, answer_s=20, body_s=20, write_s=20))
    await built.start()
    yield built
    await built.stop()


async def stalled(done: list[int]) -> int:
    """Waits until a sender makes no more progress; how far it came."""
    before = -1
    while before != done[0]:
        before = done[0]
        await asyncio.sleep(0.15)
    return before


async def test_an_upload_waits_for_a_slow_server(house: House, origin: Origin) -> None:
    go = asyncio.Event()
    taken = [0]

    async def slow(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await go.wait()
        while taken[0] < SIZE:
            taken[0] += len(await reader.read(2**18))
        writer.write(OK)
        return True

    origin.early = slow
    caller = await Caller.to(house.port)
    sent = [0]

    async def upload() -> None:
        caller.send(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % SIZE)
        while sent[0] < SIZE:
            caller.send(PIECE)
            await caller.writer.drain()
            sent[0] += len(PIECE)

    tracemalloc.start()
    uploading = asyncio.create_task(upload())
    assert await stalled(sent) < SIZE / 2
    go.set()
    await uploading
    assert (await caller.reply(within_s=20)).status == 200
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken[0] == SIZE
    assert most < MOST
    await caller.close()


async def test_a_download_waits_for_a_slow_client(house: House, origin: Origin) -> None:
    sent = [0]

    async def flood(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % SIZE)
        while sent[0] < SIZE:
            writer.write(PIECE)
            await writer.drain()
            sent[0] += len(PIECE)
        return True

    origin.early = flood
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=2**16)
    tracemalloc.start()
    writer.write(get())
    assert await stalled(sent) < SIZE / 2
    await reader.readuntil(b"\r\n\r\n")
    left = SIZE
    while left:
        left -= len(await reader.read(2**18))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST
    writer.close()


async def test_a_client_that_takes_nothing_is_let_go(
    origin: Origin, eventually: Callable[..., Awaitable[None]]
) -> None:
    house = House([origin.url], replace(SHORT, answer_s=20))
    await house.start()

    async def flood(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % SIZE)
        for _ in range(SIZE // len(PIECE)):
            writer.write(PIECE)
            await writer.drain()
        return True

    origin.early = flood
    _, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=2**16)
    writer.write(get())
    await eventually(lambda: house.traffic.in_flight == 1)
    await eventually(lambda: house.traffic.in_flight == 0, within_s=10)
    assert house.servers[0].in_flight == 0
    writer.close()
    await house.stop()


async def test_pipelining_without_reading_does_not_pile_up_answers(house: House, origin: Origin) -> None:
    body = b"x" * 2**20

    async def large(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        return True

    origin.answering = large
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=2**16)
    writer.write(get() * 100)
    count = [0]

    async def watch() -> None:
        while True:
            count[0] = len(origin.seen)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.1)
    assert await stalled(count) < 50
    total = 0
    async with asyncio.timeout(20):
        while total < 100 * len(body):
            total += len(await reader.read(2**20))
    assert len(origin.seen) == 100
    watching.cancel()
    writer.close()


async def test_a_request_leaves_no_cycles_for_the_garbage_collector(caller: Caller) -> None:
    for _ in range(20):
        await caller.ask(get())
    gc.collect()
    gc.disable()
    try:
        for _ in range(200):
            await caller.ask(get())
        assert gc.collect() < 100
    finally:
        gc.enable()
