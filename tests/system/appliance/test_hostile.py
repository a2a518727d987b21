"""What a browser never sends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

SECRET = b"what must never be served"
PATHS = [
    "ttl_1/enc_1/../../../steering.json",
    "ttl_1/enc_1/..%2f..%2f..%2fsteering.json",
    "ttl_1/enc_1/%2e%2e/%2e%2e/%2e%2e/steering.json",
    "ttl_1/enc_1//v/1.m4s",
    "ttl_1/enc_1/./v/1.m4s",
    "ttl_1/enc_1/v/1.m4s/",
    "ttl_1/enc_1/v/1.m4s%00",
    "ttl_1/enc_1/v/1%2em4s",
    "ttl_1/enc_1/v\\1.m4s",
    "ttl_1/enc_1/.hidden",
    "ttl_1/enc_1/v/link.m4s",
    "ttl_1/enc_1/",
    "ttl_1/enc_1/v",
    "ttl_1/../ttl_2/enc_1/v/1.m4s",
    "ttl_2/enc_1/v/1.m4s",
    "/etc/passwd",
    "",
]


@pytest.fixture
async def filled(world: Any, eventually: Any) -> Any:
    files = world.put("v/1.m4s", b"x" * 50), world.put("v/1.m4s", SECRET, encode="ttl_2/enc_1")
    async with world.running() as appliance:
        await world.want(*files)
        await eventually(lambda: appliance.stats().encodes == 2)
        (world.disk / "media/ttl_1/enc_1/.hidden").write_bytes(SECRET)
        (world.disk / "media/ttl_1/enc_1/v/link.m4s").symlink_to(world.disk.parent / "steering.json")
        yield world
        assert (await world.get(world.url("v/1.m4s")))[2] == b"x" * 50, "it still serves"


HEADS = [
    ("POST {url} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
    ("DELETE {url} HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nX: a\nY: b\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nRange: bytes=0-1\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n", 400),
    ("GET  {url} HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("GET {url}  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ("GET {url} HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    ("GET {url}\r\nHost: x\r\n\r\n", 400),
    ("get {url} HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    ("GET {url} HTTP/1.1\r\nHost: x\r\nX: " + "a" * 20_000 + "\r\n\r\n", 431),
    ("GET /" + "a" * 70_000, 431),
]


async def test_no_path_reaches_what_the_manifest_does_not_name(filled: Any) -> None:
    for path in PATHS:
        url = f"/URISigningPackage={filled.token()}/{path}"
        answer = await filled.send(f"GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert answer[9:12] in {b"400", b"403", b"404"}, path
        assert SECRET not in answer
        assert b'"d":' not in answer


async def test_a_head_that_could_be_read_in_two_ways_is_refused_and_the_connection_ends(filled: Any) -> None:
    for head, status in HEADS:
        answer = await filled.send(head.format(url=filled.url("v/1.m4s")).encode("latin-1"))
        assert answer[:13] == f"HTTP/1.1 {status} ".encode(), head
        assert b"\r\nconnection: close\r\n" in answer
        assert answer.count(b"HTTP/1.1 ") == 1, "nothing behind it was taken for a request"


async def test_requests_on_one_connection_are_answered_in_order(filled: Any) -> None:
    url, other = filled.url("v/1.m4s"), filled.url("v/none.m4s")
    one = f"GET {url} HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n"
    answer = await filled.send((one * 200 + f"GET {other} HTTP/1.1\r\nHost: x\r\n\r\n" + one).encode()[: 60 * 1024])
    whole = 60 * 1024 // len(one)
    assert answer.count(b"HTTP/1.1 206 ") >= whole - 1


async def test_both_forms_of_a_target_and_the_older_version_are_understood(filled: Any) -> None:
    url = filled.url("v/1.m4s")
    assert (await filled.send(f"GET http://x{url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())).endswith(b"x" * 50)
    old = await filled.send(f"GET {url} HTTP/1.0\r\n\r\n".encode())
    assert old.endswith(b"x" * 50)
    assert (await filled.send(f"\r\nGET {url} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()))[
        9:12
    ] == b"200"


async def test_a_head_in_single_bytes_is_read(filled: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", filled.appliance.port)
    for byte in f"GET {filled.url('v/1.m4s')} HTTP/1.1\r\nHost: x\r\n\r\n".encode():
        writer.write(bytes([byte]))
        await writer.drain()
    assert (await reader.readuntil(b"\r\n"))[9:12] == b"200"
    writer.close()


async def test_a_client_that_stays_slow_is_dropped(
    filled: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matinee.cdn.server.HEAD_S", 1)
    reader, writer = await asyncio.open_connection("127.0.0.1", filled.appliance.port)
    writer.write(b"GET / HTTP/1.1\r\n")
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 5))[9:12] == b"408"
    writer.close()


async def test_more_connections_than_there_are_places(world: Any, eventually: Any) -> None:
    async with world.running(connections=4) as appliance:
        pairs = [await asyncio.open_connection("127.0.0.1", appliance.port) for _ in range(4)]
        await eventually(lambda: appliance.stats().connections == 4)
        for _, writer in pairs[1:]:
            writer.write(b"GET / HT")  # busy: only the first may be dropped for another
        reader, writer = await asyncio.open_connection("127.0.0.1", appliance.port)
        assert await pairs[0][0].read() == b""
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n"))[9:12] == b"403"
        writer.write(b"GET")
        await eventually(lambda: appliance.stats().connections == 4)
        await asyncio.sleep(0)
        late, last = await asyncio.open_connection("127.0.0.1", appliance.port)
        assert (await late.read())[9:12] == b"503"
        for closing in (writer, last, *(pair[1] for pair in pairs)):
            closing.close()
