"""The compiled table and the rules of `terms/route_choice.py` choose the same route."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.routing.compiling import compiled
from matinee.gateway.routing.routes import Route, Routes
from matinee.terms.route_check import read
from matinee.terms.route_choice import Asked, choose
from matinee.terms.routing import RouteTable

TERRITORIES = {"10.0.0.1": "DE", "10.0.0.2": "FR"}
CLUSTERS: dict[str, Cluster] = {}


def cluster_of(name: str) -> Cluster:
    return CLUSTERS.setdefault(name, Cluster(name, [], Random(1)))


def routes_of(table: RouteTable) -> Routes:
    return Routes(compiled(table, cluster_of, TERRITORIES.__getitem__))


@dataclass
class Peer:
    address: str


@dataclass
class Passing:
    path: bytes
    method: bytes
    fields: dict[bytes, bytes]
    peer: Peer
    seen: list[str] = field(default_factory=list)


def passing(asked: Asked) -> Passing:
    fields = {name.encode(): value.encode() for name, value in asked.headers.items()}
    fields[b"host"] = asked.host.encode()
    if asked.cookies:
        fields[b"cookie"] = "; ".join(f"{name}={value}" for name, value in asked.cookies.items()).encode()
    return Passing(asked.path.encode(), asked.method.encode(), fields, Peer(asked.address))


def found(routes: Routes, asked: Asked) -> str:
    request = passing(asked)
    route = routes.choose(request)
    if route is not None:
        route = route.settled(request, asked.member or asked.address)
    return route.name if route is not None else ""


PREFIXES = ["/", "/a", "/a/b", "/a/b/", "/ab", "/ä"]
PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/abc/d", "/ä/x", "/b"]
HOSTS = ["a.example", "b.a.example", "other"]
VALUES = ["", "x", "xy"]
WANTED = ["*", "x", "x*"]


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.just([]) | st.lists(st.sampled_from(values), max_size=2)


MATCHES = st.fixed_dictionaries(
    {"prefix": st.sampled_from(PREFIXES)},
    optional={
        "methods": some(["GET", "PUT"]),
        "hosts": some(["a.example", "*.a.example"]),
        "headers": st.dictionaries(st.sampled_from(["X-One", "x-two"]), st.sampled_from(WANTED), max_size=2),
        "cookies": st.dictionaries(st.sampled_from(["c", "d"]), st.sampled_from(WANTED), max_size=2),
        "territories": some(["DE", "FR"]),
        "prefetch": st.booleans(),
        "percent": st.sampled_from([0, 30, 70, 100]),
    },
)
TABLES = st.lists(st.tuples(MATCHES, st.sampled_from(["one", "two"])), max_size=12).map(
    lambda rows: read(
        {"routes": [{"name": f"r{place}", "match": match, "to": to} for place, (match, to) in enumerate(rows)]}
    )
)
REQUESTS = st.builds(
    Asked,
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "PUT", "POST"]),
    host=st.sampled_from(HOSTS).flatmap(lambda host: st.sampled_from([host, f"{host}:8080", host.upper()])),
    headers=st.dictionaries(
        st.sampled_from(["x-one", "x-two", "purpose", "sec-purpose"]), st.sampled_from([*VALUES, "prefetch"])
    ),
    cookies=st.dictionaries(st.sampled_from(["c", "d", "cc"]), st.sampled_from(VALUES)),
    territory=st.just("ZZ"),
    address=st.sampled_from(sorted(TERRITORIES)),
    member=st.sampled_from(["", "acc_1", "acc_2", "acc_3"]),
).map(lambda asked: msgspec.structs.replace(asked, territory=TERRITORIES[asked.address]))


@settings(max_examples=400, deadline=None)
@given(TABLES, REQUESTS)
def test_it_chooses_as_the_rules_say(table: RouteTable, asked: Asked) -> None:
    chosen = choose(table, asked).route
    assert found(routes_of(table), asked) == (chosen.name if chosen else "")


def one(**row: Any) -> Route:
    routes = routes_of(read({"routes": [{"name": "one", "match": {"prefix": "/one"}, **row}]}))
    route = routes.find(b"/one")
    assert route is not None
    return route


def test_a_row_as_requests_need_it() -> None:
    route = one(to="api", attempts=2, try_s=1, total_s=3, priority="beacon", rewrite="/two/")
    assert route.cluster is cluster_of("api")
    assert (route.tries.most, route.tries.each_s, route.tries.all_s) == (2, 1, 3)
    assert (route.rank, route.rewrite, route.answer) == (3, b"/two", None)


def test_what_is_worked_on_says_when_to_come_again() -> None:
    answer = one(maintenance={"message": "Until noon", "retry_after_s": 90}).answer
    assert answer is not None
    assert (answer.status, dict(answer.fields)[b"retry-after"]) == (503, b"90")
    assert b"Until noon" in answer.body


def test_an_answer_of_its_own() -> None:
    answer = one(answer={"status": 410, "body": "gone"}).answer
    assert answer is not None
    assert (answer.status, answer.body) == (410, b"gone")


@pytest.mark.parametrize("cookie", ["beta=1", "a=b; beta=1", "a=b;beta=1; c=d", "beta=1 "])
def test_a_cookie_is_found_wherever_it_stands(cookie: str) -> None:
    assert _with_cookie(cookie) == "one"


@pytest.mark.parametrize("cookie", ["", "xbeta=1", "beta=12", "beta =1", "a=beta=1", "Beta=1"])
def test_another_cookie_is_not_taken_for_it(cookie: str) -> None:
    assert _with_cookie(cookie) == ""


def _with_cookie(cookie: str) -> str:
    table = read({"routes": [{"name": "one", "to": "api", "match": {"cookies": {"beta": "1"}}}]})
    request = Passing(b"/", b"GET", {b"cookie": cookie.encode()}, Peer("10.0.0.1"))
    route = routes_of(table).choose(request)
    return route.name if route else ""


def test_many_routes_cost_no_more_looks_than_one() -> None:
    """A search looks as often into its dict as the path has parts, however many routes there are."""

    class Counting(dict[bytes, Route]):
        looks = 0

        def get(self, key: bytes, default: Any = None) -> Any:
            self.looks += 1
            return super().get(key, default)

    def looks(count: int) -> int:
        rows = [{"name": f"r{place}", "to": "api", "match": {"prefix": f"/p{place}/x"}} for place in range(count)]
        routes = routes_of(read({"routes": [*rows, {"name": "api", "to": "api", "match": {"prefix": "/api"}}]}))
        counting = Counting(routes._by_prefix)  # pyright: ignore[reportPrivateUsage]
        routes._by_prefix = counting  # pyright: ignore[reportPrivateUsage]
        assert routes.find(b"/api/play/ttl_1") is not None
        return counting.looks

    assert looks(1000) <= looks(1) + 1
