from __future__ import annotations

from matinee.gateway.origin import Origins
from matinee.gateway.request import Request


class OriginHeader:
    """Tells the server, signed, where the request comes from and by which name it reached us."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins

    def __call__(self, request: Request) -> None:
        if request.route is not None:
            request.add(b"x-matinee-origin", self._origins.token(request.peer.address, request.site, request.at))
