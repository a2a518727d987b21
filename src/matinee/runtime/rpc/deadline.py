"""The deadline of the work at hand: a context variable that a channel sends on and a server restores."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextlib.contextmanager
def within(seconds: float) -> Generator[None]:
    """Whatever runs inside has at most this long, and never longer than what it runs in."""
    own = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(own if outer is None else min(own, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


def patience(wait_s: float, longest_s: float) -> float:
    """How long a poll may wait that was asked to wait `wait_s`: it ends a little before its caller's deadline would end it."""
    return max(0.0, min(wait_s, longest_s, remaining(longest_s + 1) - 0.5))


def remaining(most: float) -> float:
    """Seconds left, at most `most`; zero or less once the deadline has passed."""
    deadline = _deadline.get()
    return most if deadline is None else min(most, deadline - time.monotonic())
