from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, Protocol

import pytest

import matinee
from matinee.app.targets import TARGETS
from matinee.terms.route_check import INNER, BadTable, locked_out, read, remarks
from matinee.terms.standard_routes import STANDARD


def route(**fields: Any) -> dict[str, Any]:
    return {"name": "shop", "to": "shop", "match": {"prefix": "/shop"}, **fields}


def without_end(**fields: Any) -> dict[str, Any]:
    return {"name": "shop", "match": {"prefix": "/shop"}, **fields}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([route(tp="x")], "route shop: object contains unknown field `tp`"),
        ([route(), route(name="b", match={"prefx": "/"})], "route b: match: object contains unknown field `prefx`"),
        ([route(name="B")], "route B: name: "),
        ([{"to": "api"}], "route 1: object missing required field `name`"),
        ([route(match={"prefix": "shop"})], "route shop: match.prefix: "),
        ([route(attempts=0)], "route shop: attempts: "),
        ([route(priority="first")], "route shop: priority: invalid enum value 'first'"),
        ([route(), route()], "route shop: name: two routes have this name"),
        ([without_end()], "route shop: to: say what becomes of its requests"),
        ([route(answer={})], "route shop: answer: it has `to` too"),
        ([route(to="Shop")], "route shop: to: 'Shop' is no name of a service"),
        ([route(to="accounts")], "route shop: to: accounts is an inner service"),
        ([route(try_s=10, total_s=5)], "route shop: try_s: one try may not take longer than all of them, 5 s"),
        ([route(rewrite="new")], "route shop: rewrite: 'new' does not begin with /"),
        ([without_end(answer={}, rewrite="/")], "route shop: rewrite: only what goes to servers"),
        ([route(match={"prefix": "/a/../b"})], "route shop: match.prefix: '/a/../b' is no plain path"),
        ([route(match={"prefix": "/a?b"})], "route shop: match.prefix: "),
        ([route(match={"prefix": "//a"})], "route shop: match.prefix: "),
        ([route(match={"hosts": ["A.example"]})], "route shop: match.hosts: 'A.example' is no host name"),
        ([route(match={"hosts": ["a.example:80"]})], "route shop: match.hosts: "),
        ([route(match={"headers": {"a b": "c"}})], "route shop: match.headers: "),
        ([route(match={"headers": {"Cookie": "c"}})], "route shop: match.headers: use `cookies`"),
        ([route(match={"headers": {"a": "b\r\nc"}})], "route shop: match.headers: "),
        ([route(match={"cookies": {"a": "b; c"}})], "route shop: match.cookies: "),
        ([route(match={"territories": ["Germany"]})], "route shop: match.territories[0]: "),
        ([route(match={"percent": 101})], "route shop: match.percent: "),
        ([without_end(answer={"status": 299})], "route shop: answer.status: 299 is no status of HTTP"),
        ([without_end(answer={"status": 204, "body": "x"})], "route shop: answer.body: an answer 204 has none"),
        ([without_end(answer={"content_type": "a/b\r\nx: y"})], "route shop: answer.content_type: "),
        ([without_end(redirect={"to": "/a", "status": 200})], "route shop: redirect.status: 200 is none of 301"),
        ([without_end(redirect={"to": "//evil.example"})], "route shop: redirect.to: "),
        ([without_end(redirect={"to": "javascript:alert(1)"})], "route shop: redirect.to: "),
        ([without_end(redirect={"to": "https://{path}"})], "route shop: redirect.to: "),
        ([without_end(redirect={"to": "https://films.example{path}"})], "route shop: redirect.to: "),
        ([without_end(redirect={"to": "/new{path}"})], "route shop: redirect.to: `{path}` must stand in the path"),
        ([without_end(redirect={"to": "/shop/{path}"})], "route shop: redirect.to: it leads back to this route"),
        ([without_end(redirect={"to": "/a\r\nset-cookie: x"})], "route shop: redirect.to: "),
    ],
)
def test_a_bad_table_is_refused_with_route_and_field(rows: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(BadTable) as refused:
        read({"routes": rows})
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("document", [None, [], "x", {"routes": 1}, {"route": []}, {"routes": [1]}])
def test_what_is_no_table_is_refused(document: Any) -> None:
    with pytest.raises(BadTable, match=r"^(the table|route 1): "):
        read(document)


@pytest.mark.parametrize(
    "row",
    [
        route(match={"prefix": "/"}, rewrite="/"),
        route(match={"hosts": ["*.films.example", "localhost", "[::1]"], "headers": {"X-Dark": "*"}}),
        without_end(redirect={"to": "https://films.example/{path}"}, match={"hosts": ["old.example"]}),
        without_end(redirect={"to": "/{path}", "status": 301}),
        without_end(maintenance={"message": "Back at noon"}),
        without_end(answer={"body": "User-agent: *\n"}),
    ],
)
def test_a_good_route_is_taken(row: dict[str, Any]) -> None:
    assert read({"routes": [row]}).routes[0].name == "shop"


def test_nothing_is_remarked_of_the_standard_table() -> None:
    assert remarks(STANDARD, {"api"}) == []


def test_a_route_behind_one_that_takes_everything_is_remarked() -> None:
    table = read({"routes": [route(), route(name="later", match={"prefix": "/shop/", "methods": ["POST"]})]})
    assert "route later takes nothing: route shop before it takes all below /shop" in remarks(table)


def test_a_route_behind_one_with_conditions_is_not_hidden() -> None:
    rows = [route(match={"prefix": "/shop", "percent": 10}), route(name="later")]
    assert not [each for each in remarks(read({"routes": rows})) if "later" in each]


def test_servers_that_nobody_knows_are_remarked() -> None:
    table = read({"routes": [route(), *_api()]})
    assert [each for each in remarks(table, {"api"}) if each.startswith("no server of shop is known now")]
    assert remarks(table) == []


def test_a_table_without_a_way_back_is_told() -> None:
    assert list(locked_out(read({"routes": [route()]})))
    assert list(locked_out(read({"routes": [{"name": "all", "match": {"prefix": "/api"}, "maintenance": {}}]})))
    assert not list(locked_out(STANDARD))


def _api() -> list[dict[str, Any]]:
    return [{"name": "api", "to": "api", "match": {"prefix": "/api"}}]


def test_every_service_of_the_house_is_an_inner_one() -> None:
    root = Path(matinee.__file__).parent
    contracts = [
        found
        for file in root.glob("**/contract.py")
        for name, found in vars(importlib.import_module(_module(root, file))).items()
        if isinstance(found, type) and Protocol in found.__bases__ and re.match("[A-Z]", name)
    ]
    assert len(contracts) > 12
    assert {contract.__name__.lower() for contract in contracts} - {"protocol"} <= INNER


def _module(root: Path, file: Path) -> str:
    return ".".join([root.name, *file.relative_to(root).with_suffix("").parts])


def test_every_target_but_the_api_is_an_inner_one() -> None:
    assert set(TARGETS) - {"api"} <= INNER
