from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from matinee.gateway.answer import Answer, Fields, Switch
from matinee.gateway.category import Category
from matinee.gateway.cors import AppOrigins
from matinee.gateway.errors import ForeignOrigin, MethodRefused, UpgradeRequired
from matinee.gateway.passport import Known, Passports
from matinee.gateway.push.hub import Hub, reader_of
from matinee.gateway.push.line import EventStream, Line, Socket
from matinee.gateway.push.relay import Relay
from matinee.gateway.request import Request
from matinee.gateway.wire.end import End
from matinee.gateway.wire.websocket import accept
from matinee.runtime.errors import Unauthenticated

SOCKET, EVENTS = b"/api/push", b"/api/push/events"

_STREAM: Fields = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_LAST = re.compile(rb"[?&]last_event_id=([0-9]{1,16})(?:&|\Z)")
_NUMBER = re.compile(rb"[0-9]{1,16}")


class Push:
    """Where devices wait for messages: the gateway itself keeps their lines. Only members' own; a page of another site, which a
    browser would lend the member's cookie, is refused."""

    def __init__(self, hub: Hub, relay: Relay, passports: Passports, apps: AppOrigins) -> None:
        self._hub = hub
        self._relay = relay
        self._passports = passports
        self._apps = apps

    def __call__(self, request: Request) -> Switch | Awaitable[Answer | Switch] | None:
        if request.path not in {SOCKET, EVENTS} or request.route is None or request.route.cluster is None:
            return None
        if request.method == b"OPTIONS":
            return None
        if request.method != b"GET":
            raise MethodRefused(allow="GET, OPTIONS")
        self._own_page(request)
        if not request.account:
            raise Unauthenticated
        if request.path == SOCKET and not request.opening:
            raise UpgradeRequired
        if request.path == EVENTS and request.opening:
            return None
        known = self._passports.find(request.token, request.at)
        return self._open(request, known) if isinstance(known, Known) else self._wait(request, known)

    def _own_page(self, request: Request) -> None:
        """Beside `filters.inbound.origin_check`, which lets plain GETs pass: this one has an answer that goes on."""
        told = request.fields.get(b"origin")
        if told is not None and told.lower() != request.site.origin.encode() and not self._apps.allows(told):
            raise ForeignOrigin
        if b"authorization" not in request.fields and request.fields.get(b"sec-fetch-site") in {
            b"cross-site",
            b"same-site",
        }:
            raise ForeignOrigin

    async def _wait(self, request: Request, known: Awaitable[Known]) -> Switch:
        return self._open(request, await known)

    def _open(self, request: Request, known: Known) -> Switch:
        if not known.jwt:
            raise Unauthenticated
        self._hub.admit(known.account)
        after = _after(request)
        if request.opening:
            fields: Fields = ((b"sec-websocket-accept", accept(request.opening)),)
            return Switch(fields, partial(self._join, Socket, known, request.token, after))
        return Switch(_STREAM, partial(self._join, EventStream, known, request.token, after), status=200)

    def _join(
        self,
        kind: type[Line],
        known: Known,
        token: bytes,
        after: int | None,
        end: End,
        left: Callable[[Category], None],
    ) -> Line:
        line = kind(end, left, self._hub, reader_of(known), known.login)
        self._hub.add(line, token, after)
        self._relay.catch_up(line)
        return line


def _after(request: Request) -> int | None:
    """The last message that the device has."""
    told = request.fields.get(b"last-event-id", b"")
    if _NUMBER.fullmatch(told):
        return int(told)
    found = _LAST.search(request.target)
    return int(found[1]) if found is not None else None
