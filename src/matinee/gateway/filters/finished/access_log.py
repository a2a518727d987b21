from __future__ import annotations

import logging

import msgspec

from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic
from matinee.gateway.wire.target import without_secrets


class AccessLog:
    """One JSON line a request, at debug level, with tokens cut from its URL."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._log = logging.getLogger("matinee.gateway.access")

    def __call__(self, request: Request) -> None:
        if self._log.isEnabledFor(logging.DEBUG):
            self._log.debug("%s", msgspec.json.encode(self._line(request)).decode())

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
            "ms": round((self._traffic.tick() - request.started) * 1000, 3),
        }
