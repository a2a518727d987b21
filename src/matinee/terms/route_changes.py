"""What a new table changes, before it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import cast

import msgspec
from msgspec import Struct

from matinee.terms.route_choice import Asked, choose
from matinee.terms.routing import Route, RouteTable


class Changed(Struct, frozen=True):
    """A route that stays, with its fields that differ (`match.prefix`, `priority`)."""

    name: str
    fields: Sequence[str]


class Moved(Struct, frozen=True):
    """A request that another route takes now; an empty name: the client's own pages."""

    request: str
    before: str
    after: str


class Changes(Struct, frozen=True):
    """`moved` are sample requests, one for each route of either table and each way in which it may be met."""

    added: Sequence[str]
    removed: Sequence[str]
    changed: Sequence[Changed]
    reordered: bool
    moved: Sequence[Moved]

    @property
    def nothing(self) -> bool:
        return not (self.added or self.removed or self.changed or self.reordered)


def changes(before: RouteTable, after: RouteTable, samples: Iterable[Asked] = ()) -> Changes:
    """What differs. `samples` are requests to look at beside those that the tables themselves suggest."""
    old, new = ({route.name: route for route in table.routes} for table in (before, after))
    both = [name for name in new if name in old]
    fields = {name: _differing(old[name], new[name]) for name in both}
    return Changes(
        added=[name for name in new if name not in old],
        removed=[name for name in old if name not in new],
        changed=[Changed(name, differing) for name, differing in fields.items() if differing],
        reordered=both != [name for name in old if name in new],
        moved=list(_moved(before, after, [*samples, *suggested(before, after)])),
    )


def _differing(before: Route, after: Route) -> list[str]:
    return sorted(_leaves(msgspec.to_builtins(before), msgspec.to_builtins(after)))


def _leaves(before: Mapping[str, object], after: Mapping[str, object], within: str = "") -> Iterable[str]:
    for name in {*before, *after}:
        old, new = before.get(name), after.get(name)
        if name == "match":
            yield from _leaves(cast("Mapping[str, object]", old), cast("Mapping[str, object]", new), "match.")
        elif old != new:
            yield within + name


def suggested(*tables: RouteTable) -> Iterable[Asked]:
    """For each route, requests that it asks for: at its prefix and below it."""
    seen: set[str] = set()
    for table in tables:
        for route in table.routes:
            for sample in _of(route):
                key = said(sample)
                if key not in seen:
                    seen.add(key)
                    yield sample


def _of(route: Route) -> Iterable[Asked]:
    match = route.match
    headers = {name.lower(): _value(value) for name, value in match.headers.items()}
    if match.prefetch:
        headers["purpose"] = "prefetch"
    bare = match.prefix.rstrip("/")
    for path, method, host in product(
        (bare or "/", f"{bare}/x"), match.methods or ["GET", "POST"], match.hosts or ["localhost"]
    ):
        yield Asked(
            path=path,
            method=method,
            host=host.replace("*", "www"),
            headers=headers,
            cookies={name: _value(value) for name, value in match.cookies.items()},
            territory=match.territories[0] if match.territories else "ZZ",
        )


def _value(wanted: str) -> str:
    return (wanted[:-1] or "x") if wanted.endswith("*") else wanted


def _moved(before: RouteTable, after: RouteTable, samples: Iterable[Asked]) -> Iterable[Moved]:
    for sample in samples:
        old, new = (choose(table, sample).route for table in (before, after))
        if (old.name if old else "") != (new.name if new else ""):
            yield Moved(said(sample), old.name if old else "", new.name if new else "")


def said(asked: Asked) -> str:
    """A request in one line: `GET /api/play (purpose: prefetch)`."""
    url = asked.path if asked.host == "localhost" else f"{asked.host}{asked.path}"
    besides = [f"{name}: {value}" for name, value in asked.headers.items()]
    besides += [f"cookie {name}={value}" for name, value in asked.cookies.items()]
    besides += [asked.territory] if asked.territory != "ZZ" else []
    return f"{asked.method} {url}" + (f" ({', '.join(besides)})" if besides else "")
