"""`matinee serve balancer` as a person starts it, with the registry in the same process, before gateways that a test is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from house import free_port, short_folder

from matinee.app.balancer.engine import choose
from matinee.app.home import Home
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import MatineeError
from matinee.runtime.http1 import Client
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.services.registry.contract import ByInstance, Instance, InstanceState, Registry


def installed(name: str) -> bool:
    try:
        choose(name)
    except MatineeError:
        return False
    return True


ENGINES = [
    pytest.param(name, marks=pytest.mark.skipif(not installed(name), reason=f"{name} is not installed"))
    for name in ("haproxy", "nginx")
]
HAPROXY = pytest.mark.skipif(not installed("haproxy"), reason="haproxy is not installed")


@dataclass
class FakeGateway:
    """Answers with its name; `/slow` in pieces until `release` is set. `ready` is what its health is."""

    name: str
    ready: bool = True
    release: asyncio.Event = field(default_factory=asyncio.Event)
    heads: list[bytes] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[Any]] = field(default_factory=set)

    async def start(self) -> FakeGateway:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while True:
                await self._one(await reader.readuntil(b"\r\n\r\n"), writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        name = self.name.encode()
        if b" /health/ready " in head:
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % (200 if self.ready else 503))
            return
        self.heads.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(name))
        if b" /slow " in head:
            writer.write(name[:1])
            await self.release.wait()
            writer.write(name[1:])
        else:
            writer.write(name)


class Balanced:
    """The balancer's process, its home and what asks it."""

    def __init__(self, engine: str, **settings: str) -> None:
        self.home = short_folder()
        self.port = free_port()
        self.engine = engine
        self.log = self.home / "said.log"
        self.scheme = "http"
        self._settings = {"ENGINE": engine, "PORT": str(self.port), **settings}
        self._process: asyncio.subprocess.Process | None = None
        self._channel: HttpChannel | None = None

    async def start(self) -> None:
        environment = {**os.environ, **{f"MATINEE_BALANCER_{name}": value for name, value in self._settings.items()}}
        command = ["-m", "matinee", "serve", "registry", "balancer", "--name", "balancer", "--drain", "2"]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *command, "--home", str(self.home), env=environment, stdout=log, stderr=log
            )
        await eventually(self.listens)

    async def listens(self) -> bool:
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.close()
        return True

    @property
    def registry(self) -> Registry:
        if self._channel is None:
            self._channel = HttpChannel(f"unix:{Home(self.home).socket('registry')}")
        return connect(Registry, self._channel)

    def programs(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()

    async def stop(self) -> None:
        if self._channel is not None:
            await self._channel.close()
        if self._process is not None:
            if self._process.returncode is None:
                self._process.terminate()
            await self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    async def ask(self, path: str = "/", **headers: str) -> str:
        client = Client(f"http://127.0.0.1:{self.port}")
        try:
            answer = await client.request("GET", path, headers, timeout_s=5)
        finally:
            await client.close()
        assert answer.status == 200, answer
        return answer.body.decode()

    async def names(self, count: int = 20) -> set[str]:
        return {await self.ask() for _ in range(count)}


async def eventually(look: Callable[[], Awaitable[Any]], most_s: float = 20.0) -> None:
    async with asyncio.timeout(most_s):
        while True:
            with contextlib.suppress(AssertionError, OSError, MatineeError):
                if await look():
                    return
            await asyncio.sleep(0.05)


@pytest.fixture
async def gateways() -> AsyncIterator[list[FakeGateway]]:
    made = [await FakeGateway(name).start() for name in ("one", "two", "far")]
    yield made
    for each in made:
        await each.stop()


@pytest.fixture(params=ENGINES)
async def balanced(request: pytest.FixtureRequest, gateways: list[FakeGateway]) -> AsyncIterator[Balanced]:
    made = Balanced(request.param)
    try:
        await made.start()
        for gateway in gateways:
            await join(made, gateway)
        await eventually(lambda: only(made, "one", "two"))
        yield made
    finally:
        await made.stop()


async def join(balanced: Balanced, gateway: FakeGateway, state: InstanceState = InstanceState.UP) -> None:
    zone = "away" if gateway.name == "far" else "home"
    await balanced.registry.register(Instance(f"gw-{gateway.name}", "gateway", gateway.url, zone, state=state))


async def only(balanced: Balanced, *names: str) -> bool:
    return await balanced.names() == set(names)


async def test_own_zone_first_then_the_other_and_nobody_notices(
    balanced: Balanced, gateways: list[FakeGateway]
) -> None:
    one, two, far = gateways
    one.heads.clear()
    await balanced.ask(**{"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Forwarded-Proto": "https"})
    told = next(head.lower() for gateway in (one, two) for head in reversed(gateway.heads) if gateway.heads)
    assert b"6.6.6.6" not in told
    assert b"x-forwarded-for: 127.0.0.1\r\n" in told
    assert b"x-forwarded-proto: http\r\n" in told
    await one.stop()
    assert await balanced.names() == {"two"}
    await two.stop()
    assert await balanced.names() == {"far"}
    assert all(b"6.6.6.6" not in head for head in far.heads)


async def test_the_registry_is_followed_and_no_connection_is_lost(
    balanced: Balanced, gateways: list[FakeGateway]
) -> None:
    one, two, _ = gateways
    three = await FakeGateway("three").start()
    failures: list[BaseException] = []
    asked = 0

    async def members(done: asyncio.Event) -> None:
        nonlocal asked
        client = Client(f"http://127.0.0.1:{balanced.port}")
        while not done.is_set():
            try:
                answer = await client.request("GET", "/", timeout_s=5)
                assert answer.status == 200
                asked += 1
            except (MatineeError, AssertionError) as failure:
                failures.append(failure)
            await asyncio.sleep(0.005)
        await client.close()

    done = asyncio.Event()
    load = [asyncio.create_task(members(done)) for _ in range(4)]
    film = asyncio.create_task(balanced.ask("/slow"))
    try:
        await eventually(lambda: _heard(b" /slow ", one, two))
        await join(balanced, three)
        await eventually(lambda: only(balanced, "one", "two", "three"))
        await join(balanced, one, InstanceState.DRAINING)
        await eventually(lambda: only(balanced, "two", "three"))
        await balanced.registry.leave(ByInstance("gw-one"))
        one.release.set()
        two.release.set()
        assert await film in {"one", "two"}
    finally:
        done.set()
        await asyncio.gather(*load)
        await three.stop()
    assert asked > 100
    assert failures == []


async def _heard(what: bytes, *gateways: FakeGateway) -> bool:
    return any(what in head for gateway in gateways for head in gateway.heads)


async def test_the_program_is_started_again_and_ends_with_us(balanced: Balanced) -> None:
    first = balanced.programs()
    assert first
    os.kill(first[0].pid, signal.SIGKILL)
    await eventually(lambda: only(balanced, "one", "two"))
    again = balanced.programs()
    assert again
    assert {each.pid for each in again}.isdisjoint({first[0].pid})
    balanced.kill()

    async def gone() -> bool:
        return not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in again)

    await eventually(gone)


