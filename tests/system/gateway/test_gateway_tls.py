"""TLS at the front door and towards servers: by the house's own root, as a home network has it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from gateway_house import SHORT, Caller, House, Origin, fixed, get, until
from test_gateway_tunnel import TABLE, echo, opening

from matinee.app import certificates
from matinee.app.home import Home
from matinee.gateway.balancing.server import Server
from matinee.gateway.hosts import Hosts
from matinee.runtime.errors import Unavailable
from matinee.runtime.tls import Certificate, calling


class Site:
    """A house with a certificate of its own root, and a client that trusts that root."""

    def __init__(self, home: Home, house: House, certificate: Certificate, file: Path) -> None:
        self.home, self.house, self.certificate, self.file = home, house, certificate, file
        self.trusting = calling(root_of(home))

    async def caller(self, trusting: ssl.SSLContext | None = None) -> Caller:
        return await Caller.to(self.house.port, ssl=trusting or self.trusting, server_hostname="localhost")


def root_of(home: Home) -> str:
    return certificates.root(home, []).public_bytes(Encoding.PEM).decode()


def made(folder: Path) -> tuple[Home, Path]:
    home = Home(folder)
    home.secrets.mkdir(parents=True)
    return home, certificates.front(home, ["films.example", "10.1.2.3"])


@pytest.fixture
async def site(origin: Origin, tmp_path: Path) -> AsyncIterator[Site]:
    home, file = made(tmp_path / "h")
    house = House([origin.url], hosts=Hosts(["films.example"], scheme="https"))
    certificate = Certificate(file)
    await house.start(certificate.context)
    yield Site(home, house, certificate, file)
    await house.stop()


async def test_requests_over_tls_and_what_servers_are_told_of_it(site: Site) -> None:
    caller = await site.caller()
    assert (await caller.ask(get())).status == 200
    session = caller.writer.get_extra_info("ssl_object")
    assert session.version() in {"TLSv1.2", "TLSv1.3"}
    assert session.selected_alpn_protocol() == "http/1.1"
    assert site.house.signed[-1]["scheme"] == "https"
    caller.send(
        get() + get() + b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + bytes(100000)
    )
    assert [(await caller.reply()).status for _ in range(3)] == [200] * 3
    await caller.close()


async def test_nobody_who_does_not_know_the_root_is_let_to_believe_it(site: Site) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await site.caller(calling())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_nothing_older_than_1_2(site: Site) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await site.caller(old)


async def test_another_certificate_without_a_connection_lost(site: Site) -> None:
    before = await site.caller()
    assert (await before.ask(get())).status == 200
    shutil.copy(site.file, site.file.with_suffix(".old"))
    site.file.unlink()
    certificates.front(site.home, ["other.local"])
    assert site.certificate.look()
    assert (await before.ask(get())).status == 200
    after = await site.caller()
    shown = [caller.writer.get_extra_info("peercert")["subjectAltName"] for caller in (before, after)]
    assert ("DNS", "other.local") not in shown[0]
    assert ("DNS", "other.local") in shown[1]
    for caller in (before, after):
        await caller.close()


@pytest.mark.parametrize("content", [b"", b"no certificate", None])
async def test_one_that_cannot_be_used_leaves_the_old_one(content: bytes | None, site: Site) -> None:
    if content is None:
        site.file.unlink()
    else:
        site.file.write_bytes(content)
    assert not site.certificate.look()
    assert not site.certificate.look()
    caller = await site.caller()
    assert (await caller.ask(get())).status == 200
    await caller.close()


async def test_a_pair_that_does_not_fit_leaves_the_old_one(site: Site, tmp_path: Path) -> None:
    _, other = made(tmp_path / "other")
    shutil.copy(other, site.file.with_name("other.pem"))
    pair = Certificate(site.file, site.file)
    foreign = other.read_bytes().partition(b"-----BEGIN CERT")[0]
    mixed = foreign + b"-----BEGIN CERT" + site.file.read_bytes().partition(b"-----BEGIN CERT")[2]
    site.file.write_bytes(mixed)
    assert not pair.look()
    with pytest.raises(Unavailable):
        Certificate(site.file)


async def test_who_speaks_in_the_clear_or_not_at_all_is_let_go(site: Site) -> None:
    plain = await Caller.to(site.house.port)
    plain.send(get())
    assert b"200" not in await plain.ended()
    silent = await Caller.to(site.house.port)
    assert await silent.ended() == b""  # within `header_s`
    for caller in (plain, silent):
        await caller.close()


async def test_handshakes_under_way_count_as_connections(site: Site) -> None:
    site.house.traffic.adopt(msgspec.structs.replace(SHORT, connections=3))
    connections = site.house.traffic.connections
    half = [await Caller.to(site.house.port) for _ in range(3)]
    for each in half:
        each.send(b"\x16\x03\x01")
    await until(lambda: connections.open == 3)
    refused = await Caller.to(site.house.port)
    assert await refused.ended() == b""
    assert (connections.open, connections.refused) == (3, 1)
    for each in half:
        await each.ended()  # within `header_s`
    await until(lambda: connections.open == 0)
    caller = await site.caller()
    assert (await caller.ask(get())).status == 200
    assert connections.open == 1
    await caller.close()
    await until(lambda: connections.open == 0)
    for each in (*half, refused):
        await each.close()


async def test_a_handshake_that_has_begun_when_the_gateway_drains(site: Site) -> None:
    gateway = site.house._gateway
    assert gateway is not None
    silent = await Caller.to(site.house.port)
    await until(lambda: site.house.traffic.connections.open == 1)
    asking = asyncio.create_task(site.caller())
    draining = asyncio.create_task(gateway.drain(5, quiet_s=0.3))
    caller = await asking
    assert (await caller.ask(get())).headers["connection"] == "close"
    await draining
    assert await silent.ended() == b""
    assert site.house.traffic.connections.open == 0
    for each in (silent, caller):
        await each.close()


async def test_a_websocket_over_tls(origin: Origin, tmp_path: Path) -> None:
    origin.answering = echo
    home, file = made(tmp_path / "h")
    house = House([origin.url], table=TABLE, hosts=Hosts(scheme="https"))
    await house.start(Certificate(file).context)
    caller = await Caller.to(house.port, ssl=calling(root_of(home)), server_hostname="localhost")
    caller.send(opening(Cookie="matinee_session=good", Origin="https://localhost"))
    assert (await caller.reply()).status == 101
    caller.send(b"x" * 300_000)
    assert await caller.reader.readexactly(300_006) == b"hello " + b"X" * 300_000
    await caller.close()
    await house.stop()


async def test_a_server_over_tls_must_be_who_it_should_be(tmp_path: Path) -> None:
    home, file = made(tmp_path / "h")
    origin = Origin(fixed(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"))
    origin._server = await asyncio.start_server(origin._serve, "127.0.0.1", 0, ssl=Certificate(file).context)
    port = origin._server.sockets[0].getsockname()[1]
    house = House([f"https://localhost:{port}"])
    house.cluster.servers = [Server(f"https://localhost:{port}", tls=calling(root_of(home)))]
    await house.start()
    caller = await Caller.to(house.port)
    assert (await caller.ask(get())).body == b"ok"
    assert (await caller.ask(get())).body == b"ok"
    assert origin.connections == 1
    house.cluster.servers = [Server(f"https://localhost:{port}")]  # by those whom this machine trusts
    assert (await caller.ask(get())).status == 502
    await caller.close()
    await house.stop()
    await origin.stop()


async def test_a_listener_at_a_socket_of_the_house(site: Site, tmp_path: Path) -> None:
    gateway = site.house._gateway
    assert gateway is not None
    await gateway.start_at(tmp_path / "front.sock")
    with socket.socket(socket.AF_UNIX) as raw:
        raw.setblocking(False)
        raw.connect(str(tmp_path / "front.sock"))
        caller = Caller(*await asyncio.open_unix_connection(sock=raw.dup()))
        assert (await caller.ask(get())).status == 200
        await caller.close()
