"""Serves ASGI apps on Unix sockets inside a process that owns its signals."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import uvicorn

from matinee.app.process import Process


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def listen(process: Process, name: str, app: Any, path: Path) -> None:
    """Serves `app` at the socket from now until the process stops."""
    path.unlink(missing_ok=True)
    config = uvicorn.Config(
        app,
        uds=str(path),
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        backlog=2048,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(), name=f"listener {name}")
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.005)
    path.chmod(0o600)

    async def close() -> None:
        server.should_exit = True
        await serving

    process.on_stop(f"listener {name}", close)
