"""The head of a request, read strictly (RFC 9112): what two readers could understand differently is refused.

A request has no body here: a length or a coding that announces one is refused, so nothing can hide behind a head.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 16 * 1024

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


class Head(NamedTuple):
    """`target` is path and query as sent. `fields` holds the header lines, `lower` the same in lower case, each led by a
    line feed and ended by CR LF. `last`: the connection ends after the answer."""

    method: bytes
    target: bytes
    fields: bytes
    lower: bytes
    last: bool

    def value(self, name: bytes) -> bytes | None:
        """The one value of a header, named in lower case; None where it is absent. Raises BadHead where it is doubled."""
        start = self.lower.find(b"\n" + name + b":")
        if start < 0:
            return None
        start += len(name) + 2
        if self.lower.find(b"\n" + name + b":", start) >= 0:
            raise BadHead(400, f"The header {name.decode()} is given twice")
        return self.fields[start : self.fields.index(b"\r", start)].strip(b" \t")


def read(raw: bytes) -> Head:
    """`raw` runs from the request line to the CR LF of the last header, without the empty line. Raises BadHead."""
    end = raw.find(b"\r\n")
    line, fields = raw[:end], raw[end + 1 :]
    if line[-9:] == b" HTTP/1.1" and line[:5] == b"GET /" and b" " not in line[4:-9]:
        method, target, last = b"GET", line[4:-9], False
    else:
        method, target, last = _unusual(line)
    if _FIELDS.fullmatch(fields, 1) is None and (not last or len(fields) > 1):
        raise BadHead(400, "A header line is not well formed")
    lower = fields.lower()
    if not last and lower.count(b"\nhost:") != 1:
        raise BadHead(400, "A request names its host once")
    if b"\ntransfer-encoding:" in lower or b"\ncontent-length:" in lower:
        _without_body(Head(method, target, fields, lower, last))
    if b"\nconnection:" in lower and _closes(lower):
        last = True
    return Head(method, target, fields, lower, last)


def _unusual(line: bytes) -> tuple[bytes, bytes, bool]:
    """Everything but a plain `GET /… HTTP/1.1`. HTTP/1.0 is answered, and then the connection ends."""
    found = _LINE.match(line)
    if found is None:
        raise BadHead(400, "The request line is not well formed")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise BadHead(505, "This server speaks HTTP/1.1")
    if method not in _SERVED:
        raise BadHead(405, "Files are read with GET and HEAD")
    absolute = _ABSOLUTE.match(target)
    target = absolute[1] if absolute else target
    if not _TARGET.match(target) and not (method == b"OPTIONS" and target == b"*"):
        raise BadHead(400, "The request line names no path")
    return method, target, minor == b"0"


def _without_body(head: Head) -> None:
    if b"\ntransfer-encoding:" in head.lower or head.value(b"content-length") != b"0":
        raise BadHead(400, "A request for a file has no body")


def _closes(lower: bytes) -> bool:
    lines = [line.partition(b":")[2] for line in lower[1:].split(b"\r\n") if line.startswith(b"connection:")]
    return any(b"close" in (option.strip(b" \t") for option in line.split(b",")) for line in lines)
