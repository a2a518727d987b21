"""Which fields may come after a body (RFC 9110 6.5.1): none that says how a message is framed, routed, authenticated, cached,
understood, or where it is from. Those were read, and decided upon, before the body."""

from __future__ import annotations

import re

_NEVER = re.compile(
    rb"(?:"
    rb"transfer-encoding|content-[^:]*|host|trailer|te|connection|keep-alive|upgrade|http2-settings|proxy-[^:]*|via|max-forwards|"
    rb"cache-control|cdn-cache-control|expires|age|date|vary|warning|pragma|"
    rb"expect|range|if-[^:]*|accept[^:]*|location|retry-after|etag|last-modified|"
    rb"(?:www-)?authenticate|authorization|authentication-info|set-cookie2?|cookie2?|origin|sec-[^:]*|"
    rb"access-control-[^:]*|strict-transport-security|x-content-type-options|x-frame-options|referrer-policy|clear-site-data|"
    rb"forwarded|x[-_]real[-_]ip|x[-_]request[-_]id|traceparent|tracestate|x[-_](?:matinee|forwarded)[-_][^:]*"
    rb"):",
    re.IGNORECASE,
)


def allowed(line: bytes) -> bool:
    """Whether a trailer line, well-formed and without its end, may be passed on."""
    return _NEVER.match(line) is None
