from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Protocol


class Line(Protocol):
    """What is told of a connection that has left HTTP: the one side of a tunnel."""

    def came(self, data: bytes) -> None: ...

    def ended(self) -> None:
        """Nothing more will come from there; it may still be written to."""
        ...

    def gone(self) -> None: ...

    def full(self, full: bool) -> None:  # noqa: FBT001
        """It can take no more for now, or can again."""
        ...


class End:
    """A connection that has left HTTP, as bytes are given to it."""

    __slots__ = ("_held", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = False

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """Stops or resumes reading from it."""
        if held is not self._held and not self._transport.is_closing():
            self._held = held
            (self._transport.pause_reading if held else self._transport.resume_reading)()

    def finish(self) -> None:
        """Nothing more will be written to it; over TLS, which knows no such thing, it is closed."""
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    def close(self, within_s: float) -> None:
        """Once everything written has been taken, which must not take longer."""
        if not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(within_s, self._transport.abort)

    def patient(self, seconds: float) -> None:
        """Where the system can tell: what is written and not acknowledged for so long ends the connection."""
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            _option(self._transport, socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))

    def abort(self) -> None:
        self._transport.abort()


def reset(transport: asyncio.Transport) -> None:
    """Breaks a connection so that its other end can tell. One that is closed ends an answer of no told length well (RFC 9112 8)."""
    if not transport.is_closing():
        _option(transport, socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _option(transport: asyncio.Transport, level: int, name: int, value: int | bytes) -> None:
    """Of TCP connections only."""
    found = transport.get_extra_info("socket")
    if found is not None and found.family in {socket.AF_INET, socket.AF_INET6}:
        with socket.socket(fileno=os.dup(found.fileno())) as same:  # uvloop's own says nothing of options
            same.setsockopt(level, name, value)
