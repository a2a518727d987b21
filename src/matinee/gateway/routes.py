from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from matinee.gateway.balancer import Cluster


class Route(Struct, frozen=True, eq=False):
    """`prefix` takes itself and all below it: `/api` is `/api` and `/api/…`, not `/apis`."""

    name: str
    prefix: str
    cluster: Cluster


class Routes:
    """Prefix → cluster; the longest prefix wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        ordered = sorted(routes, key=lambda route: len(route.prefix), reverse=True)
        self._by_prefix = {route.prefix.rstrip("/").encode(): route for route in ordered}
        choices = b"|".join(re.escape(prefix) for prefix in self._by_prefix)
        self._match = re.compile(b"(?:" + choices + b")(?=/|\\Z)").match if ordered else None

    def find(self, path: bytes) -> Route | None:
        found = self._match(path) if self._match else None
        return None if found is None else self._by_prefix[found[0]]
