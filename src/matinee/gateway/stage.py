from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf
from types import FunctionType, MethodType
from typing import Any, Generic, TypeVar, cast

from matinee.services.traffic.contract import FilterFigures

SAMPLED_EVERY = 16
"""Of so many requests one has its filters timed."""

F = TypeVar("F", bound=Callable[..., Any])


class Stage(Generic[F]):
    """A filter in its place in the chain, with what it has cost: plain numbers, read when metrics are asked for. Time is taken
    of one request in sixteen (`Traffic.sampled`): taking it of all costs as much as a filter."""

    __slots__ = ("_told", "failures", "name", "run", "samples", "seconds")

    def __init__(self, run: F) -> None:
        self.run = run if isinstance(run, FunctionType | MethodType) else cast("F", run.__call__)
        self.name = cast("str", getattr(run, "__name__", type(run).__name__))
        self.samples: int = 0
        self.failures: int = 0
        self.seconds: float = 0.0
        self._told = -inf

    def wait(self, awaitable: Awaitable[Any], request: Any) -> Awaitable[Any]:  # noqa: ARG002 - an added one's limits need it
        """What a filter that waits is waited for by."""
        return awaitable

    def failed(self, now: float) -> bool:
        """Counts a failure. Whether the log is to have it: once a second, since a filter that fails may fail for all requests."""
        self.failures += 1
        if now - self._told < 1.0:
            return False
        self._told = now
        return True

    def figures(self, kind: str) -> FilterFigures:
        """What it has done, as one of this list."""
        mean_s = self.seconds / self.samples if self.samples else None
        return FilterFigures(kind, self.name, True, 100.0, self.samples * SAMPLED_EVERY, self.failures, mean_s)  # noqa: FBT003

    def waited(self, seconds: float) -> None:
        """Of a request whose filters are timed: it has waited."""
        self.seconds += seconds

    def timed(self, seconds: float) -> None:
        self.samples += 1
        self.seconds += seconds
