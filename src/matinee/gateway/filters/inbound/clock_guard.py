from __future__ import annotations

from matinee.gateway.errors import LoopbackOnly
from matinee.gateway.hosts import loopback
from matinee.gateway.request import Request

_PASSED_ON = {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"}


def clock_guard(request: Request) -> None:
    """Only from this very machine may the test clock be moved: plans, tokens and premieres all go by it. What somebody here
    passes on comes from elsewhere, even where we do not know them for a proxy of ours."""
    if request.path.rstrip(b"/") == b"/api/operations/clock":
        passed_on = _PASSED_ON & request.fields.keys()
        if passed_on or not loopback(request.peer.address):
            raise LoopbackOnly
