from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Generic, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class Stage(Generic[F]):
    """A filter in its place in the chain, with what it has cost: plain numbers, read when metrics are asked for. Time is taken
    of one request in sixteen (`Traffic.sampled`): taking it of all costs as much as a filter."""

    __slots__ = ("failures", "name", "run", "samples", "seconds")

    def __init__(self, run: F) -> None:
        self.run = run if isinstance(run, FunctionType | MethodType) else cast("F", run.__call__)
        self.name = getattr(run, "__name__", type(run).__name__)
        self.samples = 0
        self.failures = 0
        self.seconds = 0.0

    def timed(self, seconds: float) -> None:
        self.samples += 1
        self.seconds += seconds
