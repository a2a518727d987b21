"""An appliance with a core and an origin, all real sockets: the core is a stand-in that speaks `/api/open-connect/…`."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
import uvicorn
from obstore.store import LocalStore

from matinee.cdn import origin
from matinee.cdn.appliance import Appliance, Settings
from matinee.cdn.server import listening
from matinee.runtime.clock import SystemClock
from matinee.runtime.signing import Keyring, Verifier
from matinee.services.fill.contract import FillFile, Manifest, Wanted
from matinee.services.playback.contract import Ended
from matinee.services.steering.contract import Report
from matinee.services.steering.media_token import MediaTokens

TITLE, ENCODE = "ttl_1", "ttl_1/enc_1"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    config = uvicorn.Config(
        app,
        interface="asgi3",
        port=0,
        loop="none",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def respond(send: Any, status: int, body: bytes = b"") -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Core:
    """Tells an appliance what a test says, and keeps what it reports."""

    def __init__(self, keyring: Keyring, appliances: Verifier) -> None:
        self.keyring = keyring
        self.manifest = Manifest(0, [])
        self.ended: list[str] = []
        self.reports: list[Report] = []
        self.up = True
        self._appliances = appliances
        self._changed = asyncio.Condition()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        token = dict(scope["headers"])[b"authorization"].removeprefix(b"Bearer ")
        self._appliances.verify(token, datetime.now(UTC), issuer="cdn-a", audience="open-connect")
        query = {name: float(values[0]) for name, values in parse_qs(scope["query_string"].decode()).items()}
        body = await self._answer(scope["path"], query, receive) if self.up else None
        await respond(send, 503 if body is None else 200, body or b"")

    async def _answer(self, path: str, query: dict[str, float], receive: Any) -> bytes | None:
        after = int(query.get("after", 0))
        match path.rpartition("/")[2]:
            case "keys":
                return self.keyring.jwks().encode()
            case "reports":
                self.reports.append(msgspec.json.decode((await receive())["body"], type=Report))
                return b""
            case "manifest":
                await self._until(lambda: self.manifest.version != after, query)
                return msgspec.json.encode(self.manifest)
            case "ended":
                await self._until(lambda: after < 0 or len(self.ended) > after, query)
                return msgspec.json.encode(Ended(len(self.ended), self.ended[max(0, after) :]))
        return None

    async def _until(self, true: Callable[[], bool], query: dict[str, float]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(query["wait_s"]), self._changed:
                await self._changed.wait_for(lambda: true() or not self.up)

    async def tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class World:
    """One appliance, what is around it, and what it should hold."""

    def __init__(self, folder: Path, clock: SystemClock) -> None:
        self.clock = clock
        self.objects = folder / "objects"
        self.disk = folder / "disk"
        self.keyring = Keyring.load(folder / "steering.json")
        self.own = Keyring.load(folder / "cdn-a.json")
        self.core = Core(self.keyring, Verifier(self.own.jwks()))
        self.asked: list[str] = []
        self.hold_back: dict[str, asyncio.Event] = {}
        self.appliance: Appliance
        self._origin = origin.Application(
            LocalStore(str(self.objects), mkdir=True), {"cdn-a": Verifier(self.own.jwks())}, clock
        )

    def put(self, name: str, data: bytes, *, encode: str = ENCODE) -> FillFile:
        """A file of an encode at the origin."""
        path = f"{encode}/{name}"
        place = self.objects / "media" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return FillFile(path, len(data), hashlib.sha256(data).hexdigest())

    async def want(self, *files: FillFile) -> None:
        """The core's manifest names these files, and no others."""
        encodes = {"/".join(file.path.split("/")[:2]): [] for file in files}
        for file in files:
            encodes["/".join(file.path.split("/")[:2])].append(file)
        self.core.manifest = Manifest(self.core.manifest.version + 1, [Wanted(*one) for one in encodes.items()])
        await self.core.tell()

    async def end(self, *sessions: str) -> None:
        self.core.ended.extend(sessions)
        await self.core.tell()

    def token(self, session: str = "ses_1", title: str = TITLE, life: timedelta = timedelta(hours=1)) -> str:
        return MediaTokens(self.keyring).token(session, f"{title}/enc_1", self.clock.now() + life)

    def url(self, name: str, session: str = "ses_1", *, encode: str = ENCODE) -> str:
        token = self.token(session, encode.partition("/")[0])
        return f"/URISigningPackage={token}/{encode}/{name}"

    async def origin(self, scope: Any, receive: Any, send: Any) -> None:
        """The real origin, with a note of what it was asked, and a hand on what it gives."""
        self.asked.append(scope["path"])
        held = self.hold_back.get(scope["path"].rpartition("/")[2])

        async def slowly(message: Any) -> None:
            body = message.get("body", b"")
            if held is not None and len(body) > 1:
                half = len(body) // 2
                await send({**message, "body": body[:half], "more_body": True})
                await held.wait()
                message = {**message, "body": body[half:]}
            await send(message)

        await self._origin(scope, receive, slowly)

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None, **settings: Any) -> AsyncIterator[Appliance]:
        async with serving(self.core) as core, serving(self.origin) as source:
            made = Settings("cdn-a", core, source, **settings)
            listener = listening("127.0.0.1", 0)
            self.appliance = Appliance(made, listener, self.disk, self.own, self.clock, "boot_1", tls)
            task = asyncio.create_task(self.appliance.run())
            await self.appliance.started.wait()
            while not self.appliance.stats().sees_core:
                await asyncio.sleep(0.005)
            try:
                yield self.appliance
            finally:
                self.core.up = False
                await self.core.tell()
                for held in self.hold_back.values():
                    held.set()
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def send(self, raw: bytes) -> bytes:
        """Everything that comes back for some bytes, until the appliance closes or falls silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.appliance.port)
        writer.write(raw)
        got = bytearray()
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            async with asyncio.timeout(0.3):
                while piece := await reader.read(1 << 16):
                    got += piece
        writer.close()
        return bytes(got)

    async def get(self, url: str, *fields: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one request over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.appliance.port)
        lines = "".join(f"{field}\r\n" for field in fields)
        writer.write(f"{method} {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode())
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            return int(head[0].split()[1]), headers, await reader.read()
        finally:
            writer.close()


Eventually = Callable[..., Awaitable[None]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SystemClock())


@pytest.fixture
def serve() -> Any:
    return serving
