from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from matinee.gateway.attempt import Attempt
from matinee.gateway.category import SUCCESS
from matinee.gateway.hosts import NOWHERE
from matinee.gateway.overload.addresses import group
from matinee.gateway.wait import Wait
from matinee.gateway.wire.head import RequestHead, forwarded, without
from matinee.gateway.wire.target import origin_form, path_of
from matinee.runtime.trace import Trace

if TYPE_CHECKING:
    from matinee.gateway.overload.guard import Place
    from matinee.gateway.routing.routes import Route

IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class Fetch(Protocol):
    """Brings a request to a server, and the answer to all who wait for the same: for the exchange of who asks first in the place
    of a `Forwarding`."""

    @property
    def blocked(self) -> bool: ...

    def lead(self, leader: Any, cluster: Any) -> None:
        """Goes to a server of the cluster for this exchange, and whoever else comes to wait."""
        ...

    def body(self, data: bytes) -> None: ...

    def client_full(self, full: bool) -> None: ...  # noqa: FBT001

    def check(self, now: float) -> None: ...

    def late(self) -> None: ...

    def drop(self) -> None: ...


class Peer:
    """The two ends of a client's connection. `address` is the client's ("" on a unix socket), `own` ours; `scheme` is how it came,
    empty where only the settings know. `trusted`: it is a proxy whose word counts."""

    __slots__ = ("_group", "address", "own", "scheme", "trusted")

    def __init__(self, address: str, own: str, scheme: str = "", *, trusted: bool = False) -> None:
        self.address = address
        self.own = own
        self.scheme = scheme
        self.trusted = trusted
        self._group = ""

    @property
    def group(self) -> str:
        """What counts as one client (`addresses.group`)."""
        if not self._group:
            self._group = group(self.address)
        return self._group


class Request:
    """One request, as filters see it. `path` is decoded and normal, `asked` the target as it came,
    `target` what goes to a server; header names are in lower
    case. `started` is monotonic, `at` calendar time, in seconds. Inbound filters fill `id`, `trace`, `site` (by which name we
    were reached), `route`, `token` (the login's, as it came) and `account`; `add` puts a header onto what goes to a server.
    `attempts` are its tries at servers, in order; `arrived` is when all of its body was here (monotonic, 0: not yet), `place` what
    it takes up under the limits of overload until its answer begins. `length` is its body's, -1 where chunks tell it; `opening`
    the key of a WebSocket's opening, empty for all else; `fetch` brings an answer that may be for others too. `waits` are the
    filters that waited, `ended` is when all was over (monotonic; for what the gateway itself goes on with, when its answer
    began).
    """

    __slots__ = (
        "_extra", "_head", "_without", "account", "arrived", "asked", "at", "attempts", "category", "ended", "fetch",
        "fields", "id", "keep_alive", "length", "method", "minor", "opening", "path", "peer", "place", "route",
        "site", "started", "status", "target", "token", "trace", "waits", "whole",
    )  # fmt: skip

    def __init__(self, head: RequestHead, peer: Peer, started: float, at: float) -> None:
        self.target = (
            head.target if head.target.startswith(b"/") else origin_form(head.target, head.fields.get(b"host", b""))
        )
        self.asked = self.target
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
        self.length = head.length
        self.opening = b""
        self.fetch: Fetch | None = None
        self._without: frozenset[bytes] = frozenset()
        self.whole = head.length == 0
        self.arrived = started if self.whole else 0.0
        self.place: Place | None = None
        self.id = b""
        self.trace = b""
        self.account = ""
        self.token = b""
        self.route: Route | None = None
        self.status = 0
        self.category = SUCCESS
        self.attempts: list[Attempt] = []
        self.waits: tuple[Wait, ...] = ()
        self.ended = 0.0

    def header(self, name: bytes) -> bytes | None:
        return self.fields.get(name)

    def add(self, name: bytes, value: bytes) -> None:
        self._extra.append(b"%s: %s\r\n" % (name, value))

    @property
    def added(self) -> list[bytes]:
        """The header lines that go to a server beside the client's own."""
        return self._extra

    def leave_out(self, names: frozenset[bytes]) -> None:
        """These of the client's headers do not go to a server."""
        self._without = names

    def again(self) -> Request:
        """The same request once more, with what filters have added."""
        twin = Request(self._head, self.peer, self.started, self.at)
        for name in ("site", "id", "trace", "account", "token", "route", "target"):
            setattr(twin, name, getattr(self, name))
        twin._extra = list(self._extra)
        return twin

    def lighten(self) -> None:
        """Lets go of what was sent with it: it goes on for long, as many others do, and nobody asks for that any more."""
        self._head, self.fields, self._extra = NOTHING, {}, []

    @property
    def polls(self) -> bool:
        """Whether it waits for something new by its own wish: that it takes long says nothing then."""
        return self.route is not None and self.route.polls and b"wait_s=" in self.asked

    @property
    def idempotent(self) -> bool:
        """Whether doing it twice does no more than doing it once (RFC 9110 9.2.2), by its method or its route's word."""
        return self.method in IDEMPOTENT or (self.route is not None and self.route.rule.repeatable)

    def outgoing(self) -> bytes:
        """The whole head as it goes to a server."""
        head = forwarded(self._head, self.target)
        for name in self._without:
            head = without(head, name)
        return b"".join((head, *self._extra, b"\r\n"))


def span_of(request: Request) -> Trace:
    """The gateway's span, under which the request goes to servers (`filters.inbound.request_id`)."""
    request_id = request.id.decode()
    return Trace(request.trace.decode(), request_id[-16:], sampled=False, request_id=request_id)


NOTHING = RequestHead(b"-", b"/", 1, {}, -2, keep_alive=False, raw=b"- / HTTP/1.1\r\n")


def unreadable(peer: Peer, started: float, at: float, began: bytes = b"") -> Request:
    """What stands for a request that could not be read, so that its refusal passes the outbound filters too. `began` is how it
    did: an answer to HEAD has no content, whatever was wrong (RFC 9110 9.3.2)."""
    head = NOTHING._replace(method=b"HEAD") if began.startswith(b"HEAD ") else NOTHING
    return Request(head, peer, started, at)
