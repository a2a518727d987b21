from __future__ import annotations

from matinee.gateway.balancing.server import Server
from matinee.services.traffic.contract import Standing


def standing(server: Server, now: float) -> Standing:
    """How the gateway stands to a server: of several reasons to give it nothing, the weightiest."""
    known = server.standing
    if server.draining:
        return Standing.DRAINING
    if known.resting(now):
        return Standing.UNREACHABLE
    if known.ejected(now):
        return Standing.EJECTED
    if not known.passes:
        return Standing.FAILING
    return Standing.UP if server.share >= 1 else Standing.NEW
