"""W3C Trace Context: which request the work at hand belongs to, carried from process to process as `traceparent`."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar

from msgspec import Struct

_CARRIED = frozenset({b"traceparent", b"x-request-id"})
_REQUEST = re.compile(r"req_[0-9a-f]{32}")
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\Z")


class Trace(Struct, frozen=True):
    """A span of a trace: 32 and 16 hex digits. `sampled` says that somebody records it; `request_id` is the one that the gateway
    gave the request that all this is done for, empty where there is none."""

    trace_id: str
    span_id: str
    sampled: bool = True
    request_id: str = ""

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


def received(headers: Iterable[tuple[bytes, bytes]]) -> AbstractContextManager[Trace]:
    """A span of its own for what is done for a request with these headers (as ASGI gives them)."""
    said = {name: value.decode("latin-1") for name, value in headers if name in _CARRIED}
    request_id = said.get(b"x-request-id", "")
    return span(said.get(b"traceparent", ""), request_id=request_id if _REQUEST.fullmatch(request_id) else "")


def headers() -> dict[str, str]:
    """What goes along with a call to another process."""
    running = _current.get()
    if running is None:
        return {}
    more = {"x-request-id": running.request_id} if running.request_id else {}
    return {"traceparent": running.header(), **more}


@contextlib.contextmanager
def span(traceparent: str = "", entropy: Callable[[int], bytes] = os.urandom, request_id: str = "") -> Generator[Trace]:
    """A span of its own for whatever runs inside: of the header's trace, else of the one that runs, else of a new one."""
    running = _current.get()
    parent = parse(traceparent) if traceparent else running
    own = Trace(
        parent.trace_id if parent else entropy(16).hex(),
        entropy(8).hex(),
        sampled=parent.sampled if parent else True,
        request_id=request_id or (running.request_id if running else ""),
    )
    with within(own):
        yield own


@contextlib.contextmanager
def within(own: Trace) -> Generator[Trace]:
    """Whatever runs inside belongs to this span."""
    token = _current.set(own)
    try:
        yield own
    finally:
        _current.reset(token)
