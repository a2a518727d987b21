"""Routes as words for people, and as a TOML document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from matinee.terms.routing import Match, Route, RouteTable

_PLAIN: Mapping[str, Any] = msgspec.to_builtins(Route("plain"))
_PLAIN_MATCH: Mapping[str, Any] = msgspec.to_builtins(Match())


def end(route: Route) -> str:
    """What becomes of its requests."""
    if route.redirect is not None:
        return f"redirect {route.redirect.status} to {route.redirect.to}"
    if route.answer is not None:
        return f"answer {route.answer.status}"
    if route.maintenance is not None:
        return f"maintenance: {route.maintenance.message}"
    return route.to + (f" as {route.rewrite}" if route.rewrite is not None else "")


def conditions(match: Match) -> str:
    """What it asks for beside its prefix."""
    return ", ".join(_conditions(match))


def _conditions(match: Match) -> Iterator[str]:
    if match.methods:
        yield " or ".join(match.methods)
    if match.hosts:
        yield "host " + " or ".join(match.hosts)
    if match.prefetch:
        yield "ahead of need"
    yield from (f"{name}: {value}" for name, value in match.headers.items())
    yield from (f"cookie {name}={value}" for name, value in match.cookies.items())
    if match.territories:
        yield "from " + " or ".join(match.territories)
    if match.percent < 100:
        yield f"{match.percent:g} % of members"


def toml(table: RouteTable) -> str:
    """The table as `routes.toml` has it; what is as it always is, is left out."""
    return "\n".join(_row(route) for route in table.routes) or "routes = []\n"


def _row(route: Route) -> str:
    said = {name: value for name, value in msgspec.to_builtins(route).items() if value != _PLAIN[name]}
    if "match" in said:
        said["match"] = {name: value for name, value in said["match"].items() if value != _PLAIN_MATCH[name]}
    lines = [f"{name} = {_value(value)}" for name, value in said.items()]
    return "\n".join(["[[routes]]", *lines]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(each)}" for key, each in pairs if each is not None) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, cast("list[Any]", value))) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
