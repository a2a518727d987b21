from __future__ import annotations

import logging

import msgspec

from matinee.gateway.request import Request, span_of
from matinee.gateway.wire.target import without_secrets
from matinee.runtime import trace


class AccessLog:
    """One JSON line a request, where that is asked for, with tokens cut from its URL."""

    def __init__(self) -> None:
        self._log = logging.getLogger("matinee.gateway.access")

    def __call__(self, request: Request) -> None:
        if self._log.isEnabledFor(logging.INFO):
            with trace.within(span_of(request)):
                self._log.info("%s", msgspec.json.encode(self._line(request)).decode())

    def _line(self, request: Request) -> dict[str, str | int | float]:
        return {
            "id": request.id.decode(),
            "trace": request.trace.decode(),
            "peer": request.peer.address,
            "account": request.account,
            "method": request.method.decode(),
            "target": without_secrets(request.target),
            "route": request.route.name if request.route is not None else "",
            "status": request.status,
            "category": request.category.value,
            "ms": round((request.ended - request.started) * 1000, 3),
        }
