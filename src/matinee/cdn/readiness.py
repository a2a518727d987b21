"""Edge-triggered readiness of many sockets: one epoll set inside the event loop.

A socket is registered once for its whole life, for both directions; asyncio's own readers and writers cost a system call
at each change of direction and a handle at each event. A handler therefore goes on until its socket would block.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable

Handler = Callable[[int], None]
"""Takes the epoll events."""

INPUT = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
HANG_UP = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_BOTH = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
_MOST_A_LOOK, _LOOKS_A_TURN = 64, 8


class Readiness:
    """Of one event loop, between `start` and `close`."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._epoll.fileno(), self._turn)

    def close(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def add(self, fd: int, handler: Handler) -> None:
        self._handlers[fd] = handler
        self._epoll.register(fd, _BOTH)

    def remove(self, fd: int) -> None:
        if self._handlers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def _turn(self) -> None:
        """A few looks in a row: while there is something to do, the loop's own turn costs more than another look."""
        handlers, poll = self._handlers, self._epoll.poll
        for _ in range(_LOOKS_A_TURN):
            found = poll(0, _MOST_A_LOOK)
            if not found:
                return
            for fd, events in found:
                handler = handlers.get(fd)
                if handler is not None:
                    handler(events)
