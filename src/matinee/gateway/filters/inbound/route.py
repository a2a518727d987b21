from __future__ import annotations

from matinee.gateway.request import Request
from matinee.gateway.routing.routes import Routes


class RouteChoice:
    """Finds the route of a request; none: it is for the client's own pages."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def __call__(self, request: Request) -> None:
        request.route = self._routes.choose(request)
