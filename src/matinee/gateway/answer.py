from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from matinee.gateway.category import Category
from matinee.gateway.wire.end import End, Line
from matinee.runtime.errors import MatineeError, RateLimited, Unauthenticated, Unavailable

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer that the gateway gives itself. `fields` need no Content-Length. `category` is how the request ended where
    the status does not tell it. `head` is the status line and all fields where they are made already."""

    status: int
    fields: Fields = ()
    body: bytes = b""
    category: Category | None = None
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class Switch:
    """The gateway's own yes to a WebSocket: `fields` go out with the 101 (`Sec-WebSocket-Accept` among them), then `join` makes
    of the client's end what is told of it. What it is given beside that end is called once, when all is over. With `status`
    200 it is an answer that goes on until the connection ends."""

    fields: Fields
    join: Callable[[End, Callable[[Category], None]], Line]
    status: int = 101


def switched(switch: Switch, date: bytes) -> bytes:
    """The status line and fields of what has no end of its own."""
    status = b"HTTP/1.1 %d %s" % (switch.status, HTTPStatus(switch.status).phrase.encode())
    lines = [status, b"date: " + date, *(name + b": " + value for name, value in switch.fields)]
    return b"\r\n".join(lines) + b"\r\n"


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
        """Raises ValueError for a value of several lines."""
        if b"\n" in value:
            raise ValueError(f"a header of one line was to be {name.decode()}: {value!r}")
        self.head += b"%s: %s\r\n" % (name, value)


def head_of(answer: Answer, date: bytes) -> bytes:
    """The status line and fields of an own answer. 204 and 304 carry no length (RFC 9110 8.6)."""
    if answer.head:
        return answer.head
    lines = [b"HTTP/1.1 %d %s" % (answer.status, HTTPStatus(answer.status).phrase.encode()), b"date: " + date]
    lines += [name + b": " + value for name, value in answer.fields]
    if answer.status not in {204, 304}:
        lines.append(b"content-length: %d" % len(answer.body))
    return b"\r\n".join(lines) + b"\r\n"


def problem(error: MatineeError) -> Answer:
    """An error as RFC 9457 has it."""
    fields: Fields = ((b"content-type", b"application/problem+json"), (b"cache-control", b"no-store"))
    if isinstance(error, RateLimited | Unavailable):
        fields += ((b"retry-after", str(error.extra.get("retry_after_s", 1)).encode()),)
    if isinstance(error, Unauthenticated):
        fields += ((b"www-authenticate", b'Bearer realm="matinee"'),)
    if error.status == HTTPStatus.UPGRADE_REQUIRED:
        fields += ((b"upgrade", b"websocket"),)
    if "allow" in error.extra:
        fields += ((b"allow", str(error.extra["allow"]).encode()),)
    return Answer(error.status, fields, msgspec.json.encode(error.problem()), getattr(error, "category", None))
