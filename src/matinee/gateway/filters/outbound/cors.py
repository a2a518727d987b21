from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.cors import AppOrigins
from matinee.gateway.request import Request


class Cors:
    """Lets pages of the sites that are allowed read the answer. Where there are any, every answer says that it depends on who
    asks, so that no cache gives one site's to another."""

    def __init__(self, apps: AppOrigins) -> None:
        self._apps = apps

    def __call__(self, request: Request, response: Response) -> None:
        if not self._apps:
            return
        response.add(b"vary", b"origin")
        origin = request.fields.get(b"origin")
        if origin is not None and self._apps.allows(origin):
            response.add(b"access-control-allow-origin", origin)
            response.add(b"access-control-expose-headers", self._apps.exposed)
