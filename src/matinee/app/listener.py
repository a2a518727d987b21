"""Serves ASGI apps on sockets inside a process that owns its signals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import uvicorn

from matinee.app.process import Process

DRAIN_S = 0.5
_AWAY = [(b"content-length", b"0"), (b"connection", b"close"), (b"retry-after", b"1")]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Drained:
    """ASGI: once it ends, what still runs is answered 503, which a caller may ask again: long polls, above all."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()
        self._ending = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        begun = False

        async def noted(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._running.add(task)
        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if begun or not self._ending:
                raise
            await send({"type": "http.response.start", "status": 503, "headers": _AWAY})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._running.discard(task)

    async def end(self, after_s: float) -> None:
        """Lets what runs come to its end within the time, then ends it."""
        self._ending = True
        if self._running:
            await asyncio.wait(set(self._running), timeout=after_s)
        for task in self._running:
            task.cancel()


async def listen(
    process: Process, name: str, app: Any, at: Path | socket.socket, certificate: Path | None = None
) -> None:
    """Serves `app` at the Unix socket, or at one that is bound already, from now until the process stops; with a `certificate`
    (a file that holds its key too) over TLS."""
    drained = Drained(app)
    config = uvicorn.Config(
        drained,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,  # the gateway says who asks, signed
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        backlog=2048,
        ssl_certfile=certificate,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([_bound(at) if isinstance(at, Path) else at]), name=f"listener {name}")
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.005)

    async def close() -> None:
        server.should_exit = True
        await drained.end(DRAIN_S)
        await serving

    process.on_stop(f"listener {name}", close)


def _bound(path: Path) -> socket.socket:
    """A socket that only this user may open."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
