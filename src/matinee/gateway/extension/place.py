"""Marks a callable as a filter of its kind, with its place in the chain.

Each mark stands bare (`@inbound`) or takes: `after` or `before`, the name of a filter of the same list (`matinee filters` shows
them); `order` among those at the same spot, the lowest first; `name` where the callable's own will not do; `on`, whether it runs
as long as nobody has said; and for filters that wait `time_s`, after which the request is answered 503, and `at_once`, how many
requests may wait in it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar, overload

from msgspec import Struct, convert

from matinee.gateway.filters.filter import Endpoint, Finished, Inbound, Outbound
from matinee.terms.filter_switch import AtOnce, TimeS

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "matinee_place"


class Kind(StrEnum):
    INBOUND = "inbound"
    ENDPOINT = "endpoint"
    OUTBOUND = "outbound"
    FINISHED = "finished"


class Place(Struct, frozen=True):
    """Where a filter stands. With neither `after` nor `before`: an endpoint first of its list, all others last."""

    kind: Kind
    name: str
    after: str = ""
    before: str = ""
    order: int = 0
    on: bool = True
    time_s: TimeS = 1.0
    at_once: AtOnce = 100


class Mark(Generic[F]):
    """`@inbound` and its like."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    @overload
    def __call__(self, filter_: F, /) -> F: ...

    @overload
    def __call__(self, /, **place: str | float | bool) -> Callable[[F], F]: ...

    def __call__(self, filter_: F | None = None, /, **place: Any) -> F | Callable[[F], F]:
        return self._marked(filter_, place) if filter_ is not None else lambda given: self._marked(given, place)

    def _marked(self, filter_: F, place: dict[str, Any]) -> F:
        """Raises TypeError or ValueError for what can be no filter."""
        if not _callable(filter_):
            raise TypeError(f"{self._kind} marks a function or an object that can be called, not {filter_!r}")
        name = place.get("name") or getattr(filter_, "__name__", type(filter_).__name__)
        unknown = sorted(set(place) - set(Place.__struct_fields__))
        if unknown:
            raise TypeError(f"{self._kind} takes no {unknown[0]!r}")
        made = convert({**place, "kind": self._kind, "name": name}, Place)
        if made.after and made.before:
            raise ValueError(f"{name} stands either after {made.after} or before {made.before}")
        if self._kind in {Kind.OUTBOUND, Kind.FINISHED} and _waits(filter_):
            raise TypeError(f"{name} is {self._kind}, and those never wait: write it without `async`")
        setattr(filter_, _MARK, made)
        return filter_


def _callable(found: object) -> bool:
    return callable(found) and not inspect.isclass(found)


def _waits(filter_: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(filter_) or inspect.iscoroutinefunction(type(filter_).__call__)


def place_of(found: object) -> Place | None:
    """Where a marked filter stands; None for anything else."""
    place = None if inspect.isclass(found) else getattr(found, _MARK, None)
    return place if isinstance(place, Place) else None


inbound: Mark[Inbound] = Mark(Kind.INBOUND)
endpoint: Mark[Endpoint] = Mark(Kind.ENDPOINT)
outbound: Mark[Outbound] = Mark(Kind.OUTBOUND)
finished: Mark[Finished] = Mark(Kind.FINISHED)
