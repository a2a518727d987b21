"""The heads of answers. What depends on the file alone is written once a file, what depends on the request once a request."""

from __future__ import annotations

import json

from matinee.services.fill.contract import FillFile

REASONS = {
    200: b"OK",
    204: b"No Content",
    206: b"Partial Content",
    304: b"Not Modified",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    416: b"Range Not Satisfiable",
    431: b"Request Header Fields Too Large",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    505: b"HTTP Version Not Supported",
}
_TYPES = {
    "mp4": "video/mp4",
    "m4s": "video/mp4",
    "m4a": "audio/mp4",
    "vtt": "text/vtt; charset=utf-8",
    "mpd": "application/dash+xml",
    "m3u8": "application/vnd.apple.mpegurl",
    "jpg": "image/jpeg",
}
_OPEN_TO_ALL = (
    b"access-control-allow-origin: *\r\n"
    b"access-control-expose-headers: Content-Range, Server-Timing\r\n"
    b"cross-origin-resource-policy: cross-origin\r\n"
    b"timing-allow-origin: *\r\n"
    b"x-content-type-options: nosniff\r\n"
)
_PREFLIGHT = (
    b"access-control-allow-methods: GET, HEAD, OPTIONS\r\n"
    b"access-control-allow-headers: Range, If-None-Match, If-Range, CMCD-Request, CMCD-Object, CMCD-Status, CMCD-Session\r\n"
    b"access-control-max-age: 86400\r\n"
)
_SEPARATOR = b"\r\n"


def etag(file: FillFile) -> bytes:
    """Strong: the file's own hash."""
    return b'"%b"' % file.sha256[:32].encode()


def of_file(file: FillFile) -> tuple[bytes, bytes]:
    """The headers of a file's every answer, for a hit and for a miss. Tokens of members stand in the URL: no shared cache."""
    kind = _TYPES.get(file.path.rpartition(".")[2], "application/octet-stream")
    common = (
        b"content-type: %b\r\netag: %b\r\naccept-ranges: bytes\r\ncache-control: private, max-age=31536000, immutable\r\n%b"
        % (kind.encode(), etag(file), _OPEN_TO_ALL)
    )
    return common + b"server-timing: cdn-cache;desc=HIT\r\n", common + b"server-timing: cdn-cache;desc=MISS\r\n"


def whole(date: bytes, headers: bytes, size: int) -> bytes:
    """200, with every byte."""
    return b"HTTP/1.1 200 OK\r\ndate: %b\r\n%bcontent-length: %d\r\n\r\n" % (date, headers, size)


def partial(date: bytes, headers: bytes, start: int, end: int, size: int) -> bytes:
    """206, with one range; `end` is the byte after the last."""
    length = end - start
    bounds = b"content-range: bytes %d-%d/%d\r\ncontent-length: %d\r\n\r\n" % (start, end - 1, size, length)
    return b"HTTP/1.1 206 Partial Content\r\ndate: %b\r\n%b%b" % (date, headers, bounds)


def unchanged(date: bytes, headers: bytes) -> bytes:
    """304."""
    return b"HTTP/1.1 304 Not Modified\r\ndate: %b\r\n%b\r\n" % (date, headers)


def preflight(date: bytes) -> bytes:
    """What any page may ask of us (the Fetch standard's CORS preflight)."""
    return b"HTTP/1.1 204 No Content\r\ndate: %b\r\n%b%b\r\n" % (date, _OPEN_TO_ALL, _PREFLIGHT)


def problem(date: bytes, status: int, kind: str, detail: str, *, extra: bytes = b"", body: bool = True) -> bytes:
    """An RFC 9457 problem, head and body; `body` is False for HEAD."""
    reason = REASONS[status]
    text = json.dumps({"type": kind, "title": reason.decode(), "status": status, "detail": detail}).encode()
    lines = (
        b"HTTP/1.1 %d %b" % (status, reason),
        b"date: %b" % date,
        b"content-type: application/problem+json",
        b"cache-control: no-store",
        b"content-length: %d" % len(text),
    )
    return b"\r\n".join((*lines, extra + _OPEN_TO_ALL, text if body else b""))


def closing(answer: bytes) -> bytes:
    """The same answer, telling that the connection ends with it."""
    line, _, rest = answer.partition(_SEPARATOR)
    return line + b"\r\nconnection: close\r\n" + rest
