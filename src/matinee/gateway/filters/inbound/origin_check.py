from __future__ import annotations

from matinee.gateway.errors import ForeignOrigin
from matinee.gateway.hosts import Hosts
from matinee.gateway.request import SAFE, Request

COOKIE = b"matinee_session="


class OriginCheck:
    """Against forged requests: one that changes something and carries the session cookie must come from our own page, by what
    browsers say of it and scripts cannot forge."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def __call__(self, request: Request) -> None:
        if request.method in SAFE or COOKIE not in request.fields.get(b"cookie", b""):
            return
        if request.header(b"sec-fetch-site") == b"same-origin":
            return
        scheme, host = self._hosts.public(request.fields[b"host"])
        if request.fields.get(b"origin", b"").lower() != f"{scheme}://{host}".encode():
            raise ForeignOrigin
