"""The listener: accepts, bounds how many and how slow clients may be, and cuts off those who lost their leave."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

from matinee.cdn import answer
from matinee.cdn.connection import Connection
from matinee.cdn.head import Heads
from matinee.cdn.readiness import Readiness
from matinee.cdn.secure import ROOM, SecureConnection
from matinee.cdn.site import Site
from matinee.runtime import accepting
from matinee.runtime.accepting import Acceptor
from matinee.runtime.clock import Clock
from matinee.runtime.errors import PortTaken

IDLE_S, HEAD_S, STALL_S, DRAIN_S = 75, 10, 30, 3
"""How long a client may say nothing between two requests, take for a head, take nothing of an answer, and go on after it
was refused."""
LEAST_RATE, GRACE_S = 1024, 60
"""Bytes a second that a client must take on average once an answer is older than the grace."""

_SWEEP_S = 0.5


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there (port 0: any free one). Raises PortTaken."""
    try:
        return accepting.listening(host, port)
    except OSError as wrong:
        raise PortTaken(f"cannot listen at {host} port {port}: {wrong.strerror}") from wrong


class Server:
    """Serves one site at one listening socket, which it closes; with `tls`, over TLS alone."""

    def __init__(
        self,
        listener: socket.socket,
        site: Site,
        clock: Clock,
        *,
        most: int = 4096,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.site = site
        self.threads = ThreadPoolExecutor(4, "disk")
        """Where cold bytes are read."""
        self.heads = Heads()
        self.bytes_served = 0
        self.refused = 0
        self._acceptor = Acceptor(listener, self._admit, crowded=self._drop_idlest)
        self._clock = clock
        self._tls = tls
        self.buffer = memoryview(bytearray(ROOM if tls is not None else 0))
        """Where file bytes lie for the moment in which they are encrypted."""
        self._most = most
        self._readiness = Readiness()
        self._connections: dict[int, Connection] = {}
        self._tick()

    @property
    def port(self) -> int:
        return self._acceptor.port

    @property
    def connections(self) -> int:
        return len(self._connections)

    @property
    def fullness(self) -> float:
        """Of the connections it may have, 0 to 1."""
        return len(self._connections) / self._most

    async def run(self) -> None:
        """Until cancelled."""
        self._readiness.start()
        self._acceptor.start()
        try:
            while True:
                await asyncio.sleep(_SWEEP_S)
                self._tick()
                self._sweep()
        finally:
            self._acceptor.close()
            for connection in list(self._connections.values()):
                connection.close()
            self._readiness.close()
            self.threads.shutdown(wait=False)

    def cut(self, lost: Callable[[Connection], bool]) -> None:
        """Ends at once those in the midst of an answer that they may no longer have."""
        for connection in list(self._connections.values()):
            if connection.sending and lost(connection):
                connection.abort()

    def forget(self, connection: Connection) -> None:
        self._readiness.remove(connection.fd)
        self._connections.pop(connection.fd, None)

    def _tick(self) -> None:
        self.site.tick = int(self._clock.monotonic()) + 1
        self.site.date = formatdate(self._clock.now().timestamp(), usegmt=True).encode()

    def _admit(self, client: socket.socket, _: str) -> None:
        if len(self._connections) >= self._most and not self._drop_idlest():
            self.refused += 1
            if self._tls is None:
                _turn_away(client, self.site.date)
            else:
                client.close()
            return
        try:
            connection = Connection(client, self) if self._tls is None else SecureConnection(client, self, self._tls)
        except OSError:  # TLS looks whether who connected is still there
            client.close()
            return
        self._connections[connection.fd] = connection
        self._readiness.add(connection.fd, connection.ready)

    def _drop_idlest(self) -> bool:
        idle = [connection for connection in self._connections.values() if connection.idle]
        if not idle:
            return False
        min(idle, key=lambda connection: connection.since).close()
        return True

    def _sweep(self) -> None:
        now = self.site.tick
        for connection in list(self._connections.values()):
            if connection.sending:
                if not connection.waits_for_us and _too_slow(connection, now):
                    connection.abort()
            elif connection.idle:
                if now - connection.since > IDLE_S:
                    connection.close()
            elif connection.draining:
                if now - connection.since > DRAIN_S:
                    connection.close()
            elif not connection.waits_for_us and now - connection.since > HEAD_S:
                connection.refuse(408, "The request took too long to arrive")
                connection.serve()


def _too_slow(connection: Connection, now: int) -> bool:
    age = now - connection.started
    return now - connection.since > STALL_S or (age > GRACE_S and connection.sent < age * LEAST_RATE)


def _turn_away(client: socket.socket, date: bytes) -> None:
    said = answer.closing(
        answer.problem(date, 503, "too-many-connections", "Too many connections; try another appliance")
    )
    try:
        client.send(said)
    except OSError:
        pass
    finally:
        client.close()
