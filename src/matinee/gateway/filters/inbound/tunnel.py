from __future__ import annotations

from matinee.gateway.errors import Overloaded, UpgradeRefused
from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic


class Tunnel:
    """Only a route that allows it lets a request become a WebSocket connection, and only so many are open at once."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def __call__(self, request: Request) -> None:
        if not request.opening:
            return
        if request.route is None or not request.route.rule.tunnel:
            raise UpgradeRefused
        if len(self._traffic.tunnels) >= self._traffic.limits.tunnels:
            raise Overloaded("Too many WebSocket connections are open; try again in a moment", retry_after_s=5)
        request.add(b"connection", b"upgrade")
        request.add(b"upgrade", b"websocket")
