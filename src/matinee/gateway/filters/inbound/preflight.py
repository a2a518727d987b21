from __future__ import annotations

from matinee.gateway.answer import Answer
from matinee.gateway.cors import AppOrigins
from matinee.gateway.errors import ForeignOrigin
from matinee.gateway.request import Request


class Preflight:
    """Answers a browser that asks, before a request of another site's page, whether it may send it."""

    def __init__(self, apps: AppOrigins) -> None:
        self._apps = apps

    def __call__(self, request: Request) -> Answer | None:
        fields = request.fields
        if request.method != b"OPTIONS" or b"access-control-request-method" not in fields or b"origin" not in fields:
            return None
        if not self._apps.allows(fields[b"origin"]):
            raise ForeignOrigin("Pages of that site may not use this service; its operator can allow them")
        return Answer(204, self._apps.preflight)
