"""Whether a route table can be: what its types cannot say. One sentence names the route and the field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from matinee.terms.route_choice import Asked, choose
from matinee.terms.routing import PATH, Match, Redirect, Route, RouteTable, StaticAnswer

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?:\.routes(?:\[(?P<index>\d+)\])?)?\.?(?P<field>.*)`)?\Z", re.DOTALL)
_CLUSTER = re.compile(r"[a-z][a-z0-9-]{0,62}")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:]+\]")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TRICKS = re.compile(r"//|/\.\.?(?:/|\Z)|[?#%\\]")
INNER = frozenset(
    "accounts balancer billing catalog cdn door events fill gateway history ingest jobs metrics origin playback "
    "properties provider push registry search steering timers traffic worker".split()
)
"""What trusts whoever reaches it: no route may lead there, so that no table can open it to the outside."""

_LONGEST = 500
_REDIRECTS = (301, 302, 303, 307, 308)
_BODILESS = (204, 205, 304)


class BadTable(ValueError):
    """The one sentence stands in `args[0]`; what runs on loses its middle."""

    def __init__(self, sentence: str) -> None:
        half = _LONGEST // 2
        super().__init__(sentence if len(sentence) <= _LONGEST else f"{sentence[:half]} … {sentence[-half:]}")


def read(raw: Any) -> RouteTable:
    """The table that a document says, checked. Raises BadTable."""
    try:
        table = msgspec.convert(raw, RouteTable)
    except msgspec.ValidationError as wrong:
        raise BadTable(_told(str(wrong), raw)) from wrong
    check(table)
    return table


def check(table: RouteTable) -> None:
    """Raises BadTable for the first thing that is wrong."""
    names: set[str] = set()
    for route in table.routes:
        if route.name in names:
            raise BadTable(f"route {route.name}: name: two routes have this name")
        names.add(route.name)
        for field, what in _faults(route):
            raise BadTable(f"route {route.name}: {field}: {what}")


def remarks(table: RouteTable, clusters: Collection[str] | None = None) -> list[str]:
    """What may be meant so, and often is not; a sentence each. `clusters` are the services of which servers are known."""
    return [*_hidden(table), *_nowhere(table, clusters), *locked_out(table)]


def _told(message: str, raw: Any) -> str:
    found = _AT.match(message)
    what, index, field = found.group("what", "index", "field") if found else (message, None, "")
    what = what[:1].lower() + what[1:]
    if index is None:
        return f"the table: {field + ': ' if field else ''}{what}"
    row = raw["routes"][int(index)]
    name = row.get("name") if isinstance(row, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    route = f"route {name}" if isinstance(name, str) and name else f"route {int(index) + 1}"
    return f"{route}: {field + ': ' if field else ''}{what}"


def _faults(route: Route) -> Iterator[tuple[str, str]]:
    """Field and what is wrong with it."""
    yield from _ends(route)
    yield from _match(route.match)
    if route.try_s > route.total_s:
        yield "try_s", f"one try may not take longer than all of them, {route.total_s:g} s"
    if route.redirect is not None:
        yield from _redirect(route, route.redirect)
    if route.answer is not None:
        yield from _answer(route.answer)


def _ends(route: Route) -> Iterator[tuple[str, str]]:
    ends = {"to": route.to, "redirect": route.redirect, "answer": route.answer, "maintenance": route.maintenance}
    said = [name for name, end in ends.items() if end]
    if not said:
        yield "to", "say what becomes of its requests: `to`, `redirect`, `answer` or `maintenance`"
    if len(said) > 1:
        yield said[1], f"it has `{said[0]}` too; only one of them can be"
    if route.to and _CLUSTER.fullmatch(route.to) is None:
        yield "to", f"{route.to!r} is no name of a service (small letters, digits and -)"
    if route.to in INNER:
        yield "to", f"{route.to} is an inner service, which nothing from outside may reach"
    if route.rewrite is not None:
        if not route.to:
            yield "rewrite", "only what goes to servers has a path to rewrite"
        yield from _path("rewrite", route.rewrite)


def _match(match: Match) -> Iterator[tuple[str, str]]:
    yield from _path("match.prefix", match.prefix)
    for host in match.hosts:
        if _HOST.fullmatch(host) is None:
            yield (
                "match.hosts",
                f"{host!r} is no host name in small letters without port (`films.example`, `*.example`)",
            )
    for name, value in match.headers.items():
        if _TOKEN.fullmatch(name) is None or not _plain(value):
            yield "match.headers", f"{name!r} = {value!r} can be in no request"
        if name.lower() in {"host", "cookie"}:
            yield "match.headers", f"use `{'hosts' if name.lower() == 'host' else 'cookies'}` for {name!r}"
    for name, value in match.cookies.items():
        if _TOKEN.fullmatch(name) is None or not _plain(value) or ";" in value:
            yield "match.cookies", f"{name!r} = {value!r} can be in no request"


def _path(field: str, path: str) -> Iterator[tuple[str, str]]:
    if not path.startswith("/"):
        yield field, f"{path!r} does not begin with /"
    if _TRICKS.search(path) or not path.isprintable():
        yield field, f"{path!r} is no plain path: no query, escapes, dot segments or double slashes"


def _redirect(route: Route, redirect: Redirect) -> Iterator[tuple[str, str]]:
    to = redirect.to
    if redirect.status not in _REDIRECTS:
        yield "redirect.status", f"{redirect.status} is none of {', '.join(map(str, _REDIRECTS))}"
    if not _plain(to) or not to.isascii() or " " in to or not _place(to):
        yield "redirect.to", f"{to!r} is neither a path (`/new`) nor a URL (`https://films.example/new`)"
    elif PATH in to and "/" + PATH not in urlsplit(to).path:
        yield "redirect.to", f"`{PATH}` must stand in the path, behind a /"
    elif _circle(route, to):
        yield "redirect.to", "it leads back to this route"


def _place(to: str) -> bool:
    """A path of ours, or a URL whose host is fixed."""
    try:
        parts = urlsplit(to)
    except ValueError:
        return False
    if to.startswith("/"):
        return not to.startswith(("//", "/\\"))
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "{" not in parts.netloc


def _circle(route: Route, to: str) -> bool:
    """Whether what is redirected comes to the same route once more, whatever else the request says."""
    path = urlsplit(to).path.replace(PATH, "x")
    return to.startswith("/") and choose(RouteTable([route]), Asked(path)).route is route


def _answer(answer: StaticAnswer) -> Iterator[tuple[str, str]]:
    try:
        HTTPStatus(answer.status)
    except ValueError:
        yield "answer.status", f"{answer.status} is no status of HTTP"
    if answer.body and answer.status in _BODILESS:
        yield "answer.body", f"an answer {answer.status} has none"
    if not answer.content_type.isascii() or not _plain(answer.content_type) or "/" not in answer.content_type:
        yield "answer.content_type", f"{answer.content_type!r} is no media type"


def _plain(text: str) -> bool:
    return text.isprintable() and text == text.strip()


def _hidden(table: RouteTable) -> Iterator[str]:
    """Routes behind one of the same prefix that takes everything."""
    taken: dict[str, str] = {}
    for route in table.routes:
        prefix = route.match.prefix.rstrip("/")
        if prefix in taken:
            yield f"route {route.name} takes nothing: route {taken[prefix]} before it takes all below {prefix or '/'}"
        elif route.match == Match(route.match.prefix):
            taken[prefix] = route.name


def _nowhere(table: RouteTable, clusters: Collection[str] | None) -> Iterator[str]:
    for to in sorted({route.to for route in table.routes if route.to} - set(clusters or ())):
        if clusters is not None:
            yield f"no server of {to} is known now: its requests are answered 503 until there is one"


def locked_out(table: RouteTable) -> Iterator[str]:
    """Says so where operators could not change the table back over the API."""
    for method in ("GET", "PUT"):
        route = choose(table, Asked("/api/operations/routes", method)).route
        if route is None or not route.to:
            yield (
                "no route takes /api/operations to servers: only `matinee routes` on the machine itself can change the table again"
            )
            return
