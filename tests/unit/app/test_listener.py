from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from matinee.app.admin import Admin
from matinee.app.home import Home
from matinee.app.listener import listen
from matinee.app.process import Process
from matinee.config import Settings


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Path]:
    process = Process("p", Home(tmp_path), Settings(), {})
    await listen(process, "api", app, tmp_path / "api.sock")
    yield tmp_path / "api.sock"
    process.stop()
    await process.live()


async def asked(at: Path, head: bytes) -> tuple[bytes, bytes]:
    """Status line and body; the connection is closed after it."""
    reader, writer = await asyncio.open_unix_connection(str(at))
    writer.write(head + b"host: localhost\r\nconnection: close\r\n\r\n")
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer.split(b"\r\n")[0], answer.partition(b"\r\n\r\n")[2]


async def test_a_method_that_nobody_knows(at: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    status, body = await asked(at, b"FLY /api/x HTTP/1.1\r\n")
    assert status == b"HTTP/1.1 501 Not Implemented"
    problem = json.loads(body)
    assert (problem["type"], problem["status"]) == ("no-such-method", 501)
    assert not caplog.records
    assert await asked(at, b"GET /api/x HTTP/1.1\r\n") == (b"HTTP/1.1 200 OK", b"ok")


async def test_what_is_no_http(at: Path) -> None:
    assert (await asked(at, b"GET /api/x HTTP/7.7\r\n"))[0] == b"HTTP/1.1 400 Bad Request"


async def test_a_process_tells_of_itself_and_offers_nothing_else(tmp_path: Path) -> None:
    process = Process("p", Home(tmp_path), Settings(), {})
    await listen(process, "admin port", Admin(process), tmp_path / "admin.sock")
    near = httpx.AsyncHTTPTransport(uds=str(tmp_path / "admin.sock"))
    async with httpx.AsyncClient(base_url="http://localhost", transport=near) as client:
        assert (await client.get("/health/live")).text == "live\n"
        assert (await client.get("/health/ready")).status_code == 503
        assert "python_info" in (await client.get("/metrics")).text
        assert (await client.post("/rpc/accounts/find")).status_code == 404
    process.stop()
    await process.live()
