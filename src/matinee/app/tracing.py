"""What the edge APIs do for a request belongs to its trace, and its log lines name it."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Any

from matinee.runtime import trace

log = logging.getLogger("matinee.api.access")


class Traced:
    """ASGI: a span of its own for each request, under the one that the gateway's headers name."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with trace.received(scope["headers"]):
            if log.isEnabledFor(logging.INFO):
                await self._told(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _told(self, scope: Any, receive: Any, send: Any) -> None:
        """A line for it."""
        status, began = 0, perf_counter()

        async def noting(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            log.info("%s %s %d, %.1f ms", scope["method"], scope["path"], status, (perf_counter() - began) * 1000)
