from __future__ import annotations

from matinee.gateway.answer import Answer
from matinee.gateway.hosts import loopback
from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic

PATH = b"/health/ready"

_PLAIN = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))
_READY = Answer(200, _PLAIN, b"ready\n")
_DRAINING = Answer(503, _PLAIN, b"draining\n")


class Readiness:
    """Tells the balancers before the gateway whether to send it anything. Clients are told nothing: what a balancer passes on for
    one says so."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def __call__(self, request: Request) -> Answer | None:
        if request.path != PATH or not _asked_by_balancer(request):
            return None
        return _DRAINING if self._traffic.draining else _READY


def _asked_by_balancer(request: Request) -> bool:
    near = request.peer.trusted or loopback(request.peer.address)
    return near and not request.header(b"x-forwarded-for") and not request.header(b"forwarded")
