"""Which answers go out compressed. None that is coded already, a part of something, not text, too short to gain, or marked
`no-transform`; none that sets a cookie; and none to a request that another site's page made with the member's cookie: who can
choose words of a request and see the length of its answer may find out what else stands in it (the BREACH attack)."""

from __future__ import annotations

import re
from collections.abc import Mapping

LEAST_BYTES = 256

_FIELD = re.compile(
    rb"\r\n(content-type|content-encoding|content-range|cache-control|etag|vary|set-cookie|content-digest|repr-digest|digest|"
    rb"content-md5):[ \t]*+([^\r]*+)(?=\r\n)",
    re.IGNORECASE,
)
_TEXT = re.compile(
    rb"(?:text/[\w.+-]+|application/(?:json|javascript|xml|x-ndjson|dash\+xml|vnd\.apple\.mpegurl|x-mpegurl|manifest\+json|"
    rb"[\w.-]+\+(?:json|xml))|image/svg\+xml)(?=[;\s]|\Z)",
    re.IGNORECASE,
)
_NEVER = frozenset(
    {b"content-encoding", b"content-range", b"set-cookie", b"content-digest", b"repr-digest", b"digest", b"content-md5"}
)
_CHANGED = re.compile(rb"\r\n(?:content-length|transfer-encoding|accept-ranges|etag|vary):[^\r]*", re.IGNORECASE)
_FOREIGN = frozenset({b"cross-site", b"same-site"})


def compressible(status: int, length: int, fields: Mapping[bytes, bytes]) -> bool:
    """Whether an answer may go out compressed to whoever takes it: by its status, its length (below 0 where it is not told), and
    its fields as `told` gives them."""
    if status < 200 or status in {204, 205, 206, 304} or 0 <= length < LEAST_BYTES or not _NEVER.isdisjoint(fields):
        return False
    if b"no-transform" in fields.get(b"cache-control", b"").lower():
        return False
    return _TEXT.match(fields.get(b"content-type", b"")) is not None


def wanted(request: Mapping[bytes, bytes]) -> bool:
    """Whether a request takes gzip (RFC 9110 12.5.3) and may be answered with it."""
    if request.get(b"sec-fetch-site") in _FOREIGN and b"cookie" in request:
        return False
    return takes_gzip(request.get(b"accept-encoding", b""))


def takes_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding of this value allows gzip."""
    weights: dict[bytes, float] = {}
    for item in accepted.lower().split(b","):
        coding, _, parameter = item.strip().partition(b";")
        weights[coding.strip()] = _weight(parameter.strip())
    if b"x-gzip" in weights:
        weights.setdefault(b"gzip", weights[b"x-gzip"])
    return weights.get(b"gzip", weights.get(b"*", 0.0)) > 0


def _weight(parameter: bytes) -> float:
    name, _, value = parameter.partition(b"=")
    if not parameter:
        return 1.0
    try:
        return float(value) if name.strip() == b"q" else 1.0
    except ValueError:
        return 0.0


def told(raw: bytes) -> dict[bytes, bytes]:
    """Of an answer's fields, as they stand in its head, those that decide; of one that comes twice the values are joined."""
    fields: dict[bytes, bytes] = {}
    for raw_name, value in _FIELD.findall(raw):
        name = raw_name.lower()
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def varying(raw: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    """The head of an answer that others get compressed: caches must tell the two apart."""
    vary = fields.get(b"vary", b"")
    names = {name.strip() for name in vary.lower().split(b",")}
    if b"*" in names or b"accept-encoding" in names:
        return raw
    return raw + b"vary: accept-encoding\r\n"


def coded(raw: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    """The head of a compressed answer: without a length, not to be asked for in parts; a strong entity tag is weak now, since
    the bytes are others (RFC 9110 8.8.1)."""
    head = _CHANGED.sub(b"", raw)
    etag = fields.get(b"etag")
    if etag is not None:
        head += b"etag: %s\r\n" % (etag if etag.startswith(b"W/") else b"W/" + etag)
    vary = fields.get(b"vary", b"")
    return varying(head + (b"vary: %s\r\n" % vary if vary else b""), fields) + b"content-encoding: gzip\r\n"
