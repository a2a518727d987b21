from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, get_args

import msgspec
import pytest
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from matinee.api import app as application
from matinee.api import examples, push
from matinee.api.clients import Settings
from matinee.api.methods import options
from matinee.api.openapi import FRONT_DOOR, Document, operations
from matinee.api.viewer import Access
from matinee.gateway import errors as _gateway  # noqa: F401 - its errors are known once it is imported
from matinee.runtime.errors import MatineeError

DEPENDENCIES = application._dependencies(SimpleNamespace(clock=None, cache=None), Settings())  # type: ignore[arg-type]
DEPENDENCIES["document"] = application._given(None)
APP = Litestar(application.ROUTES, dependencies=DEPENDENCIES, openapi_config=None, logging_config=None)
CONTENT = msgspec.json.decode(Document(application.ROUTES, DEPENDENCIES).encoded)


def described() -> Iterator[tuple[str, HTTPRouteHandler, dict[str, Any]]]:
    for path, method, handler in operations(APP):
        operation = CONTENT["paths"][path][method]
        yield operation["operationId"], handler, operation


OPERATIONS = list(described())


def test_every_route_names_whom_it_answers() -> None:
    """Denied is the default; what the framework adds by itself answers OPTIONS with the methods that there are."""
    for route in APP.routes:
        assert isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items():
            assert isinstance(handler.opt.get("access"), Access) or method == "OPTIONS", f"{method} {route.path}"


def test_the_document_has_every_route_and_no_other() -> None:
    routes = {
        (route.path_format, method.lower())
        for route in APP.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if "access" in handler.opt
    }
    of_gateway = {(path, method) for path, item in push.paths().items() for method in item}
    assert not routes & of_gateway
    assert {(path, method) for path, item in CONTENT["paths"].items() for method in item} == routes | of_gateway


def test_what_the_gateway_itself_ends_is_described_like_the_rest() -> None:
    for path in push.paths():
        operation = CONTENT["paths"][path]["get"]
        assert operation["security"] == [{"cookie": []}, {"bearer": []}]
        assert operation["operationId"] not in {found for found, _, _ in OPERATIONS}
        assert {str(status) for status in FRONT_DOOR} - {"502"} < set(operation["responses"])
        for status, response in operation["responses"].items():
            for name, shown in (
                response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items()
            ):
                error = MatineeError.classes.get(name, MatineeError)
                assert (str(error.status), error.title) == (status, shown["value"]["title"])


def test_every_operation_has_its_own_id_a_summary_and_an_example() -> None:
    ids = [found for found, _, _ in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert set(examples.BY_OPERATION) == set(ids)
    assert all(operation["summary"] for _, _, operation in OPERATIONS)


@pytest.mark.parametrize(("name", "handler"), [(name, handler) for name, handler, _ in OPERATIONS], ids=str)
def test_examples_fit_the_types(name: str, handler: HTTPRouteHandler) -> None:
    example = examples.BY_OPERATION[name]
    data = handler.parsed_data_field
    assert (example.asks is None) == (data is None)
    if data is not None:
        msgspec.convert(example.asks, data.annotation)
    answer = handler.parsed_fn_signature.return_type.annotation
    kind = get_args(answer)[0] if getattr(answer, "__origin__", None) is Response else answer
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        shown = msgspec.to_builtins(msgspec.convert(example.answers, kind))
        assert set(shown) == set(example.answers)
    parameters = {each["name"] for each in CONTENT["paths"][_path(handler)][_method(handler)].get("parameters", [])}
    assert set(example.parameters) <= parameters


def _path(handler: HTTPRouteHandler) -> str:
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", next(iter(handler.paths)))


def _method(handler: HTTPRouteHandler) -> str:
    return next(iter(handler.http_methods)).lower()


def test_every_error_is_a_problem() -> None:
    for name, _, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (name, status)
                assert response["content"]["application/problem+json"]["schema"] == {
                    "$ref": "#/components/schemas/Problem"
                }
    assert "status_code" not in msgspec.json.encode(CONTENT["components"]).decode()


def test_what_the_gateway_answers_is_described_as_it_says_it() -> None:
    for status, types in FRONT_DOOR.items():
        for name, title in types.items():
            error = MatineeError.classes[name]
            assert (error.__module__, error.status, error.title) == ("matinee.gateway.errors", status, title)
    assert all({str(status) for status in FRONT_DOOR} < set(each["responses"]) for _, _, each in OPERATIONS)


def test_options_names_every_method_of_an_address() -> None:
    methods: dict[str, set[str]] = {}
    for handler in application.ROUTES:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    answering = options(application.ROUTES)
    told = {path: set(each.fn().headers["Allow"].split(", ")) for each in answering for path in each.paths}
    assert told == {path: named for path, named in methods.items() if path in told}
    assert len(told) == len(methods) - 2, (
        "tus and the licence, which pages of any origin ask for, answer OPTIONS themselves"
    )


def test_every_reference_leads_somewhere_and_every_pattern_is_ecmascript() -> None:
    text = msgspec.json.encode(CONTENT).decode()
    for name in re.findall(r'"#/components/schemas/([^"]+)"', text):
        assert name in CONTENT["components"]["schemas"]
    assert r"\\Z" not in text


def test_no_two_types_share_a_name() -> None:
    """msgspec tells two of one name apart by their modules, and a client would read those in its own types."""
    assert [name for name in CONTENT["components"]["schemas"] if "." in name] == []


def test_who_may_ask_is_described() -> None:
    by_id = {name: operation for name, _, operation in OPERATIONS}
    assert by_id["signup.plans"]["security"] == []
    assert by_id["discovery.home"]["security"] == [{"cookie": []}, {"bearer": []}]
    assert by_id["open_connect.report"]["security"] == [{"appliance": []}]


def test_answers_without_a_body_and_ready_made_json_are_described_as_such() -> None:
    by_id = {name: operation["responses"] for name, _, operation in OPERATIONS}
    assert "content" not in by_id["account.log_out"]["204"]
    keys = by_id["open_connect.keys"]["200"]["content"]["application/jwk-set+json"]
    assert keys["schema"] == {"type": "object"}
    assert by_id["images.image"]["200"]["content"]["image/jpeg"]["schema"] == {"type": "string"}
    assert CONTENT["components"]["schemas"]["TitleChange"]["additionalProperties"] is False


def test_the_bounds_of_a_number_that_may_be_absent_are_published() -> None:
    (season,) = (
        each
        for each in CONTENT["paths"]["/api/discovery/titles/{title_id}"]["get"]["parameters"]
        if each["name"] == "season"
    )
    assert season["schema"].get("exclusiveMinimum") == -1
    assert season["schema"]["maximum"] == 9999
