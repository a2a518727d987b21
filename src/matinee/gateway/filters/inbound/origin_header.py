from __future__ import annotations

from matinee.gateway.hosts import Hosts
from matinee.gateway.origin import Origins
from matinee.gateway.request import Request


class OriginHeader:
    """Tells the server, signed, where the request comes from and by which name it reached us."""

    def __init__(self, origins: Origins, hosts: Hosts) -> None:
        self._origins = origins
        self._hosts = hosts

    def __call__(self, request: Request) -> None:
        if request.route is not None:
            scheme, host = self._hosts.public(request.fields[b"host"])
            request.add(b"x-matinee-origin", self._origins.token(request.peer.address, host, scheme))
