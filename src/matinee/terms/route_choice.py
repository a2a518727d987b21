"""Which route of a table takes a request, and why not the others: the rules themselves, said slowly. The gateway compiles them
(`gateway/routing`); a test holds the two together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from matinee.terms.routing import Match, Route, RouteTable
from matinee.terms.share import in_share
from matinee.terms.territory import UNKNOWN, Territory

PREFETCH_HEADERS = ("sec-purpose", "purpose")


class Asked(Struct, frozen=True):
    """A request as routes see it. `path` is decoded, without the query; names of `headers` are in lower case; `member` is an
    account's id, empty where nobody is logged in."""

    path: str
    method: str = "GET"
    host: str = "localhost"
    headers: Mapping[str, str] = {}
    cookies: Mapping[str, str] = {}
    territory: Territory = UNKNOWN
    address: str = "127.0.0.1"
    member: str = ""


class Look(Struct, frozen=True):
    """A route that was looked at. `why_not` is empty for the one that was taken."""

    route: str
    why_not: str = ""


class Choice(Struct, frozen=True):
    """The route taken, None: none is, and the gateway answers from the client's own pages. `looks` are those with a prefix of
    the path, in the order in which they were tried, up to the one taken."""

    route: Route | None
    looks: Sequence[Look]


def choose(table: RouteTable, asked: Asked) -> Choice:
    """The route that takes a request, and what speaks against those tried before it."""
    looks: list[Look] = []
    for route in ordered(table, asked.path):
        why_not = next(_against(route, asked), "")
        looks.append(Look(route.name, why_not))
        if not why_not:
            return Choice(route, looks)
    return Choice(None, looks)


def ordered(table: RouteTable, path: str) -> Sequence[Route]:
    """The routes with a prefix of the path, the longest first, equal ones as they stand in the table."""
    return sorted(
        (route for route in table.routes if below(path, route.match.prefix)),
        key=lambda route: -len(route.match.prefix.rstrip("/")),
    )


def below(path: str, prefix: str) -> bool:
    """Whether a path is the prefix itself or lies below it: `/api` takes `/api` and `/api/x`, not `/apis`."""
    bare = prefix.rstrip("/")
    return path == bare or path.startswith(bare + "/")


def share_name(route: Route) -> str:
    """Routes to the same place take the same members."""
    return route.to or route.name


def names_host(pattern: str, host: str) -> bool:
    """`*.example.org` takes every name below, not the name itself."""
    name = bare_host(host)
    if pattern.startswith("*."):
        return name.endswith(pattern[1:].lower())
    return name == pattern.lower()


def bare_host(host: str) -> str:
    """A Host header's name, without port."""
    return re.sub(r":[0-9]*\Z", "", host).lower().rstrip(".")


def has_value(wanted: str, found: str | None) -> bool:
    """`*` takes any value, `dark*` one that begins so."""
    if found is None:
        return False
    return found.startswith(wanted[:-1]) if wanted.endswith("*") else found == wanted


def _against(route: Route, asked: Asked) -> Iterator[str]:
    """What of the request does not fit the route, as ends of the sentence "not taken: …"."""
    match = route.match
    if match.methods and asked.method not in match.methods:
        yield f"the method is {asked.method}, not {_either(match.methods)}"
    if match.hosts and not any(names_host(host, asked.host) for host in match.hosts):
        yield f"the host is {bare_host(asked.host)}, not {_either(match.hosts)}"
    yield from _missing("header", {name.lower(): value for name, value in match.headers.items()}, asked.headers)
    yield from _missing("cookie", match.cookies, asked.cookies)
    if match.prefetch and not any(has_value("prefetch*", asked.headers.get(name)) for name in PREFETCH_HEADERS):
        yield "it is not fetched ahead of need (no `Sec-Purpose: prefetch`, no `Purpose: prefetch`)"
    if match.territories and asked.territory not in match.territories:
        yield f"the territory is {asked.territory}, not {_either(match.territories)}"
    yield from _outside(match, share_name(route), asked)


def _missing(kind: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name, value in wanted.items():
        if name not in found:
            yield f"there is no {kind} {name}"
        elif not has_value(value, found[name]):
            yield f"the {kind} {name} is not {value!r}"


def _outside(match: Match, among: str, asked: Asked) -> Iterator[str]:
    member = asked.member or asked.address
    if match.percent < 100 and not in_share(match.percent, among, member):
        who = "this member" if asked.member else f"the address {asked.address}"
        yield f"{who} is not in its share of {match.percent:g} %"


def _either(words: Sequence[str]) -> str:
    return " or ".join(words)
