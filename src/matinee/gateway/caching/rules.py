"""What a cache for many people may keep and give out (RFC 9111 3, 4 and 5.2.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from matinee.gateway.caching.directives import Directives, directives
from matinee.gateway.caching.freshness import lifetime

Fields = Mapping[bytes, bytes]

KEPT = frozenset({200, 203, 300, 301, 308, 404, 405, 410, 414, 501})
"""The final statuses whose meaning is known here and that may be kept (RFC 9110 15.1), but for parts of something."""

_PERSONAL = frozenset({b"cookie", b"authorization"})
_OURS = re.compile(rb"x[-_](?:matinee|forwarded)[-_].*|forwarded|x-real-ip|x-request-id|traceparent")
_KNOWN = re.compile(
    rb"host|connection|keep-alive|proxy-connection|te|trailer|upgrade-insecure-requests|content-length|"
    rb"accept(?:-charset|-encoding|-language)?|user-agent|referer|origin|cookie|authorization|cache-control|pragma|priority|"
    rb"if-none-match|if-modified-since|sec-[a-z-]+|dnt|save-data|x-requested-with|purpose|via|tracestate|"
    rb"dpr|ect|rtt|downlink|device-memory|viewport-width|width|" + _OURS.pattern
)


def may_ask(method: bytes, length: int, fields: Fields) -> bool:
    """Whether a request's answer may come from the cache, or go into it. A field that nobody knows may change the answer without
    being part of what it is kept under: such a request goes its own way, so that nobody can plant an answer by it."""
    if method not in {b"GET", b"HEAD"} or length != 0:
        return False
    if b"cache-control" in fields and "no-store" in directives(fields[b"cache-control"]):
        return False
    return all(_KNOWN.fullmatch(name) for name in fields)


def for_all(status: int, fields: Fields, said: Directives) -> bool:
    """Whether an answer is for everyone who asks the same: only one that says `public` itself is."""
    return status in KEPT and "public" in said and _passes_on(fields, said) and "private" not in said


def for_same_asker(status: int, fields: Fields, said: Directives) -> bool:
    """Whether it is for all equal requests of the same member from the same place that wait for it now."""
    return status not in {206, 304} and _passes_on(fields, said)


def _passes_on(fields: Fields, said: Directives) -> bool:
    if "no-store" in said or b"set-cookie" in fields:
        return False
    names = vary(fields)
    return names is not None and not any(name in _PERSONAL or _OURS.fullmatch(name) for name in names)


def worth_keeping(fields: Fields, said: Directives) -> bool:
    """Whether it will be good for a while, or can be asked about later."""
    return lifetime(fields, said) > 0 or b"etag" in fields or b"last-modified" in fields


def vary(fields: Fields) -> tuple[bytes, ...] | None:
    """The fields of the request that chose the answer; None where no other request has the same (`*`)."""
    names = sorted({name.strip() for name in fields.get(b"vary", b"").lower().split(b",")} - {b""})
    return None if b"*" in names else tuple(names)
