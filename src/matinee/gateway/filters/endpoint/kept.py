from __future__ import annotations

from collections.abc import Awaitable

from matinee.gateway.answer import Answer
from matinee.gateway.request import Request
from matinee.gateway.sharing import Sharing


class Kept:
    """An answer that is kept for all, or is on its way to another who asks the same, where the route allows that."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing

    def __call__(self, request: Request) -> Answer | Awaitable[Answer | None] | None:
        route = request.route
        if route is None or not (route.rule.collapse or route.rule.caching):
            return None
        return self._sharing.look(request, route.rule)
