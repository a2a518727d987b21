"""What RFC 9112 reads in a connection's bytes, all of them at once and as plainly as can be: what the gateway, which reads them
as they come, is held against. It knows no limits, and nothing of what may be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = b"0123456789"
TOKEN = frozenset(b"!#$%&'*+-.^_`|~" + LETTERS + DIGITS)
HEX = frozenset(DIGITS + b"abcdefABCDEF")
TEXT = frozenset([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])
TARGET = frozenset(range(0x21, 0x7F)) - frozenset(b"#")
MOST_DIGITS = 18


class Unfinished(Exception):
    """More bytes are needed."""


class Wrong(Exception):
    """No bytes that come can make a message of it."""


class Message(NamedTuple):
    """`start` is the first line in its three parts. `whole`: its end was there; `until_closed`: its end is the connection's.
    `raw` is all of it as it came."""

    start: tuple[bytes, bytes, bytes]
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    trailers: tuple[bytes, ...]
    raw: bytes
    whole: bool = True
    until_closed: bool = False

    @property
    def status(self) -> int:
        return int(self.start[1])

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.fields if key.lower() == name]

    def value(self, name: bytes) -> bytes:
        """Of a header that stands there once, or not at all."""
        return b", ".join(self.values(name))

    @property
    def head(self) -> bytes:
        return self.raw[: self.raw.index(b"\r\n\r\n") + 4]

    @property
    def options(self) -> set[bytes]:
        return {option.strip().lower() for value in self.values(b"connection") for option in value.split(b",")}


def request(data: bytes, at: int = 0) -> tuple[Message, int]:
    """The request that begins there, and where it ends. Raises Unfinished, Wrong."""
    began = at
    lines, at = _head(data, at)
    parts = lines[0].split(b" ")
    if len(parts) != 3 or not _all(TOKEN, parts[0]) or not _all(TARGET, parts[1]):
        raise Wrong("request line")
    if parts[2] not in {b"HTTP/1.1", b"HTTP/1.0"}:
        raise Wrong("version")
    fields = tuple(_field(line) for line in lines[1:])
    lengths, codings = _named(fields, b"content-length"), _named(fields, b"transfer-encoding")
    if codings:
        if lengths or len(codings) > 1 or codings[0].lower() != b"chunked" or parts[2] == b"HTTP/1.0":
            raise Wrong("coding")
        body, trailers, at = _chunks(data, at)
    else:
        length = _length(lengths) if len(lengths) < 2 else None
        if length is None:
            raise Wrong("length")
        body, trailers, at = _bytes(data, at, length), (), at + length
    return Message((parts[0], parts[1], parts[2]), fields, body, trailers, data[began:at]), at


def requests(data: bytes) -> list[Message]:
    """Those that a server may take from a connection on which this came: none behind one that ends it, or is wrong."""
    found: list[Message] = []
    at = 0
    while True:
        while data.startswith(b"\r\n", at):
            at += 2
        try:
            message, at = request(data, at)
        except (Unfinished, Wrong):
            return found
        found.append(message)
        old = message.start[2] == b"HTTP/1.0"
        if b"close" in message.options or (old and b"keep-alive" not in message.options):
            return found


def answer(data: bytes, at: int = 0, *, to: bytes = b"GET") -> tuple[Message, int]:
    """The answer that begins there, to such a method, and where it ends; one that is cut is not `whole`. Raises Unfinished where
    its head is, Wrong."""
    began = at
    lines, at = _head(data, at)
    version, _, rest = lines[0].partition(b" ")
    status, _, reason = rest.partition(b" ")
    if version not in {b"HTTP/1.1", b"HTTP/1.0"} or len(status) != 3 or not status.isdigit() or status < b"100":
        raise Wrong("status line")
    fields = tuple(_field(line) for line in lines[1:])
    lengths, codings = _named(fields, b"content-length"), _named(fields, b"transfer-encoding")
    length = _length(list(dict.fromkeys(lengths)))
    if length is None or len(codings) > 1 or (codings and (lengths or codings[0].lower() != b"chunked")):
        raise Wrong("framing")
    start = (version, status, reason)
    if status < b"200" or status in {b"204", b"304"} or to == b"HEAD":
        return Message(start, fields, b"", (), data[began:at]), at
    try:
        if codings:
            body, trailers, at = _chunks(data, at)
            return Message(start, fields, body, trailers, data[began:at]), at
        if lengths:
            return Message(start, fields, _bytes(data, at, length), (), data[began : at + length]), at + length
    except (Unfinished, Wrong):
        return Message(start, fields, data[at:], (), data[began:], whole=False), len(data)
    return Message(start, fields, data[at:], (), data[began:], until_closed=True), len(data)


def answers(data: bytes, methods: Sequence[bytes] = ()) -> list[Message]:
    """All that came on a connection that is closed now, interim ones among them, to requests with these methods (then: GET).
    Raises Wrong, and Unfinished for what is left in the end."""
    found: list[Message] = []
    at = final = 0
    while at < len(data):
        message, at = answer(data, at, to=methods[final] if final < len(methods) else b"GET")
        found.append(message)
        final += message.status >= 200
    return found


def _head(data: bytes, at: int) -> tuple[list[bytes], int]:
    end = data.find(b"\r\n\r\n", at)
    if end < 0:
        raise Unfinished
    return data[at:end].split(b"\r\n"), end + 4


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not _all(TOKEN, name) or not TEXT.issuperset(value):
        raise Wrong("field")
    return name, value.strip(b" \t")


def _named(fields: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in fields if key.lower() == name]


def _length(lengths: Sequence[bytes]) -> int | None:
    """What they agree on, 0 where there is none; None where they do not."""
    if not lengths:
        return 0
    digits = lengths[0]
    if len(lengths) > 1 or not digits.isdigit() or len(digits) > MOST_DIGITS:
        return None
    return int(digits)


def _bytes(data: bytes, at: int, count: int) -> bytes:
    if at + count > len(data):
        raise Unfinished
    return data[at : at + count]


def _line(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\n", at)
    if end < 0:
        raise Unfinished
    line = data[at:end]
    if not line.endswith(b"\r") or not TEXT.issuperset(line[:-1]):
        raise Wrong("line")
    return line[:-1], end + 1


def _chunks(data: bytes, at: int) -> tuple[bytes, tuple[bytes, ...], int]:
    body = b""
    size = -1
    while size:
        line, at = _line(data, at)
        digits = line.partition(b";")[0].rstrip(b" \t")
        if not _all(HEX, digits) or len(digits) >= MOST_DIGITS:
            raise Wrong("chunk size")
        size = int(digits, 16)
        if size:
            body += _bytes(data, at, size)
            at += size
            if _bytes(data, at, 2) != b"\r\n":
                raise Wrong("chunk end")
            at += 2
    trailers: list[bytes] = []
    while True:
        line, at = _line(data, at)
        if not line:
            return body, tuple(trailers), at
        _field(line)
        trailers.append(line)


def _all(kind: frozenset[int], text: bytes) -> bool:
    """One or more of these, and nothing else."""
    return bool(text) and kind.issuperset(text)
