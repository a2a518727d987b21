"""The edge APIs as one application, built from their clients."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from matinee.api import (
    account,
    artwork,
    beacon,
    chapters,
    discovery,
    household,
    images,
    instances,
    jobs,
    licence,
    manifests,
    methods,
    open_connect,
    openapi,
    operations,
    payments,
    play,
    problems,
    properties,
    routing,
    signup,
    studio,
    traffic,
    uploads,
)
from matinee.api.body import JSONRequest
from matinee.api.clients import Clients, Settings
from matinee.api.home_rows import Rows
from matinee.api.languages import accepted
from matinee.api.pieces import Pieces
from matinee.api.recently import Recently
from matinee.api.viewer import Gate, Origin
from matinee.terms.language import Language
from matinee.terms.viewer import Viewer

LARGEST_BODY = 1 << 20

ROUTES: list[ControllerRouterHandler] = [
    *signup.ROUTES,
    *payments.ROUTES,
    *account.ROUTES,
    *household.ROUTES,
    *discovery.ROUTES,
    *images.ROUTES,
    *play.ROUTES,
    *manifests.ROUTES,
    *licence.ROUTES,
    *beacon.ROUTES,
    *studio.ROUTES,
    *artwork.ROUTES,
    *chapters.ROUTES,
    *uploads.ROUTES,
    *jobs.ROUTES,
    *operations.ROUTES,
    *instances.ROUTES,
    *properties.ROUTES,
    *routing.ROUTES,
    *traffic.ROUTES,
    *open_connect.ROUTES,
    *openapi.ROUTES,
]


def create(clients: Clients, gate: Gate, settings: Settings | None = None) -> Litestar:
    """The application. Handlers get `clients`, `viewer`, `origin` and the rest by name; `gate` lets requests through."""
    dependencies = _dependencies(clients, settings or Settings())
    document = openapi.Document(ROUTES, dependencies)
    dependencies["document"] = _given(document)
    return Litestar(
        [*methods.options(ROUTES), *ROUTES],
        guards=[gate],
        dependencies=dependencies,
        exception_handlers={Exception: problems.answer},
        request_class=JSONRequest,
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
    )


def _dependencies(clients: Clients, settings: Settings) -> dict[str, Provide]:
    recently = Recently(clients.cache, settings.rows_ttl_s)
    return {
        "clients": _given(clients),
        "settings": _given(settings),
        "recently": _given(recently),
        "rows": _given(Rows(clients, recently)),
        "pieces": _given(Pieces(clients)),
        "viewer": Provide(_viewer, sync_to_thread=False),
        "origin": Provide(_origin, sync_to_thread=False),
        "languages": Provide(_languages, sync_to_thread=False),
        "appliance_id": Provide(_appliance_id, sync_to_thread=False),
    }


def _given(value: Any) -> Provide:
    return Provide(lambda: value, sync_to_thread=False)


def _viewer(request: Request[Any, Any, Any]) -> Viewer:
    return request.state.viewer


def _origin(request: Request[Any, Any, Any]) -> Origin:
    return request.state.origin


def _languages(request: Request[Any, Any, Any]) -> list[Language]:
    return list(accepted(request.headers.get("accept-language", "")))


def _appliance_id(request: Request[Any, Any, Any]) -> str:
    return request.state.appliance_id
