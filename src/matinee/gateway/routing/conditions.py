"""What a row of the table asks of a request beside its prefix, as functions on the bytes of the request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from matinee.gateway.routing.routes import Asked
from matinee.terms.route_choice import PREFETCH_HEADERS, names_host
from matinee.terms.routing import Match
from matinee.terms.territory import Territory

Condition = Callable[[Asked], bool]
Locate = Callable[[str], Territory]

_FIRST, _SECOND = (name.encode() for name in PREFETCH_HEADERS)


def fits(match: Match, locate: Locate) -> Condition | None:
    """All that a row asks beside prefix and share, None where that is nothing. `locate` gives the territory of an address."""
    every = tuple(_conditions(match, locate))
    if len(every) < 2:
        return every[0] if every else None

    def all_fit(asked: Asked) -> bool:
        for condition in every:  # noqa: SIM110 - a generator would cost as much as the conditions
            if not condition(asked):
                return False
        return True

    return all_fit


def _conditions(match: Match, locate: Locate) -> Iterator[Condition]:
    """The cheapest first."""
    if match.methods:
        yield _method(match.methods)
    if match.prefetch:
        yield _ahead
    for name, value in match.headers.items():
        yield _header(name, value)
    for name, value in match.cookies.items():
        yield _cookie(name, value)
    if match.hosts:
        yield _host(match.hosts)
    if match.territories:
        yield _territory(match.territories, locate)


def _method(methods: Iterable[str]) -> Condition:
    wanted = frozenset(method.encode() for method in methods)
    return lambda asked: asked.method in wanted


def _ahead(asked: Asked) -> bool:
    """Asked of nearly every request, so it looks no further than it must."""
    fields = asked.fields
    return (_FIRST in fields and fields[_FIRST].startswith(b"prefetch")) or (
        _SECOND in fields and fields[_SECOND].startswith(b"prefetch")
    )


def _header(name: str, value: str) -> Condition:
    key, wanted = name.lower().encode(), value.encode()
    if wanted == b"*":
        return lambda asked: key in asked.fields
    if wanted.endswith(b"*"):
        start = wanted[:-1]
        return lambda asked: asked.fields.get(key, b"").startswith(start) and key in asked.fields
    return lambda asked: asked.fields.get(key) == wanted


def _cookie(name: str, value: str) -> Condition:
    asked_for = rb"[^;]*" if value == "*" else re.escape(value.removesuffix("*").encode())
    rest = rb"[^;]*" if value.endswith("*") else rb"[ \t]*"
    pattern = re.compile(rb"(?:^|;)[ \t]*" + re.escape(name.encode()) + rb"=" + asked_for + rest + rb"(?:;|\Z)")
    return lambda asked: pattern.search(asked.fields.get(b"cookie", b"")) is not None


def _host(hosts: Iterable[str]) -> Condition:
    wanted = tuple(hosts)

    def named(asked: Asked) -> bool:
        host = asked.fields.get(b"host", b"").decode("latin-1")
        return any(names_host(each, host) for each in wanted)

    return named


def _territory(territories: Iterable[Territory], locate: Locate) -> Condition:
    wanted = frozenset(territories)
    return lambda asked: locate(asked.peer.address) in wanted
