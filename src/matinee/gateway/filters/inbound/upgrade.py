from __future__ import annotations

from matinee.gateway.errors import MethodRefused, UpgradeRefused
from matinee.gateway.request import Request
from matinee.gateway.wire.websocket import key


def upgrade(request: Request) -> None:
    """No CONNECT, no TRACE; what asks for WebSocket must open it well. Any other upgrade that a client offers is passed over
    (RFC 9110 7.8)."""
    if request.method in {b"CONNECT", b"TRACE"}:
        raise MethodRefused(allow="GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
    offered = request.fields.get(b"upgrade")
    if offered is None or b"websocket" not in offered.lower():
        return
    opening = key(request.fields)
    if opening is None or request.method != b"GET" or request.minor == 0 or request.length != 0:
        raise UpgradeRefused("The opening of this WebSocket is not as RFC 6455 has it")
    request.opening = opening
