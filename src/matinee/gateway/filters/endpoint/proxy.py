from __future__ import annotations

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.request import Request
from matinee.gateway.routing.rest import rest


def proxy(request: Request) -> Cluster | None:
    """To the servers of the route, under the path that they know it by."""
    route = request.route
    if route is None:
        return None
    if route.rewrite is not None:
        _, question, query = request.target.partition(b"?")
        path = route.rewrite + rest(request.target, request.path, route.prefix)
        request.target = (path or b"/") + question + query
    return route.cluster
