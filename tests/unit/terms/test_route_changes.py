from __future__ import annotations

import tomllib

import msgspec
from msgspec.structs import replace

from matinee.terms.route_changes import changes
from matinee.terms.route_check import read
from matinee.terms.route_choice import Asked
from matinee.terms.route_text import conditions, end, toml
from matinee.terms.routing import Match, Priority, Redirect, Route, RouteTable

HOUSE = RouteTable(
    [
        Route("play-ahead", Match("/api/play", prefetch=True), to="api", priority=Priority.PREFETCH),
        Route("play", Match("/api/play"), to="api", priority=Priority.PLAY),
        Route("beacon", Match("/api/beacon"), to="api", priority=Priority.BEACON),
        Route("ahead", Match("/api", prefetch=True), to="api", priority=Priority.PREFETCH),
        Route("api", Match("/api"), to="api"),
    ]
)


def test_nothing_changes_between_equal_tables() -> None:
    found = changes(HOUSE, RouteTable(list(HOUSE.routes)))
    assert found.nothing
    assert found.moved == []


def test_what_was_added_removed_and_changed() -> None:
    play_ahead, play, beacon, ahead, api = HOUSE.routes
    after = RouteTable(
        [
            play_ahead,
            replace(play, priority=Priority.BROWSE, match=Match("/api/play", methods=["POST"])),
            ahead,
            api,
            Route("old", Match("/old"), redirect=Redirect("/new")),
        ]
    )
    found = changes(HOUSE, after, [Asked("/api/beacon/deep")])
    assert found.added == ["old"]
    assert found.removed == [beacon.name]
    assert [(each.name, each.fields) for each in found.changed] == [("play", ["match.methods", "priority"])]
    assert not found.reordered
    moved = {each.request: (each.before, each.after) for each in found.moved}
    assert moved["POST /api/beacon"] == ("beacon", "api")
    assert moved["GET /api/play/x"] == ("play", "api")
    assert moved["GET /old"] == ("", "old")
    assert moved["GET /api/beacon/deep"] == ("beacon", "api")
    assert "POST /api/play" not in moved


def test_another_order_is_told() -> None:
    found = changes(HOUSE, RouteTable(list(reversed(HOUSE.routes))))
    assert found.reordered
    assert not found.nothing
    assert ("GET /api (purpose: prefetch)", "ahead", "api") in [
        (each.request, each.before, each.after) for each in found.moved
    ]


def test_a_table_written_as_toml_reads_the_same() -> None:
    document = {
        "routes": [
            *msgspec.to_builtins(HOUSE)["routes"],
            {
                "name": "all-of-it",
                "to": "shop",
                "rewrite": "/",
                "match": {
                    "prefix": "/ä b",
                    "hosts": ["*.films.example"],
                    "methods": ["GET", "PUT"],
                    "headers": {"X-Quote": 'say "ja" \\ tab'},
                    "cookies": {"a.b": "*"},
                    "territories": ["DE"],
                    "percent": 12.5,
                },
                "rates": [{"per_s": 2.5, "burst": 3, "by": "address"}],
                "caching": {"most_s": 5},
                "collapse": True,
                "most_bytes": 10,
            },
            {"name": "robots", "match": {"prefix": "/robots.txt"}, "answer": {"body": "User-agent: *\nDisallow: /\n"}},
            {"name": "moved", "match": {"prefix": "/old"}, "redirect": {"to": "/new/{path}", "status": 301}},
            {"name": "closed", "match": {"prefix": "/shut"}, "maintenance": {"message": "Until noon"}},
        ]
    }
    table = read(document)
    assert read(tomllib.loads(toml(table))) == table
    assert read(tomllib.loads(toml(RouteTable()))) == RouteTable()


def test_routes_in_words() -> None:
    route = Route("x", Match("/", methods=["GET"], percent=5, prefetch=True), to="api", rewrite="/v2")
    assert end(route) == "api as /v2"
    assert conditions(route.match) == "GET, ahead of need, 5 % of members"
