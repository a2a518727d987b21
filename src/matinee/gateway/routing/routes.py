from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from matinee.gateway.routing.tries import TRIES, Tries

if TYPE_CHECKING:
    from matinee.gateway.balancing.cluster import Cluster


class Route(Struct, frozen=True, eq=False):
    """`prefix` takes itself and all below it: `/api` is `/api` and `/api/…`, not `/apis`."""

    name: str
    prefix: str
    cluster: Cluster
    tries: Tries = TRIES


class Routes:
    """Prefix → cluster; the longest prefix wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_prefix = {route.prefix.rstrip("/").encode(): route for route in routes}
        self._longest = max(map(len, self._by_prefix), default=0)

    def find(self, path: bytes) -> Route | None:
        end = len(path) if len(path) <= self._longest else path.rfind(b"/", 0, self._longest + 1)
        while end >= 0:
            route = self._by_prefix.get(path[:end])
            if route is not None:
                return route
            end = path.rfind(b"/", 0, end)
        return None
