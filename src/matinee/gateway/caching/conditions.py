"""What a request's own conditions say of an answer at hand (RFC 9110 13.1, 13.2.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from matinee.gateway.caching.freshness import moment

_TAG = re.compile(rb'(?:W/)?("[^"]*")')

CONDITIONAL = frozenset({b"if-none-match", b"if-modified-since"})


def unchanged(request: Mapping[bytes, bytes], answer: Mapping[bytes, bytes]) -> bool:
    """Whether who asks has it already: If-None-Match by weak comparison, and only without one If-Modified-Since."""
    told = request.get(b"if-none-match")
    if told is not None:
        etag = _TAG.fullmatch(answer.get(b"etag", b""))
        return told.strip() == b"*" or (etag is not None and etag[1] in _TAG.findall(told))
    since, modified = moment(request.get(b"if-modified-since")), moment(answer.get(b"last-modified"))
    return since is not None and modified is not None and modified <= since
