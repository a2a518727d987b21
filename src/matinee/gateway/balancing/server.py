from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from matinee.gateway.balancing.record import Record
from matinee.gateway.balancing.standing import Standing
from matinee.gateway.wire.upstream import Upstream
from matinee.runtime.errors import Invalid
from matinee.runtime.tls import calling


class Server:
    """One server at `http://host:port`, `https://host:port` or `unix:/path`, with its pool of unused connections (the last used is
    first).

    `name` is what people know it by. `tls` is whom it trusts at an https server; unsaid, whom this machine trusts. `draining`:
    it ends what it has and is given nothing new. `record` and `standing` are what its cluster knows of it; from them come
    `cost`, of one more request here, and `share`, which is below 1 while it is new.
    """

    __slots__ = (
        "_path", "_place", "_tick", "cost", "draining", "idle", "in_flight", "name", "record", "share", "standing", "tls", "url",
        "zone",
    )  # fmt: skip

    def __init__(
        self,
        url: str,
        tick: Callable[[], float] = time.monotonic,
        zone: str = "home",
        tls: ssl.SSLContext | None = None,
        name: str = "",
    ) -> None:
        self.url = url
        self.name = name or url
        self.zone = zone
        self.draining = False
        self._tick = tick
        self.in_flight = 0
        self.cost = 1.0
        self.share = 1.0
        self.record = Record()
        self.standing = Standing()
        self.idle: list[Upstream] = []
        parts = urlsplit(url)
        self._path = url.removeprefix("unix:") if url.startswith("unix:") else ""
        self._place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        if not self._path and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise Invalid(f"A server is `http://host:port`, `https://host:port` or `unix:/path`, not {url!r}")
        self.tls = (tls or calling()) if parts.scheme == "https" else None

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
                _, upstream = await loop.create_connection(lambda: Upstream(self), *self._place, ssl=self.tls)
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
