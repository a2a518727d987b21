"""A gateway between raw sockets: the servers behind it say what a test tells them, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.chain import Chain, Parts, chain, standard
from matinee.gateway.cors import AppOrigins
from matinee.gateway.hosts import Hosts
from matinee.gateway.monitoring.metrics import Metrics
from matinee.gateway.origin import Origins
from matinee.gateway.overload.addresses import Proxies
from matinee.gateway.passport import Passports
from matinee.gateway.push.hub import PING_S
from matinee.gateway.push.lines import Lines
from matinee.gateway.routing.compiling import compiled
from matinee.gateway.routing.routes import Route, Routes
from matinee.gateway.routing.tries import TRIES
from matinee.gateway.security_policy import Policy
from matinee.gateway.server import Gateway
from matinee.gateway.static import Static
from matinee.gateway.traffic import Traffic
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import Unauthenticated, Unavailable
from matinee.runtime.ids import Ids
from matinee.services.accounts.contract import ByToken, ObserveRevocations, Passport, Revocations
from matinee.terms.gateway_limits import Limits

SHORT = Limits(
    header_s=0.4, idle_s=0.6, body_s=0.4, answer_s=0.5, write_s=0.6, linger_s=0.3, drain_s=2, connect_s=0.5, pooled_s=5
)


class FakeAccounts:
    """Accounts as the gateway knows it: tokens, a list of revocations that is waited for, and a switch that breaks it."""

    def __init__(self) -> None:
        self.logins = {"good": "lgn_1"}
        self.members: dict[str, Any] = {}
        """More of a login's passport than that it is acc_1's."""
        self.broken = False
        self.asked = 0
        self.observed = 0
        self.slow_s = 0.0
        self.revoked: list[str] = []
        self._changed = asyncio.Event()

    async def passport(self, message: ByToken) -> Passport:
        self.asked += 1
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.broken:
            raise Unavailable
        login = self.logins.get(message.token)
        if login is None or login in self.revoked:
            raise Unauthenticated
        more = {"account_id": "acc_1", **self.members.get(login, {})}
        return Passport(f"jwt-of-{login}", login, expires_at=SystemClock().now() + timedelta(minutes=5), **more)

    async def observe_revocations(self, message: ObserveRevocations) -> Revocations:
        self.observed += 1
        if self.broken:
            raise Unavailable
        if 0 <= message.after == len(self.revoked):
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), message.wait_s)
        if self.broken:
            raise Unavailable
        told = self.revoked[message.after :] if message.after >= 0 else []
        return Revocations(len(self.revoked), told, [])

    def revoke(self, login: str) -> None:
        self.revoked.append(login)
        self._changed.set()

    def cut(self) -> None:
        self.broken = True
        self._changed.set()


@dataclass
class Seen:
    """A request as the server behind got it."""

    head: bytes
    body: bytes
    trailers: list[bytes] = field(default_factory=list)

    @property
    def line(self) -> bytes:
        return self.head.split(b"\r\n", 1)[0]

    def header(self, name: str) -> bytes | None:
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.encode():
                return value.strip()
        return None


Answering = Callable[[Seen, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]


def fixed(answer: bytes, *, keep: bool = True) -> Answering:
    async def answering(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer)
        return keep

    return answering


OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Origin:
    """A server behind the gateway. `answering` says what it does with a whole request; `early` with one's head alone."""

    answering: Answering = field(default_factory=lambda: fixed(OK))
    early: Answering | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[Any]] = field(default_factory=set)

    async def start(self, path: str = "") -> None:
        if path:
            self._server = await asyncio.start_unix_server(self._serve, path)
            self.url = f"unix:{path}"
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            while await self._one(reader, writer):
                await writer.drain()
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        seen = Seen(head, b"")
        if self.early is not None:
            self.seen.append(seen)
            return await self.early(seen, reader, writer)
        seen.body = await whole_body(seen, reader)
        self.seen.append(seen)
        return await self.answering(seen, reader, writer)


async def whole_body(seen: Seen, reader: asyncio.StreamReader) -> bytes:
    length = seen.header("content-length")
    if length is not None:
        return await reader.readexactly(int(length))
    if seen.header("transfer-encoding") is None:
        return b""
    pieces = b""
    while size := int(await reader.readline(), 16):
        pieces += await reader.readexactly(size)
        assert await reader.readexactly(2) == b"\r\n"
    while (line := await reader.readline()) != b"\r\n":
        seen.trailers.append(line.rstrip(b"\r\n"))
    return pieces


