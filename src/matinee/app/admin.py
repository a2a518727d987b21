"""What a process answers about itself: on its own Unix socket, beside the operations of its services, and alone at a port of this
machine where one is asked for."""

from __future__ import annotations

from typing import Any

from matinee.app.process import Process
from matinee.runtime import telemetry


class Admin:
    """ASGI: `/health/live`, `/health/ready`, `/metrics`; everything else goes to the operations, if they are here too."""

    def __init__(self, process: Process, operations: Any = None) -> None:
        self._process = process
        self._operations = operations

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        match scope.get("path"):
            case "/health/live":
                await _answer(send, 200, b"live\n")
            case "/health/ready":
                ready = self._process.ready
                await _answer(send, 200 if ready else 503, b"ready\n" if ready else b"starting\n")
            case "/metrics":
                await _answer(send, 200, *telemetry.exposition(self._process.registry))
            case _ if self._operations is None:
                await _answer(send, 404, b"There are /health/live, /health/ready and /metrics\n")
            case _:
                await self._operations(scope, receive, send)


async def _answer(send: Any, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
