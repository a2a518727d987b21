from __future__ import annotations

from matinee.gateway.errors import ForeignOrigin
from matinee.gateway.request import SAFE, Request

COOKIE = b"matinee_session="


def origin_check(request: Request) -> None:
    """Against forged requests: one that changes something, or opens a WebSocket, and carries the session cookie must come from
    our own page, by what browsers say of it and scripts cannot forge."""
    if (request.method in SAFE and not request.opening) or COOKIE not in request.fields.get(b"cookie", b""):
        return
    if request.header(b"sec-fetch-site") == b"same-origin":
        return
    if request.fields.get(b"origin", b"").lower() != request.site.origin.encode():
        raise ForeignOrigin
