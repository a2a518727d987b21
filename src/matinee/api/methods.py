"""What may be asked at each address. The framework's own answer to OPTIONS names the methods of one handler of the address only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler


def options(routes: Sequence[ControllerRouterHandler]) -> list[HTTPRouteHandler]:
    """A handler of OPTIONS for each address that has none. It answers anyone, with the methods alone."""
    methods: dict[str, set[str]] = {}
    for handler in cast("Sequence[HTTPRouteHandler]", routes):
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(str(method) for method in handler.http_methods)
    answered = {
        path
        for handler in cast("Sequence[HTTPRouteHandler]", routes)
        if "OPTIONS" in handler.http_methods
        for path in handler.paths
    }
    return [_options(path, sorted(allowed)) for path, allowed in methods.items() if path not in answered]


def _options(path: str, allowed: list[str]) -> HTTPRouteHandler:
    def answer() -> Response[None]:
        return Response(None, status_code=204, headers={"Allow": ", ".join(allowed)})

    route = HTTPRouteHandler(
        path, http_method="OPTIONS", status_code=204, include_in_schema=False, sync_to_thread=False
    )
    return route(answer)
