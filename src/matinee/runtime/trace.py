"""W3C Trace Context: which request the work at hand belongs to, carried from process to process as `traceparent`."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Generator
from contextvars import ContextVar

from msgspec import Struct

_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\Z")


class Trace(Struct, frozen=True):
    """A span of a trace: 32 and 16 hex digits. `sampled` says that somebody records it."""

    trace_id: str
    span_id: str
    sampled: bool = True

    def header(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """The span that runs; None outside any."""
    return _current.get()


def parse(traceparent: str) -> Trace | None:
    """The caller's span; None where the header is malformed, which the standard says to ignore."""
    found = _PARENT.match(traceparent)
    if found is None or not found[1].strip("0") or not found[2].strip("0"):
        return None
    return Trace(found[1], found[2], sampled=bool(int(found[3], 16) & 1))


@contextlib.contextmanager
def span(traceparent: str = "", entropy: Callable[[int], bytes] = os.urandom) -> Generator[Trace]:
    """A span of its own for whatever runs inside: of the header's trace, else of the one that runs, else of a new one."""
    parent = parse(traceparent) if traceparent else _current.get()
    own = Trace(
        parent.trace_id if parent else entropy(16).hex(), entropy(8).hex(), sampled=parent.sampled if parent else True
    )
    token = _current.set(own)
    try:
        yield own
    finally:
        _current.reset(token)
