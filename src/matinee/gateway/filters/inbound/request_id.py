from __future__ import annotations

import re

from matinee.gateway.request import Request
from matinee.runtime.ids import REQUEST, Ids

BATCH = 256

_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


class RequestId:
    """A new id for each request, and the W3C trace it belongs to: the client's, or one that begins here.

    Ids are counted up from a random one for a batch of requests: an id in full for each costs more than all of routing.
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._next = self._last = 0

    def __call__(self, request: Request) -> None:
        if self._next == self._last:
            self._next = int(self._ids.new(REQUEST)[-32:], 16)
            self._last = self._next + BATCH
        own = b"%032x" % self._next
        self._next += 1
        request.id = b"req_" + own
        told = request.header(b"traceparent")
        found = _TRACEPARENT.fullmatch(told) if told else None
        trace, flags = found.groups() if found else (own, b"00")
        request.trace = trace
        request.add(b"x-request-id", request.id)
        request.add(b"traceparent", b"00-%s-%s-%s" % (trace, own[16:], flags))
