from __future__ import annotations

from matinee.gateway.errors import MethodRefused, UpgradeRefused
from matinee.gateway.request import Request


def no_tunnel(request: Request) -> None:
    """No CONNECT, no TRACE, no WebSocket. Any other upgrade a client offers may be passed over (RFC 9110 7.8)."""
    if request.method in {b"CONNECT", b"TRACE"}:
        raise MethodRefused(allow="GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
    upgrade = request.header(b"upgrade")
    if upgrade is not None and b"websocket" in upgrade.lower():
        raise UpgradeRefused
