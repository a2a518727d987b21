from __future__ import annotations

from typing import Any

import pytest

from matinee.terms.route_check import read
from matinee.terms.route_choice import Asked, choose
from matinee.terms.standard_routes import STANDARD


def taken(rows: list[dict[str, Any]], asked: Asked) -> str:
    table = read({"routes": [{"to": "api", **row} for row in rows]})
    route = choose(table, asked).route
    return route.name if route is not None else ""


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (Asked("/api/play/ttl_1", "POST"), "play"),
        (Asked("/api/play"), "play"),
        (Asked("/api/play/sessions/pls_1/heartbeat", "POST"), "playing"),
        (Asked("/api/play/sessions/pls_1/manifest.mpd", headers={"purpose": "prefetch"}), "playing-ahead"),
        (Asked("/api/player"), "api"),
        (Asked("/api/play/ttl_1", headers={"purpose": "prefetch"}), "play-ahead"),
        (Asked("/api/play/ttl_1", headers={"sec-purpose": "prefetch;prerender"}), "play-ahead"),
        (Asked("/api/play/ttl_1", headers={"sec-purpose": "prerender"}), "play"),
        (Asked("/api/discovery/home", headers={"sec-purpose": "prefetch"}), "browse-ahead"),
        (Asked("/api/beacon", "POST"), "beacon"),
        (Asked("/api/discovery/home"), "browse"),
        (Asked("/api/account"), "api"),
        (Asked("/apis"), ""),
        (Asked("/"), ""),
    ],
)
def test_the_standard_table(asked: Asked, name: str) -> None:
    route = choose(STANDARD, asked).route
    assert (route.name if route else "") == name


@pytest.mark.parametrize(
    ("match", "asked", "taken_by_it"),
    [
        ({"methods": ["PUT"]}, Asked("/x", "PUT"), True),
        ({"methods": ["PUT"]}, Asked("/x"), False),
        ({"hosts": ["films.example"]}, Asked("/x", host="FILMS.example:8080"), True),
        ({"hosts": ["*.example"]}, Asked("/x", host="films.example"), True),
        ({"hosts": ["*.films.example"]}, Asked("/x", host="films.example"), False),
        ({"hosts": ["*.films.example"]}, Asked("/x", host="evilfilms.example"), False),
        ({"headers": {"X-Dark": "*"}}, Asked("/x", headers={"x-dark": ""}), True),
        ({"headers": {"X-Dark": "*"}}, Asked("/x"), False),
        ({"headers": {"X-Dark": "la*"}}, Asked("/x", headers={"x-dark": "launch"}), True),
        ({"headers": {"X-Dark": "la"}}, Asked("/x", headers={"x-dark": "launch"}), False),
        ({"cookies": {"beta": "1"}}, Asked("/x", cookies={"beta": "1"}), True),
        ({"cookies": {"beta": "1"}}, Asked("/x", cookies={"beta": "0"}), False),
        ({"territories": ["DE", "AT"]}, Asked("/x", territory="AT"), True),
        ({"territories": ["DE", "AT"]}, Asked("/x"), False),
        ({"percent": 0}, Asked("/x"), False),
    ],
)
def test_conditions(match: dict[str, Any], asked: Asked, taken_by_it: bool) -> None:
    assert taken([{"name": "special", "match": match}, {"name": "rest"}], asked) == (
        "special" if taken_by_it else "rest"
    )


def test_what_does_not_fit_the_longest_prefix_falls_to_a_shorter_one() -> None:
    rows = [{"name": "all"}, {"name": "put", "match": {"prefix": "/a/b", "methods": ["PUT"]}}]
    assert taken(rows, Asked("/a/b/c")) == "all"
    assert taken(rows, Asked("/a/b/c", "PUT")) == "put"


def test_it_says_why_not() -> None:
    table = read(
        {
            "routes": [
                {"name": "canary", "to": "api-canary", "match": {"prefix": "/api", "percent": 0}},
                {"name": "put", "to": "api", "match": {"prefix": "/api", "methods": ["PUT", "PATCH"]}},
                {"name": "api", "to": "api", "match": {"prefix": "/api"}},
                {"name": "other", "to": "api", "match": {"prefix": "/other"}},
            ]
        }
    )
    looks = choose(table, Asked("/api/x", member="acc_1")).looks
    assert [(look.route, look.why_not) for look in looks] == [
        ("canary", "this member is not in its share of 0 %"),
        ("put", "the method is GET, not PUT or PATCH"),
        ("api", ""),
    ]
