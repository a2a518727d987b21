from __future__ import annotations

from matinee.gateway.request import Request


def share(request: Request) -> None:
    """Who is not in the share of members that a route is for goes on to the next one: a canary."""
    route = request.route
    if route is not None and route.share is not None:
        request.route = route.settled(request, request.account or request.peer.address)
