from __future__ import annotations

import re

from matinee.gateway.request import Request
from matinee.runtime.ids import REQUEST, Ids

_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


class RequestId:
    """A new id for each request, and the W3C trace it belongs to: the client's, or one that begins here."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def __call__(self, request: Request) -> None:
        request.id = self._ids.new(REQUEST).encode()
        own = request.id[-32:]
        told = request.header(b"traceparent")
        found = _TRACEPARENT.fullmatch(told) if told else None
        trace, flags = found.groups() if found else (own, b"00")
        request.trace = trace
        request.add(b"x-request-id", request.id)
        request.add(b"traceparent", b"00-%s-%s-%s" % (trace, own[16:], flags))
