from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Stage(Generic[F]):
    """A filter in its place in the chain, with what it has cost: plain numbers, read when metrics are asked for."""

    __slots__ = ("calls", "failures", "name", "run", "seconds")

    def __init__(self, run: F) -> None:
        self.run = run
        self.name = getattr(run, "__name__", type(run).__name__)
        self.calls = 0
        self.failures = 0
        self.seconds = 0.0
