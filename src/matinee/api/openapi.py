"""The OpenAPI 3.1 description of all public routes: the framework's own, made complete.

What the framework cannot know is added: who may ask, the problems that can come, and an example a route.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import msgspec
from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from matinee import __version__
from matinee.api import examples, push
from matinee.api.clients import Injected
from matinee.api.problems import MEDIA_TYPE
from matinee.api.viewer import Access, ProfileRequired
from matinee.runtime.errors import (
    DeadlineExceeded,
    Forbidden,
    Invalid,
    MatineeError,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from matinee.services.accounts.contract import ProfileLocked

Json = dict[str, Any]
ANYWHERE = (Invalid, Forbidden, Unauthenticated, RateLimited, MatineeError, Unavailable, DeadlineExceeded)
"""What can come from any route: the gateway's own refusals among them."""

FRONT_DOOR: dict[int, dict[str, str]] = {
    408: {"request-timeout": "The request did not arrive in time"},
    414: {"target-too-long": "The request's URL is too long"},
    431: {"headers-too-large": "The request's headers are too large"},
    502: {"bad-gateway": "A server behind the gateway failed while it answered"},
}
"""What the gateway alone answers, by status: the types and their titles."""

PLAIN_WORD = r"^(?!\.{1,2}$)[^\x00-\x1f\x7f/\\]+$"
"""What the gateway lets through as one part of a path."""

PROBLEM: Json = {
    "type": "object",
    "description": "An RFC 9457 problem. A client acts on `type`; some types carry members of their own.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["card-declined"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
    "additionalProperties": True,
}

SCHEMES: Json = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": "matinee_session", "description": "For browsers."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The `access_token` of a log-in, for apps."},
    "appliance": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Signed by the appliance."},
}


class Document:
    """The description of these routes, made when it is first asked for."""

    def __init__(self, routes: Sequence[ControllerRouterHandler], dependencies: Mapping[str, Provide]) -> None:
        self._routes = routes
        self._dependencies = dependencies

    @cached_property
    def encoded(self) -> bytes:
        return msgspec.json.encode(self.content)

    @cached_property
    def content(self) -> Json:
        config = OpenAPIConfig(
            title="Matinee",
            version=__version__,
            description="The public API of Matinee. Times are RFC 3339; errors are RFC 9457 problems.",
        )
        app = Litestar(self._routes, dependencies=self._dependencies, openapi_config=config, logging_config=None)
        content = app.openapi_schema.to_schema()
        content["servers"] = [{"url": "/"}]
        described = [(content["paths"][path][method], handler) for path, method, handler in operations(app)]
        _spell_out_parameters(described, content["components"]["schemas"])
        schemas = _add_schemas(described)
        content["components"] = {"schemas": {**schemas, "Problem": PROBLEM}, "securitySchemes": SCHEMES}
        for operation, handler in described:
            complete(operation, handler)
        content["paths"] = {**content["paths"], **push.paths()}
        _plain_patterns(content)
        return content


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Every described route: its path as OpenAPI writes it, its method in lower case, its handler."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema() and "access" in handler.opt:
                    yield route.path_format, method.lower(), handler


def _add_schemas(described: Sequence[tuple[Json, HTTPRouteHandler]]) -> Json:
    """Gives each body and answer the schema by which msgspec reads and writes it, which knows every bound of a field; answers
    the named ones."""
    places: list[tuple[Json, Any]] = []
    for operation, handler in described:
        if handler.parsed_data_field is not None:
            places.append(
                (operation["requestBody"]["content"]["application/json"], handler.parsed_data_field.annotation)
            )
        answer = handler.parsed_fn_signature.return_type
        kind = answer.inner_types[0].annotation if answer.inner_types else answer.annotation
        media = _success(operation).get("content", {}).get("application/json")
        if media is not None and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            places.append((media, kind))
    found, named = msgspec.json.schema_components(
        [kind for _, kind in places], ref_template="#/components/schemas/{name}"
    )
    for (media, _), schema in zip(places, found, strict=True):
        media["schema"] = schema
    return named


def _spell_out_parameters(described: Sequence[tuple[Json, HTTPRouteHandler]], framework: Json) -> None:
    """Puts what a parameter refers to (the values of an enum) in place of the reference: the framework's names for schemas are
    not ours."""
    for operation, _ in described:
        for parameter in operation.get("parameters", []):
            parameter["schema"] = _spelt_out(parameter["schema"], framework)


