"""The head of a request, read strictly (RFC 9112): what two readers could understand differently is refused.

A request has no body here: a length or a coding that announces one is refused, so nothing can hide behind a head.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from matinee.cdn.ranges import span

LONGEST = 16 * 1024
_LONGEST_KEPT, _MOST_KEPT = 1024, 2048

_FIELDS = re.compile(rb"(?:[!#-'*+.0-9A-Z^-z|~-]++:[^\x00\r\n]*+\r\n)++")
_TARGET = re.compile(rb"/[!-~]*\Z")
_LINE = re.compile(rb"([!#-'*+.0-9A-Z^-z|~-]{1,20}) ([!-~]{1,16000}) HTTP/(\d)\.(\d)\Z")
_ABSOLUTE = re.compile(rb"https?://[^/?#]+(/[!-~]*)\Z", re.IGNORECASE)
_SERVED = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class BadHead(Exception):
    """The connection closes after this answer."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Fields:
    """The header lines of a request, read once. Clients send the same lines with every request, so `Heads` keeps the last ones.

    `lower` is in lower case, each line led by a line feed and ended by CR LF; `body` tells whether one is announced; `hosts`
    how many Host lines there are; `span` the one range asked for (`ranges`); `conditional` whether an `If-…` header is there;
    `last` that the connection ends after the answer.
    """

    __slots__ = ("_raw", "body", "conditional", "hosts", "last", "lower", "span")

    def __init__(self, raw: bytes) -> None:
        if len(raw) > 1 and _FIELDS.fullmatch(raw, 1) is None:
            raise BadHead(400, "A header line is not well formed")
        self._raw = raw
        self.lower = raw.lower()
        self.hosts = self.lower.count(b"\nhost:")
        self.last = b"\nconnection:" in self.lower and self._closes()
        self.conditional = b"\nif-" in self.lower
        asked = self.value(b"range")
        self.span = span(asked) if asked is not None else None
        self.body = b"\ntransfer-encoding:" in self.lower or self.value(b"content-length") not in {None, b"0"}

    def value(self, name: bytes) -> bytes | None:
        """The one value of a header, named in lower case; None where it is absent. Raises BadHead where it is doubled."""
        start = self.lower.find(b"\n" + name + b":")
        if start < 0:
            return None
        start += len(name) + 2
        if self.lower.find(b"\n" + name + b":", start) >= 0:
            raise BadHead(400, f"The header {name.decode()} is given twice")
        return self._raw[start : self._raw.index(b"\r", start)].strip(b" \t")

    def _closes(self) -> bool:
        lines = [line.partition(b":")[2] for line in self.lower[1:].split(b"\r\n") if line.startswith(b"connection:")]
        return any(b"close" in (option.strip(b" \t") for option in line.split(b",")) for line in lines)


class Head(NamedTuple):
    """`target` is path and query as sent."""

    method: bytes
    target: bytes
    fields: Fields
    last: bool


class Heads:
    """Reads heads, and keeps the header lines that it has read lately."""

    def __init__(self) -> None:
        self._seen: dict[bytes, Fields] = {}

    def read(self, raw: bytes) -> Head:
        """`raw` runs from the request line to the CR LF of the last header, without the empty line. Raises BadHead."""
        end = raw.find(b"\r\n")
        lines = raw[end + 1 :]
        fields = self._seen.get(lines) or self._read(lines)
        version = end - 9
        usual = raw[version:end] == b" HTTP/1.1" and raw[:5] == b"GET /" and raw.find(b" ", 4, version) < 0
        if usual and fields.hosts == 1 and not fields.body:
            return Head(b"GET", raw[4:version], fields, fields.last)
        return _unusual(raw[:end], fields)

    def _read(self, lines: bytes) -> Fields:
        fields = Fields(lines)
        if len(lines) <= _LONGEST_KEPT:
            if len(self._seen) >= _MOST_KEPT:
                self._seen.clear()
            self._seen[lines] = fields
        return fields


def _unusual(line: bytes, fields: Fields) -> Head:
    """Everything but a plain `GET /… HTTP/1.1`. HTTP/1.0 is answered, and then the connection ends."""
    found = _LINE.match(line)
    if found is None:
        raise BadHead(400, "The request line is not well formed")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise BadHead(505, "This server speaks HTTP/1.1")
    if method not in _SERVED:
        raise BadHead(405, "Files are read with GET and HEAD")
    if fields.body:
        raise BadHead(400, "A request for a file has no body")
    if minor != b"0" and fields.hosts != 1:
        raise BadHead(400, "A request names its host once")
    absolute = _ABSOLUTE.match(target)
    target = absolute[1] if absolute else target
    if not _TARGET.match(target) and not (method == b"OPTIONS" and target == b"*"):
        raise BadHead(400, "The request line names no path")
    return Head(method, target, fields, fields.last or minor == b"0")
