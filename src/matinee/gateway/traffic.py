from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Protocol

from matinee.gateway.overload.addresses import Proxies
from matinee.gateway.overload.connections import Connections
from matinee.gateway.overload.guard import Guard
from matinee.gateway.stage import SAMPLED_EVERY
from matinee.runtime.clock import Clock
from matinee.terms.gateway_limits import Limits


class Connection(Protocol):
    """A client's connection, as the gateway ends and times it."""

    @property
    def idle(self) -> bool: ...

    def check(self, now: float) -> None:
        """Ends what has taken longer than it may."""
        ...

    def close(self) -> None:
        """Closes once everything written has been taken."""
        ...

    def abort(self) -> None: ...


class Timed(Protocol):
    """A request under way."""

    def check(self, now: float) -> None:
        """Ends a try at a server that has had its time."""
        ...


class Joined(Timed, Protocol):
    """A tunnel: a connection that has left HTTP."""

    def drain(self) -> None:
        """The gateway is coming to its end."""
        ...


class Line(Protocol):
    """A device that waits for messages at the gateway itself."""

    def drain(self) -> None:
        """The gateway is coming to its end."""
        ...


class Traffic:
    """What is under way: open connections, requests in flight, tunnels, devices that wait for messages; and whether the gateway
    is coming to its end."""

    def __init__(
        self,
        limits: Limits,
        clock: Clock,
        tick: Callable[[], float] = time.monotonic,
        proxies: Proxies | None = None,
    ) -> None:
        self.limits = limits
        self.proxies = proxies or Proxies()
        self.connections = Connections(self.proxies)
        self.guard = Guard(limits, tick())
        self.now = lambda: clock.now().timestamp()
        self.tick = tick
        self.clients: set[Connection] = set()
        self.under_way: set[Timed] = set()
        self.tunnels: set[Joined] = set()
        self.lines: set[Line] = set()
        self.draining = False
        self._clock = clock
        self._date = (0, b"")
        self._seen = 0

    def adopt(self, limits: Limits) -> None:
        """Other limits, from now on."""
        self.limits = limits
        self.guard.adopt(limits)

    @property
    def in_flight(self) -> int:
        return len(self.under_way)

    def sampled(self) -> bool:
        """Whether filters are timed for this request."""
        self._seen += 1
        return self._seen % SAMPLED_EVERY == 0

    def date(self) -> bytes:
        """The Date header's value, made once a second."""
        second = int(self._clock.real_now().timestamp())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return self._date[1]
