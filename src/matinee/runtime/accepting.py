"""Listening sockets: how connections are taken there, and how they end without one lost, since those that the system has taken
for a listener are reset when it closes."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable

_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REST_S = 0.2
_A_TURN = 64


def listening(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """A socket that listens there; port 0: any free one. Raises OSError."""
    return socket.create_server(
        (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=backlog
    )


class Acceptor:
    """Takes connections at a listening socket, which it closes, and gives each to `admit` at once, with its address: the loop's own
    listeners tell of one over TLS only when its handshake is over. `crowded` is called where the system has no descriptor left for
    the next one."""

    def __init__(
        self,
        listener: socket.socket,
        admit: Callable[[socket.socket, str], None],
        crowded: Callable[[], object] = lambda: None,
    ) -> None:
        listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
        self._listener = listener
        self._admit = admit
        self._crowded = crowded

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        asyncio.get_running_loop().add_reader(self._listener.fileno(), self._take)

    def close(self) -> None:
        """Takes what still waits there, as far as there are descriptors for it, and nothing more."""
        self._rest()
        while self._take_next():
            pass
        self._listener.close()

    def _take(self) -> None:
        for _ in range(_A_TURN):
            if not self._take_next():
                return

    def _take_next(self) -> bool:
        """Whether there may be another one."""
        try:
            connection, address = self._listener.accept()
        except BlockingIOError:
            return False
        except OSError as wrong:
            if wrong.errno not in _FULL:
                return True  # who connected is gone
            self._crowded()
            self._rest()
            asyncio.get_running_loop().call_later(_REST_S, self._go_on)
            return False
        connection.setblocking(False)  # noqa: FBT003 - as above
        self._admit(connection, address[0])
        return True

    def _rest(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener.fileno())

    def _go_on(self) -> None:
        if self._listener.fileno() != -1:
            self.start()


async def close(listener: asyncio.Server, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
    """Closes a listener of the loop's and gives the connections that waited in its queue their protocol, as it would have done.
    uvloop's need this; asyncio's own forget what they have accepted in the same turn of the loop."""
    queues = [socket.socket(fileno=os.dup(each.fileno())) for each in listener.sockets]
    listener.close()
    waiting = [connection for queue in queues for connection in _waiting(queue)]
    loop = asyncio.get_running_loop()
    for connection in waiting:
        await loop.connect_accepted_socket(protocol, connection)


def _waiting(queue: socket.socket) -> list[socket.socket]:
    """All that wait there now; the queue is closed after the last."""
    found: list[socket.socket] = []
    queue.settimeout(0)
    with queue:
        while True:
            try:
                connection = queue.accept()[0]
            except OSError:  # nobody waits any more, or who did is gone
                return found
            connection.settimeout(0)
            found.append(connection)
