"""The appliance over TLS: the same bytes, whatever the client does with its end."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from matinee.app import certificates
from matinee.app.home import Home
from matinee.runtime.tls import Certificate, calling

DATA = os.urandom(3_000_000)


class Secure:
    def __init__(self, home: Home) -> None:
        self.certificate = Certificate(certificates.front(home, []))
        self.trusting = calling(certificates.root(home, []).public_bytes(Encoding.PEM).decode())

    async def connect(self, world: Any, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = world.appliance.port
        return await asyncio.open_connection(
            "127.0.0.1", port, ssl=self.trusting, server_hostname="localhost", **options
        )


@pytest.fixture
def secure(tmp_path: Path) -> Secure:
    home = Home(tmp_path / "house")
    home.secrets.mkdir(parents=True)
    return Secure(home)


def request(url: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {url} HTTP/1.1", "Host: a", *fields]).encode() + b"\r\n\r\n"


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in head.split("\r\n") if line.lower().startswith("content-length:"))
    return int(head.split(" ")[1]), await reader.readexactly(int(length.partition(":")[2]))


async def test_whole_files_and_parts_on_one_connection(world: Any, secure: Secure, eventually: Any) -> None:
    file = world.put("v/00001.m4s", DATA)
    async with world.running(secure.certificate.context) as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        reader, writer = await secure.connect(world)
        url = world.url("v/00001.m4s")
        writer.write(request(url) + request(url, "Range: bytes=5-100004") + request("/nothing") + request(url))
        assert await answer(reader) == (200, DATA)
        assert await answer(reader) == (206, DATA[5:100_005])
        assert (await answer(reader))[0] in {401, 403, 404}
        assert await answer(reader) == (200, DATA)
        for at in range(40):
            writer.write(request(url, f"Range: bytes={at * 70_000}-{at * 70_000 + 65_535}"))
            assert await answer(reader) == (206, DATA[at * 70_000 : at * 70_000 + 65_536])
        writer.close()


async def test_a_slow_reader_gets_the_same_bytes(world: Any, secure: Secure, eventually: Any) -> None:
    """OpenSSL must be given the very same bytes again after it could not send them."""
    file = world.put("v/00001.m4s", DATA)
    async with world.running(secure.certificate.context) as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        reader, writer = await secure.connect(world, limit=2000)
        for _ in range(3):
            writer.write(request(world.url("v/00001.m4s"), "Range: bytes=0-200000"))
        writer.write(request(world.url("v/00001.m4s")))
        for expected in [DATA[:200_001]] * 3 + [DATA]:
            await reader.readuntil(b"\r\n\r\n")
            got = bytearray()
            while len(got) < len(expected):
                got += await reader.read(min(30_000, len(expected) - len(got)))
                if len(got) % 7 == 0:
                    await asyncio.sleep(0.005)
            assert got == expected
        writer.close()


async def test_a_miss_is_streamed_over_tls_too(world: Any, secure: Secure, eventually: Any) -> None:
    world.hold_back["00001.m4s"] = held = asyncio.Event()
    file = world.put("v/00001.m4s", DATA)
    async with world.running(secure.certificate.context):
        await world.want(file)
        reader, writer = await secure.connect(world)
        writer.write(request(world.url("v/00001.m4s")))
        await reader.readuntil(b"\r\n\r\n")
        first = await asyncio.wait_for(reader.readexactly(1000), 5)
        held.set()
        assert first + await reader.readexactly(len(DATA) - 1000) == DATA
        writer.close()


async def test_strangers_in_the_clear_and_broken_handshakes_harm_nobody(
    world: Any, secure: Secure, eventually: Any
) -> None:
    file = world.put("v/00001.m4s", DATA)
    async with world.running(secure.certificate.context) as appliance:
        await world.want(file)
        await eventually(lambda: appliance.stats().encodes == 1)
        assert b"HTTP/1.1 2" not in await world.send(request(world.url("v/00001.m4s")))
        await world.send(b"\x16\x03\x01\x02\x00" + os.urandom(512))
        plain = ssl.create_default_context()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", appliance.port, ssl=plain, server_hostname="localhost")
        reader, writer = await secure.connect(world)
        writer.write(request(world.url("v/00001.m4s")))
        assert (await answer(reader))[1] == DATA
        writer.transport.abort()
        await eventually(lambda: appliance.stats().connections == 0)
