from __future__ import annotations

from matinee.gateway.errors import LoopbackOnly
from matinee.gateway.hosts import loopback
from matinee.gateway.request import Request


def clock_guard(request: Request) -> None:
    """The test clock is moved from this very machine only (DESIGN.md section 3)."""
    if request.path.rstrip(b"/") == b"/api/operations/clock" and not loopback(request.peer.address):
        raise LoopbackOnly
