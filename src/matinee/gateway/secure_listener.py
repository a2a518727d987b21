from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

from matinee.gateway.client import Client
from matinee.gateway.traffic import Traffic
from matinee.runtime.accepting import Acceptor


class SecureListener:
    """Takes connections over TLS. Each counts among those of its address before its handshake, which costs more than what comes
    after: clients that begin thousands and end none are refused as any who have too many open."""

    def __init__(
        self, bound: socket.socket, tls: ssl.SSLContext, traffic: Traffic, client: Callable[[], Client]
    ) -> None:
        self._acceptor = Acceptor(bound, self._admit)
        self._tls = tls
        self._traffic = traffic
        self._client = client
        self._handshakes: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return self._acceptor.port

    def start(self) -> None:
        self._acceptor.start()

    async def close(self, within_s: float) -> None:
        """Takes no further connection, and lets handshakes come to their end within the time; the others are broken off."""
        self._acceptor.close()
        try:
            if self._handshakes:
                await asyncio.wait(self._handshakes, timeout=within_s)
        finally:
            for each in self._handshakes:
                each.cancel()

    def _admit(self, connection: socket.socket, address: str) -> None:
        client = self._client()
        if not client.admit(address, _own(connection)):
            client.connection_lost(None)
            connection.close()
            return
        task = asyncio.get_running_loop().create_task(self._shake_hands(connection, client))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, connection: socket.socket, client: Client) -> None:
        limits, made = self._traffic.limits, False
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: client,
                connection,
                ssl=self._tls,
                ssl_handshake_timeout=limits.header_s,
                ssl_shutdown_timeout=limits.linger_s,
            )
            made = True
        except OSError:  # it came to nothing: the client sees the connection end
            return
        finally:
            if not made:
                client.connection_lost(None)


def _own(connection: socket.socket) -> str:
    """At which of this machine's addresses it came in."""
    try:
        return str(connection.getsockname()[0])
    except OSError:  # gone already
        return ""
