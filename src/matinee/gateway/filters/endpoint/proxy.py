from __future__ import annotations

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.request import Request


def proxy(request: Request) -> Cluster | None:
    """To the servers of the route."""
    return request.route.cluster if request.route is not None else None
