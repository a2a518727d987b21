from __future__ import annotations

from matinee.gateway.errors import LoopbackOnly
from matinee.gateway.hosts import loopback
from matinee.gateway.request import Request


def clock_guard(request: Request) -> None:
    """Only from this very machine may the test clock be moved: plans, tokens and premieres all go by it."""
    if request.path.rstrip(b"/") == b"/api/operations/clock" and not loopback(request.peer.address):
        raise LoopbackOnly
