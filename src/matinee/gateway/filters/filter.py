"""The three kinds of filter, as Zuul has them, and who is told at the end. Each is any callable of its shape; `chain.py`
lists them.

A filter may raise a MatineeError to refuse: it becomes the problem of that meaning. Anything else it raises is a defect:
it is counted and becomes a problem 500.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from matinee.gateway.answer import Answer, Response, Switch
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.request import Request


class Inbound(Protocol):
    """Looks at a request before it is sent anywhere: None lets it on, an Answer ends it. One that must wait returns an
    awaitable of these two (and leaves the fast path); so a filter with a cache may answer at once most of the time."""

    def __call__(self, request: Request, /) -> Answer | Awaitable[Answer | None] | None: ...


class Endpoint(Protocol):
    """Where a request ends: an Answer, the cluster that gives it, or a Switch to what has no end of its own. None leaves it to the
    next endpoint."""

    def __call__(
        self, request: Request, /
    ) -> Answer | Cluster | Switch | Awaitable[Answer | Cluster | Switch | None] | None: ...


class Outbound(Protocol):
    """Adds to the head of an answer, the gateway's own or a server's. Never waits: the answer's bytes stand behind it."""

    def __call__(self, request: Request, response: Response, /) -> None: ...


class Finished(Protocol):
    """Told once when a request is over, well or not: `request.status` and `request.category` say how. Of what the gateway itself
    goes on with (`answer.Switch`) the headers are no longer known then."""

    def __call__(self, request: Request, /) -> None: ...