@HAPROXY
async def test_a_gateway_that_says_it_drains_gets_nothing_new(gateways: list[FakeGateway]) -> None:
    balanced = Balanced("haproxy")
    try:
        await balanced.start()
        for gateway in gateways:
            await join(balanced, gateway)
        await eventually(lambda: only(balanced, "one", "two"))
        gateways[0].ready = False
        await eventually(lambda: only(balanced, "two"))
        gateways[0].ready = True
        await eventually(lambda: only(balanced, "one", "two"))
    finally:
        await balanced.stop()


@pytest.mark.parametrize("engine", ENGINES)
async def test_tls_and_http_2_with_a_certificate(engine: str, gateways: list[FakeGateway], tmp_path: Path) -> None:
    plain = free_port()
    balanced = Balanced(engine, CERTIFICATES=str(certificate(tmp_path)), REDIRECT_PORT=str(plain))
    try:
        await balanced.start()
        await join(balanced, gateways[0])
        context = ssl.create_default_context(cafile=tmp_path / "both.pem")
        context.set_alpn_protocols(["h2", "http/1.1"])
        _, writer = await asyncio.open_connection("127.0.0.1", balanced.port, ssl=context, server_hostname="localhost")
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        writer.close()
        context.set_alpn_protocols(["http/1.1"])
        client = Client(f"https://localhost:{balanced.port}", tls=context)

        async def told_https() -> bool:
            await client.request("GET", "/", timeout_s=5)
            return any(b"x-forwarded-proto: https\r\n" in head.lower() for head in gateways[0].heads)

        await eventually(told_https)
        await client.close()
        leads = Client(f"http://localhost:{plain}")
        answer = await leads.request("GET", "/films?x=1", timeout_s=5)
        await leads.close()
        assert answer.status == 308
        assert answer.headers["location"].startswith("https://localhost")
        assert answer.headers["location"].endswith("/films?x=1")
    finally:
        await balanced.stop()


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = SystemClock().real_now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path
