"""How a listener ends without a connection lost: those that the system has taken for it would be reset when it closes.

It is uvloop's listeners that this holds for; asyncio's own forget what they have accepted in the same turn of the loop.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Callable


async def close(
    listener: asyncio.Server, protocol: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
) -> None:
    """Closes the listener and gives the connections that waited in its queue their protocol, as it would have done."""
    queues = [socket.socket(fileno=os.dup(each.fileno())) for each in listener.sockets]
    listener.close()
    waiting = [connection for queue in queues for connection in _waiting(queue)]
    loop = asyncio.get_running_loop()
    for connection in waiting:
        await loop.connect_accepted_socket(protocol, connection, ssl=tls)


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
