"""Apache Traffic Server's `uri_signing` takes our media tokens as they stand in our URLs: so one of them can be an appliance."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from matinee.runtime.clock import SystemClock
from matinee.runtime.signing import Keyring
from matinee.services.steering.media_token import ISSUER, MediaTokens

SERVER = shutil.which("traffic_server")
DATA = bytes(range(256)) * 400
pytestmark = pytest.mark.skipif(SERVER is None, reason="Apache Traffic Server (traffic_server) is not installed")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def configure(folder: Path, port: int, origin: int, keyring: Keyring) -> Path:
    """A root of its own below the folder, that maps everything to the origin once its token counts."""
    etc = folder / "etc"
    for made in (etc, folder / "log", folder / "run", folder / "cache"):
        made.mkdir(parents=True)
    keys = [{**key, "alg": "ES256"} for key in json.loads(keyring.jwks())["keys"]]
    signing = {ISSUER: {"renewal_kid": keys[0]["kid"], "strip_token": True, "keys": keys}}
    settings = {
        "http.server_ports": f"STRING {port}:ip-in=127.0.0.1",
        "admin.user_id": "STRING #-1",
        "exec_thread.autoconfig": "INT 0",
        "exec_thread.limit": "INT 1",
        "http.cache.required_headers": "INT 0",
        "log.logging_enabled": "INT 0",
    }
    files = {
        "records.config": "".join(f"CONFIG proxy.config.{name} {value}\n" for name, value in settings.items()),
        "storage.config": f"{folder}/cache 64M\n",
        "remap.config": f"map http://127.0.0.1:{port}/ http://127.0.0.1:{origin}/ "
        f"@plugin=uri_signing.so @pparam={etc}/uri.json\n",
        "uri.json": json.dumps(signing),
        "plugin.config": "",
        "ip_allow.yaml": "ip_allow:\n  - {apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}\n",
    }
    for name, text in files.items():
        (etc / name).write_text(text)
    places = {"prefix": "/usr", "exec_prefix": "/usr", "bindir": "/usr/bin", "sbindir": "/usr/sbin"}
    places |= {"libdir": "/usr/lib/trafficserver", "libexecdir": "/usr/lib/trafficserver/modules"}
    places |= {"includedir": "/usr/include", "sysconfdir": f"{etc}", "logdir": f"{folder}/log"}
    places |= dict.fromkeys(("datadir", "cachedir"), f"{folder}/cache")
    places |= dict.fromkeys(("localstatedir", "runtimedir"), f"{folder}/run")
    root = folder / "runroot.yaml"
    root.write_text("".join(f"{name}: {place}\n" for name, place in places.items()))
    return root


class Verifier:
    def __init__(self, port: int, keyring: Keyring) -> None:
        self.port = port
        self.tokens = MediaTokens(keyring)
        self.upstream_paths: list[str] = []

    async def status(self, path: str, *fields: str) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = "".join(f"{field}\r\n" for field in fields)
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n{lines}\r\n"
        writer.write(head.encode())
        got = await reader.read(-1)
        writer.close()
        return int(got.split(b" ", 2)[1]), got.partition(b"\r\n\r\n")[2]

    def segment(self, title: str, life: timedelta = timedelta(hours=1)) -> str:
        token = self.tokens.token("ses_1", f"{title}/enc_1", SystemClock().now() + life)
        return f"/URISigningPackage={token}"

    async def serve_origin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.upstream_paths.append(head.split(b" ")[1].decode())
        writer.write(
            b"HTTP/1.1 200 OK\r\ncache-control: max-age=600\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
            % (len(DATA), DATA)
        )
        writer.close()


@pytest.fixture
async def verifier(tmp_path: Path) -> AsyncIterator[Verifier]:
    keyring = Keyring.load(tmp_path / "steering.json")
    made = Verifier(free_port(), keyring)
    origin = await asyncio.start_server(made.serve_origin, "127.0.0.1", 0)
    root = configure(tmp_path / "ats", made.port, origin.sockets[0].getsockname()[1], keyring)
    process = await asyncio.create_subprocess_exec(
        str(SERVER), f"--run-root={root}", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(30):
            while not await answers(made.port):
                await asyncio.sleep(0.05)
        yield made
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        origin.close()


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_traffic_server_lets_our_tokens_in_and_refuses_another_titles(verifier: Verifier) -> None:
    path = "/ttl_1/enc_1/v720/00001.m4s"
    assert await verifier.status(verifier.segment("ttl_1") + path) == (200, DATA)
    async with asyncio.timeout(10):  # until the file is in its cache; the origin here knows no ranges
        while (part := await verifier.status(verifier.segment("ttl_1") + path, "Range: bytes=10-19")) == (200, DATA):
            await asyncio.sleep(0.05)
    assert part == (206, DATA[10:20])
    assert set(verifier.upstream_paths) == {path}, "the token is cut before the upstream"
    assert (await verifier.status(verifier.segment("ttl_2") + path))[0] == 403
    assert (await verifier.status(path))[0] == 403
    assert (await verifier.status(verifier.segment("ttl_1", timedelta(seconds=-5)) + path))[0] == 403
    changed = verifier.segment("ttl_1")[:-4] + "AAAA"
    assert (await verifier.status(changed + path))[0] == 403
