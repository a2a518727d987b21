from __future__ import annotations

from typing import TYPE_CHECKING

from matinee.gateway.attempt import Attempt
from matinee.gateway.category import SUCCESS
from matinee.gateway.hosts import NOWHERE
from matinee.gateway.wire.head import RequestHead, forwarded
from matinee.gateway.wire.target import origin_form, path_of

if TYPE_CHECKING:
    from matinee.gateway.routing.routes import Route

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class Peer:
    """The two ends of a client's connection. `address` is the client's ("" on a unix socket), `own` ours."""

    __slots__ = ("address", "own")

    def __init__(self, address: str, own: str) -> None:
        self.address = address
        self.own = own


class Request:
    """One request, as filters see it. `path` is decoded and normal, `target` is what goes to a server; header names are in lower
    case. `started` is monotonic, `at` calendar time, in seconds. Inbound filters fill `id`, `trace`, `site` (by which name we
    were reached), `route`, `token` (the login's, as it came) and `account`; `add` puts a header onto what goes to a server.
    `attempts` are its tries at servers, in order.
    """

    __slots__ = (
        "_extra", "_head", "account", "at", "attempts", "category", "fields", "id", "keep_alive", "method", "minor", "path", "peer",
        "route", "site", "started", "status", "target", "token", "trace", "whole",
    )  # fmt: skip

    def __init__(self, head: RequestHead, peer: Peer, started: float, at: float) -> None:
        self.target = (
            head.target if head.target.startswith(b"/") else origin_form(head.target, head.fields.get(b"host", b""))
        )
        self.path = path_of(self.target)
        self._head = head
        self._extra: list[bytes] = []
        self.method = head.method
        self.minor = head.minor
        self.fields = head.fields
        self.keep_alive = head.keep_alive
        self.peer = peer
        self.started = started
        self.at = at
        self.site = NOWHERE
        self.whole = head.length == 0
        self.id = b""
        self.trace = b""
        self.account = ""
        self.token = b""
        self.route: Route | None = None
        self.status = 0
        self.category = SUCCESS
        self.attempts: list[Attempt] = []

    def header(self, name: bytes) -> bytes | None:
        return self.fields.get(name)

    def add(self, name: bytes, value: bytes) -> None:
        self._extra.append(b"%s: %s\r\n" % (name, value))

    @property
    def idempotent(self) -> bool:
        """Whether doing it twice does no more than doing it once (RFC 9110 9.2.2)."""
        return self.method in IDEMPOTENT

    def outgoing(self) -> bytes:
        """The whole head as it goes to a server."""
        return b"".join((forwarded(self._head, self.target), *self._extra, b"\r\n"))


NOTHING = RequestHead(b"-", b"/", 1, {}, -2, keep_alive=False, raw=b"- / HTTP/1.1\r\n")


def unreadable(peer: Peer, started: float, at: float) -> Request:
    """What stands for a request that could not be read, so that its refusal passes the outbound filters too."""
    return Request(NOTHING, peer, started, at)