def _spelt_out(node: Any, framework: Json) -> Any:
    if isinstance(node, list):
        return [_spelt_out(each, framework) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    tree = cast("Json", node)
    if name := tree.get("$ref", "").rpartition("/")[2]:
        return {key: value for key, value in framework[name].items() if key != "title"}
    return {key: _spelt_out(value, framework) for key, value in tree.items()}


def complete(operation: Json, handler: HTTPRouteHandler) -> None:
    """Adds to one operation who may ask, its problems and its examples."""
    operation["summary"] = (handler.fn.__doc__ or "").strip()
    operation.pop("description", None)
    operation["operationId"] = f"{handler.fn.__module__.rpartition('.')[2]}.{handler.fn.__name__}"
    operation["tags"] = [handler.fn.__module__.rpartition(".")[2]]
    operation["security"] = _security(handler.opt["access"])
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["schema"].setdefault("pattern", PLAIN_WORD)
    responses: Json = {status: each for status, each in operation["responses"].items() if int(status) < 400}
    responses.update(_problems(handler, operation))
    operation["responses"] = responses
    _correct_content(operation, handler)
    _add_examples(operation, examples.BY_OPERATION.get(operation["operationId"]))


def _security(access: Access) -> list[Json]:
    if access in {Access.PUBLIC, Access.LOOPBACK}:
        return []
    return [{"appliance": []}] if access is Access.APPLIANCE else [{"cookie": []}, {"bearer": []}]


def _problems(handler: HTTPRouteHandler, operation: Json) -> Json:
    """The problem responses of one operation, by status, each naming its types."""
    found: list[type[MatineeError]] = [*ANYWHERE, *_of_access(handler.opt["access"]), *handler.opt.get("problems", [])]
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        found.append(NotFound)
    if "requestBody" in operation:
        found.append(TooLarge)
    by_status = {status: dict(types) for status, types in FRONT_DOOR.items()}
    for error in found:
        by_status.setdefault(error.status, {})[error.type] = error.title
    return {str(status): _problem_response(status, types) for status, types in sorted(by_status.items())}


def _of_access(access: Access) -> list[type[MatineeError]]:
    more: dict[Access, list[type[MatineeError]]] = {
        Access.PROFILE: [ProfileRequired],
        Access.GUARDIAN: [ProfileLocked],
        Access.LOOPBACK: [NotFound],
    }
    return more.get(access, [])


def _problem_response(status: int, types: dict[str, str]) -> Json:
    shown = {
        name: {"value": {"type": name, "title": title, "status": status, "detail": title}}
        for name, title in types.items()
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}}
    return {"description": "; ".join(types.values()), "content": content}


def _correct_content(operation: Json, handler: HTTPRouteHandler) -> None:
    """The framework describes an answer of None as `null`, and one of JSON that is encoded already as a string."""
    success, returns = _success(operation), handler.parsed_fn_signature.return_type
    content: Json = success.get("content") or {}
    if any(media["schema"].get("type") == "null" for media in content.values()):
        success.pop("content")
    elif returns.inner_types and returns.inner_types[0].annotation is bytes:
        for name, media in content.items():
            media["schema"] = {"type": "object"} if name.endswith("json") else media["schema"]


def _add_examples(operation: Json, example: examples.Example | None) -> None:
    if example is None:
        return
    if example.asks is not None and "requestBody" in operation:
        for media in operation["requestBody"]["content"].values():
            media["example"] = example.asks
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.parameters:
            parameter["example"] = example.parameters[parameter["name"]]
    if example.answers is not None:
        for media in _success(operation).get("content", {}).values():
            media["example"] = example.answers


def _success(operation: Json) -> Json:
    return next(each for status, each in operation["responses"].items() if int(status) < 400)


def _plain_patterns(node: Any) -> None:
    r"""JSON Schema's patterns are ECMAScript's, which knows no `\Z`."""
    if isinstance(node, dict):
        tree = cast("Json", node)
        if isinstance(tree.get("pattern"), str):
            tree["pattern"] = tree["pattern"].replace(r"\Z", "$")
        for each in tree.values():
            _plain_patterns(each)
    elif isinstance(node, list):
        for each in cast("list[Any]", node):
            _plain_patterns(each)


@get("/api/openapi.json", access=Access.PUBLIC, media_type="application/json")
async def openapi_document(document: Injected[Document]) -> Response[bytes]:
    """This description."""
    encoded = await asyncio.to_thread(lambda: document.encoded)  # it is long, and made when first asked for
    return Response(encoded, media_type="application/json", headers={"Cache-Control": "max-age=60"})


ROUTES = [openapi_document]