class House:
    """The gateway with its standard chain in front of origins, at a port of its own."""

    def __init__(self, origins: list[str], limits: Limits = SHORT, static: Static | None = None, **parts: Any) -> None:
        clock = SystemClock()
        self.accounts = FakeAccounts()
        self.passports = Passports(self.accounts, clock)  # pyright: ignore[reportArgumentType] - as much of it as is used
        self.registry = CollectorRegistry()
        self.servers = [Server(url) for url in origins]
        self.cluster = Cluster("api", self.servers, random.Random(1))
        self.signed: list[dict[str, Any]] = []
        self.appliances: list[str] = []
        self.parts = Parts(
            ids=Ids(clock),
            hosts=parts.get("hosts") or Hosts(["films.example"]),
            routes=Routes(
                compiled(parts["table"], lambda _: self.cluster, lambda _: "DE")
                if "table" in parts
                else [Route("api", "/api", self.cluster, parts.get("tries") or TRIES)]
            ),
            passports=self.passports,
            origins=Origins(self._sign, lambda _: "DE"),
            static=static or Static({}),
            policy=Policy(lambda: self.appliances),
            apps=AppOrigins(parts.get("app_origins", ())),
            standard_forwarded=parts.get("standard_forwarded", False),
        )
        self.metrics = Metrics(self.registry)
        self.traffic = Traffic(limits, clock, proxies=Proxies(parts.get("trusted", ())))
        self.lines = (
            Lines(
                parts.get("name", "gateway"),
                parts["push"],
                self.traffic,
                self.passports,
                random.Random(1),
                parts.get("ping_s", PING_S),
            )
            if "push" in parts
            else None
        )
        self.chain = standard(self.parts, self.traffic, self.metrics, self.lines)
        self.port = 0
        self._gateway: Gateway | None = None

    def _sign(self, claims: dict[str, Any]) -> str:
        self.signed.append(claims)
        return f"origin-{len(self.signed)}"

    def extend(self, *, inbound: list[Any] | None = None, outbound: list[Any] | None = None) -> None:
        """Filters of a test behind the standard ones."""
        own: Chain = self.chain
        self.chain = chain(
            [*(stage.run for stage in own.inbound), *(inbound or [])],
            [stage.run for stage in own.endpoint],
            [*(stage.run for stage in own.outbound), *(outbound or [])],
            [stage.run for stage in own.finished],
        )

    async def start(self, tls: ssl.SSLContext | None = None) -> None:
        self.metrics.watch(self.chain.lists, self.traffic)
        if self.lines is not None:
            self.metrics.more.append(self.lines.metrics)
        companions = [self.passports.watch, *(self.lines.companions if self.lines is not None else ())]
        self._gateway = Gateway(self.chain, self.traffic, [self.cluster], companions)
        self.port = await self._gateway.start("127.0.0.1", 0, tls)

    async def stop(self) -> None:
        if self._gateway is not None:
            await self._gateway.stop()
            self._gateway = None

    def counted(self, **labels: str) -> float:
        """How many requests ended so."""
        total = 0.0
        for family in self.registry.collect():
            for sample in family.samples:
                if sample.name == "matinee_gateway_requests_total" and labels.items() <= sample.labels.items():
                    total += sample.value
        return total


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class Caller:
    """A client of raw bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, **options: Any) -> Caller:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**20, **options))

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def reply(self, *, head: bool = False, within_s: float = 5) -> Reply:
        async with asyncio.timeout(within_s):
            raw = await self.reader.readuntil(b"\r\n\r\n")
            status, headers = parsed(raw)
            if head or status < 200 or status in {204, 304}:
                return Reply(status, headers, b"")
            if "content-length" in headers:
                return Reply(status, headers, await self.reader.readexactly(int(headers["content-length"])))
            if headers.get("transfer-encoding") == "chunked":
                return Reply(
                    status, headers, await whole_body(Seen(b"GET\r\ntransfer-encoding: chunked\r\n", b""), self.reader)
                )
            return Reply(status, headers, await self.reader.read())

    async def ask(self, data: bytes, **options: Any) -> Reply:
        self.send(data)
        return await self.reply(**options)

    async def ended(self, within_s: float = 5) -> bytes:
        """What still comes until the connection ends."""
        async with asyncio.timeout(within_s):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def until(look: Callable[[], Any], most_s: float = 5) -> None:
    async with asyncio.timeout(most_s):
        while not look():
            await asyncio.sleep(0.01)


def parsed(raw: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    assert first.startswith("HTTP/1.1 "), first
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(first.split(" ")[1]), headers


def get(path: str = "/api/x", **headers: str) -> bytes:
    return message("GET", path, None, **headers)


def message(method: str, path: str = "/api/x", body: bytes | None = None, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")
