"""Serves ASGI apps on sockets inside a process that owns its signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Generator
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Any, cast

import httptools
import msgspec
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from matinee.app.process import Process
from matinee.runtime import accepting
from matinee.runtime.errors import Invalid, NoSuchMethod

DRAIN_S = 0.5
_AWAY = [(b"content-length", b"0"), (b"connection", b"close"), (b"retry-after", b"1")]


_faults = logging.getLogger("matinee.listener")
_faults.setLevel(logging.ERROR)  # what cannot be read is its sender's fault


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class _Protocol(HttpToolsProtocol):
    """What gateways pass on is well-formed; but any word may be a method, and the parser knows some (RFC 9110 9.1)."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _faults

    def send_400_response(self, msg: str) -> None:
        unknown = isinstance(sys.exception(), httptools.HttpParserInvalidMethodError)
        error = NoSuchMethod() if unknown else Invalid(msg)
        body = msgspec.json.encode(error.problem())
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
            % (error.status, HTTPStatus(error.status).phrase.encode(), len(body), body)
        )
        self.transport.close()


class Drained:
    """ASGI: once it drains, each answer ends its connection; once it ends, what still runs is answered 503, which a caller may
    ask again: long polls, above all."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._running: set[asyncio.Task[Any]] = set()
        self._ending = self.draining = False
        self.asked = 0.0
        """When a request came last, of the monotonic clock."""

    @property
    def busy(self) -> bool:
        return bool(self._running)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        begun = False

        async def noted(message: Any) -> None:
            nonlocal begun
            if self.draining and not begun and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            begun = True
            await send(message)

        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._running.add(task)
        self.asked = monotonic()
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


class Listener:
    """What serves an app."""

    def __init__(self, server: _Server, app: Drained) -> None:
        self._server = server
        self._app = app

    async def drain(self, quiet_s: float) -> None:
        """Takes no new connection, and returns when all that were there are closed, or nothing has come on them for `quiet_s`:
        then whoever keeps them does so for nothing."""
        self._app.draining = True
        while self._server.servers:
            await accepting.close(self._server.servers.pop(), self._protocol)
        began = monotonic()
        while self._server.server_state.connections:
            if not self._app.busy and monotonic() - max(self._app.asked, began) > quiet_s:
                return
            await asyncio.sleep(0.02)

    def _protocol(self) -> asyncio.Protocol:
        """As uvicorn makes them."""
        config, server = self._server.config, self._server
        return cast("Any", config.http_protocol_class)(
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )


async def listen(
    process: Process, name: str, app: Any, at: Path | socket.socket, certificate: Path | None = None
) -> Listener:
    """Serves `app` at the Unix socket, or at one that is bound already, from now until the process stops; with a `certificate`
    (a file that holds its key too) over TLS."""
    drained = Drained(app)
    config = uvicorn.Config(
        drained,
        loop="none",
        http=_Protocol,
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
    return Listener(server, drained)


def _bound(path: Path) -> socket.socket:
    """A socket that only this user may open."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
