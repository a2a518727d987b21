from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
from typing import Protocol

from matinee.cdn.connection import Connection, Owner
from matinee.cdn.content import Content

CHUNK = 1 << 18
"""Bytes of a file that are read and encrypted at once."""
ROOM = CHUNK + (1 << 14)
"""With the head of the answer before them."""

_WAITS = ssl.SSLWantReadError, ssl.SSLWantWriteError


class SecureOwner(Owner, Protocol):
    @property
    def buffer(self) -> memoryview: ...


class SecureConnection(Connection):
    """The same over TLS: file bytes pass through the owner's buffer, since the kernel cannot encrypt them on their way.

    What OpenSSL could not send whole it must be given again, the same bytes and no fewer; they are read from the file once more,
    so that no connection keeps a buffer of its own.
    """

    __slots__ = ("_ahead", "_buffer", "_owed", "_shaken", "_tls")

    def __init__(self, client: socket.socket, owner: SecureOwner, context: ssl.SSLContext) -> None:
        self._tls = context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        super().__init__(self._tls, owner)
        self._buffer = owner.buffer
        self._ahead = b""
        self._owed = 0
        self._shaken = False

    @property
    def idle(self) -> bool:
        return self._shaken and super().idle

    def ready(self, events: int) -> None:
        if self._shaken:
            super().ready(events)
        elif self._shake():
            super().ready(events | select.EPOLLIN)  # what came behind the handshake will not be told of again

    def _shake(self) -> bool:
        try:
            self._tls.do_handshake()
        except _WAITS:
            return False
        except (OSError, ValueError):
            self.close()
            return False
        self._shaken = True
        self.since = self._site.tick
        return True

    def close(self) -> None:
        if self._shaken and not self.closed:
            with contextlib.suppress(OSError, ValueError):
                self._tls.unwrap()  # says that this is the end; nobody waits for the answer
        super().close()

    def abort(self) -> None:
        self._shaken = False  # nothing more is said
        super().abort()

    def _take(self) -> bytes:
        try:
            return super()._take()
        except _WAITS as waits:
            raise BlockingIOError from waits

    def _emptied(self, data: bytes) -> bool:  # noqa: ARG002 - a record is less than what may have arrived
        return False

    def _give(self, data: bytes, more: int) -> int:
        """A head that a small body follows waits for its first bytes: one record is cheaper than two."""
        if more and len(data) <= ROOM - CHUNK:
            self._ahead = data
            return len(data)
        return self._seal(data)

    def _give_file(self, content: Content, offset: int, count: int) -> int:
        ahead = len(self._ahead)
        if ahead:
            self._buffer[:ahead] = self._ahead
        end = max(self._owed, ahead + min(count, CHUNK))
        there = os.preadv(content.fd, [self._buffer[ahead:end]], offset)
        if not there:
            return 0
        sent = self._seal(self._buffer[: ahead + there])
        self._ahead = b""
        return sent - ahead

    def _seal(self, data: bytes | memoryview) -> int:
        try:
            sent = self._tls.send(data)
        except _WAITS as waits:
            self._owed = len(data)
            raise BlockingIOError from waits
        self._owed = 0
        return sent
