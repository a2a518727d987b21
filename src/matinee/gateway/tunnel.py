from __future__ import annotations

from collections.abc import Callable

from matinee.gateway.category import SUCCESS, Category
from matinee.gateway.traffic import Traffic
from matinee.gateway.wire.end import End


class Way:
    """One direction of a tunnel: what comes from one end goes to the other (`wire.end.Line`)."""

    __slots__ = ("_to", "_tunnel", "done", "full_since")

    def __init__(self, tunnel: Tunnel, to: End) -> None:
        self._tunnel = tunnel
        self._to = to
        self.done = False
        self.full_since: float | None = None

    def came(self, data: bytes) -> None:
        self._tunnel.moved()
        self._to.write(data)

    def ended(self) -> None:
        self.done = True
        self._to.finish()
        self._tunnel.way_ended()

    def gone(self) -> None:
        self._tunnel.gone()

    def full(self, full: bool) -> None:  # noqa: FBT001
        """Where this direction comes from no more can be taken: the other direction waits."""
        self.full_since = self._tunnel.moved() if full else None
        self._to.hold(full)


class Tunnel:
    """A client and a server joined after a switch of protocols: bytes go both ways as they come, no faster than they are taken.

    Each direction may end by itself. Where nothing moves either way for `silence_s`, or one side takes nothing for
    `limits.write_s`, it is over.
    """

    __slots__ = (
        "_client",
        "_closes_at",
        "_last",
        "_over",
        "_server",
        "_silence_s",
        "_traffic",
        "from_client",
        "from_server",
    )

    def __init__(
        self, client: End, server: End, traffic: Traffic, silence_s: float, over: Callable[[Category], None]
    ) -> None:
        self._client = client
        self._server = server
        self._traffic = traffic
        self._silence_s = silence_s
        self._over: Callable[[Category], None] | None = over
        self._last = traffic.tick()
        self._closes_at = float("inf")
        self.from_client = Way(self, server)
        self.from_server = Way(self, client)
        traffic.tunnels.add(self)

    def moved(self) -> float:
        self._last = self._traffic.tick()
        return self._last

    def way_ended(self) -> None:
        if self.from_client.done and self.from_server.done:
            self._end(SUCCESS)

    def gone(self) -> None:
        """One end is gone: the other is given what was on its way, and closed."""
        self._end(SUCCESS)

    def drain(self) -> None:
        """The gateway is coming to its end: the server is told that no more will come, what it still says arrives."""
        if self._over is not None and not self.from_client.done:
            self._client.hold(True)  # noqa: FBT003
            self.from_client.ended()
            self._closes_at = self._traffic.tick() + self._traffic.limits.linger_s

    def check(self, now: float) -> None:
        """Ends what has been still for too long."""
        stuck = now - self._traffic.limits.write_s
        for way in (self.from_client, self.from_server):
            if way.full_since is not None and way.full_since < stuck and self._last < stuck:
                self._client.abort()
                self._server.abort()
                self._end(Category.FAILURE_CLIENT_TIMEOUT)
                return
        if now >= self._closes_at or now >= self._last + self._silence_s:
            self._end(SUCCESS)

    def _end(self, category: Category) -> None:
        over, self._over = self._over, None
        if over is None:
            return
        self._traffic.tunnels.discard(self)
        for end in (self._client, self._server):
            end.close(self._traffic.limits.write_s)
        over(category)
