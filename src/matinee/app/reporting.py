"""What the edge APIs tell gateways about themselves, beside what they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matinee.runtime.utilization import Utilization

UTILIZATION = b"x-matinee-utilization"
_FORWARDED = b"x-matinee-origin"
"""The gateway puts this header on all that it forwards."""


class Reporting:
    """ASGI: each answer says how busy this process is, and `GET /health/ready` whether it is to be given work. That is for who
    asks at this process's own door: what a gateway forwards from outside goes to the app."""

    def __init__(self, app: Any, utilization: Utilization, ready: Callable[[], bool]) -> None:
        self._app = app
        self._utilization = utilization
        self._ready = ready

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def reporting(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (UTILIZATION, self._utilization.written)]
            await send(message)

        if scope.get("path") == "/health/ready" and not any(name == _FORWARDED for name, _ in scope["headers"]):
            await self._health(reporting)
        else:
            await self._app(scope, receive, reporting)

    async def _health(self, send: Any) -> None:
        status, body = (200, b"ready\n") if self._ready() else (503, b"not ready\n")
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
