from __future__ import annotations

from matinee.gateway.errors import BadRequest, Misdirected
from matinee.gateway.hosts import Hosts
from matinee.gateway.request import Request


class KnownHost:
    """Answers only for names that are ours, so that no foreign name can be pointed at this server; says which one it was."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def __call__(self, request: Request) -> None:
        host = request.header(b"host")
        if host is None:
            raise BadRequest("The Host header is missing")
        site = self._hosts.site(host, request.peer.own, request.peer.scheme)
        if site is None:
            raise Misdirected("This server does not answer for that host name; its operator can add it to the settings")
        request.site = site
