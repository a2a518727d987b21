from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from matinee.gateway.wire.upstream import Upstream
from matinee.runtime.errors import Invalid


class Server:
    """One server at `http://host:port` or `unix:/path`, with its pool of unused connections (the last used is first)."""

    __slots__ = ("_path", "_place", "_tick", "idle", "in_flight", "rests_until", "url")

    def __init__(self, url: str, tick: Callable[[], float] = time.monotonic) -> None:
        self.url = url
        self._tick = tick
        self.in_flight = 0
        self.rests_until = 0.0
        self.idle: list[Upstream] = []
        parts = urlsplit(url)
        self._path = url.removeprefix("unix:") if url.startswith("unix:") else ""
        self._place = (parts.hostname or "", parts.port or 80)
        if not self._path and (parts.scheme != "http" or not parts.hostname):
            raise Invalid(f"A server is `http://host:port` or `unix:/path`, not {url!r}")

    def take(self, oldest: float) -> Upstream | None:
        """An unused connection that came back after the moment `oldest`, or None."""
        while self.idle:
            upstream = self.idle.pop()
            if upstream.parked_at >= oldest and upstream.open:
                return upstream
            upstream.close()
        return None

    async def connect(self, within_s: float) -> Upstream:
        """A new connection. Raises OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            if self._path:
                _, upstream = await loop.create_unix_connection(lambda: Upstream(self), self._path)
            else:
                _, upstream = await loop.create_connection(lambda: Upstream(self), *self._place)
        return upstream

    def park(self, upstream: Upstream) -> None:
        upstream.parked_at = self._tick()
        self.idle.append(upstream)

    def forget(self, upstream: Upstream) -> None:
        if upstream in self.idle:
            self.idle.remove(upstream)

    def sweep(self, oldest: float) -> None:
        """Closes unused connections older than the moment `oldest`."""
        for upstream in [each for each in self.idle if each.parked_at < oldest]:
            self.idle.remove(upstream)
            upstream.close()
