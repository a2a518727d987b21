from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from matinee.runtime.errors import MatineeError, RateLimited, Unauthenticated, Unavailable

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer that the gateway gives itself. `fields` need no Content-Length."""

    status: int
    fields: Fields = ()
    body: bytes = b""


class Response:
    """The head of an answer on its way out, the gateway's own or a server's: what outbound filters add to.

    `head` is the status line and the fields, each with its line end, without the empty line.
    """

    __slots__ = ("_came_with", "head", "local", "status")

    def __init__(self, status: int, head: bytes, *, local: bool) -> None:
        self.status = status
        self.head = head
        self.local = local
        self._came_with: bytes | None = None

    def has(self, line: bytes) -> bool:
        """Whether the answer came with a header line that begins so: `b"content-type: text/html"`, all in lower case."""
        if self._came_with is None:
            self._came_with = self.head.lower()
        return b"\r\n" + line in self._came_with

    def add(self, name: bytes, value: bytes) -> None:
        self.head += b"%s: %s\r\n" % (name, value)


def head_of(answer: Answer, date: bytes) -> bytes:
    """The status line and fields of an own answer. 204 and 304 carry no length (RFC 9110 8.6)."""
    lines = [b"HTTP/1.1 %d %s" % (answer.status, HTTPStatus(answer.status).phrase.encode()), b"date: " + date]
    lines += [name + b": " + value for name, value in answer.fields]
    if answer.status not in {204, 304}:
        lines.append(b"content-length: %d" % len(answer.body))
    return b"\r\n".join(lines) + b"\r\n"


def problem(error: MatineeError) -> Answer:
    """An error as RFC 9457 has it."""
    members = {**error.extra, "type": error.type, "title": error.title, "status": error.status, "detail": error.detail}
    fields: Fields = ((b"content-type", b"application/problem+json"), (b"cache-control", b"no-store"))
    if isinstance(error, RateLimited | Unavailable):
        fields += ((b"retry-after", str(error.extra.get("retry_after_s", 1)).encode()),)
    if isinstance(error, Unauthenticated):
        fields += ((b"www-authenticate", b'Bearer realm="matinee"'),)
    if "allow" in error.extra:
        fields += ((b"allow", str(error.extra["allow"]).encode()),)
    return Answer(error.status, fields, msgspec.json.encode(members))
