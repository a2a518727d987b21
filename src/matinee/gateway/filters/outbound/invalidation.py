from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.request import SAFE, Request
from matinee.gateway.sharing import Sharing


class Invalidation:
    """What is kept of a resource counts no longer once a request has changed it (RFC 9111 4.4)."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def __call__(self, request: Request, response: Response) -> None:
        if request.method not in SAFE and response.status < 400:
            self._sharing.void(request)
