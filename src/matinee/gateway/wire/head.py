"""Heads of HTTP/1.1 messages (RFC 9112), read strictly: what could be understood in two ways is refused.

A request's head is read here, rewritten once, and goes on as bytes. `_GATEWAY_ONLY` are the headers that a client may not
set because the gateway does, `_HOP_BY_HOP` those that concern one connection only.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from matinee.gateway.errors import BadGateway, BadRequest, HeadersTooLarge, TargetTooLong, VersionRefused

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
MOST_FIELDS = 128
MOST_OPTIONS = 16
"""Of a Connection header: each that names another header costs a look through all of them."""

USUAL_BYTES = 4096
LONGEST_TARGET = 16 * 1024

_REQUEST_LINE = re.compile(rb"(" + TOKEN + rb"++) ([\x21\x22\x24-\x7e]++) HTTP/1\.([01])\r\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})((?: [\t\x20-\x7e\x80-\xff]*+)?)\r\n")
_FIELDS = re.compile(rb"(?:" + TOKEN + rb"++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n")
_FIELD = re.compile(rb"([^:\r]++):[ \t]*+([^\r]*+)\r\n")
_OTHER_VERSION = re.compile(rb"[^\r\n]* HTTP/[0-9.]+\r\n")
_HOP_BY_HOP = rb"connection|keep-alive|proxy-[^:]*|te|upgrade|http2-settings"
_GATEWAY_ONLY = rb"forwarded|x[-_]real[-_]ip|x[-_]request[-_]id|traceparent|x[-_](?:matinee|forwarded)[-_][^:]*"
_DROPPED_OF_REQUEST = re.compile(rb"\r\n(?:" + _HOP_BY_HOP + rb"|" + _GATEWAY_ONLY + rb"):[^\r]*", re.IGNORECASE)
_DROPPED_OF_REPLY = re.compile(rb"\r\n(?:" + _HOP_BY_HOP + rb"|x-request-id|x-matinee-[^:]*):[^\r]*", re.IGNORECASE)
_FRAMING = re.compile(
    rb"\r\n(connection|content-length|transfer-encoding|x-matinee-utilization):[ \t]*+([^\r]*+)(?=\r\n)", re.IGNORECASE
)
_PLAIN_CONNECTIONS = frozenset({b"keep-alive", b"close"})
_BARE_LINE_END = "Lines must end in CR LF"
"""Said before any other fault of a head: where it comes in parts, this one shows first."""

_EMPTY_LINES = re.compile(rb"(?:\r\n)++")


class RequestHead(NamedTuple):
    """`fields` by lower-case name; a name sent twice has its values joined by a comma (`Cookie`: by a semicolon).
    `length` is the body's, -1 where it is chunked. `raw` is the head without its last, empty line."""

    method: bytes
    target: bytes
    minor: int
    fields: dict[bytes, bytes]
    length: int
    keep_alive: bool
    raw: bytes


class ReplyHead(NamedTuple):
    """`length` is -1 for a chunked body, -2 for one that ends with the connection. `raw` has no status line. `utilization` is
    what the server said of itself in `x-matinee-utilization`."""

    status: int
    reason: bytes
    length: int
    keep_alive: bool
    raw: bytes
    utilization: bytes | None = None


def read_request(head: bytes) -> RequestHead:
    """The request whose head (with its empty line) this is. Raises BadRequest, TargetTooLong, HeadersTooLarge,
    VersionRefused."""
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise _unreadable_line(head)
    method, target, minor = line.groups()
    if len(target) > LONGEST_TARGET:
        raise TargetTooLong
    end = line.end()
    if len(head) > USUAL_BYTES and head.count(b"\n") > MOST_FIELDS + 2:  # before anything is read of so many
        raise HeadersTooLarge(f"More than {MOST_FIELDS} header lines")
    if _FIELDS.fullmatch(head, end) is None:
        raise BadRequest("A header line is not well-formed" if lines_end_well(head) else _BARE_LINE_END)
    pairs = _FIELD.findall(head, end)
    if len(pairs) > MOST_FIELDS:
        raise HeadersTooLarge(f"More than {MOST_FIELDS} header lines")
    fields = {name.lower(): value.rstrip() for name, value in pairs}
    if len(fields) != len(pairs):
        fields = _joined(pairs)
    version = 1 if minor == b"1" else 0
    framed = b"content-length" in fields or b"transfer-encoding" in fields
    length = _length(fields, version) if framed else 0
    connection = fields.get(b"connection")
    keep = version == 1 if connection is None else _keeps(connection, version, BadRequest)
    return RequestHead(method, target, version, fields, length, keep, head[:-2])


def without_empty_lines(data: bytes) -> bytes:
    """What stands behind the empty lines at the beginning."""
    found = _EMPTY_LINES.match(data)
    return data[found.end() :] if found else data


def too_long(partial: bytes, limit: int, looked: int = 0) -> bool:
    """Whether a head that has not ended yet is already over the limit; its first bytes, so many, were `looked` through before,
    but for the three before their end. Raises BadRequest for a bare CR or LF in it."""
    start = looked - 1 if partial[looked - 1 : looked] == b"\r" else looked
    if not lines_end_well(partial, start):
        raise BadRequest(_BARE_LINE_END)
    return len(partial) > limit


def lines_end_well(head: bytes, start: int = 0) -> bool:
    """Whether a head, or what has come of it, holds no bare CR or LF from `start` on."""
    ends = head.count(b"\r\n", start)
    return head.count(b"\n", start) == ends == head.count(b"\r", start, len(head) - 1)


def forwarded(request: RequestHead, target: bytes) -> bytes:
    """The head as it goes to a server: without what concerns this connection only and what only the gateway may say."""
    head = _DROPPED_OF_REQUEST.sub(b"", request.raw)
    connection = request.fields.get(b"connection")
    if connection is not None:
        head = _without_nominated(head, connection)
    if b"te" in request.fields and takes_trailers(request.fields[b"te"]):
        head += b"te: trailers\r\nconnection: te\r\n"
    if request.minor == 1 and target is request.target:
        return head
    return b"%s %s HTTP/1.1%s" % (request.method, target, head[head.index(b"\r\n") :])


def takes_trailers(te: bytes) -> bool:
    """Whether the TE header says that its sender keeps trailers (RFC 9110 10.1.4)."""
    return any(coding.strip() == b"trailers" for coding in te.lower().split(b","))


def read_reply(head: bytes) -> ReplyHead:
    """The answer whose head this is. Raises BadGateway where its end cannot be known for certain."""
    line = _STATUS_LINE.match(head)
    if line is None or _FIELDS.fullmatch(head, line.end()) is None:
        raise BadGateway("A server's answer was not HTTP")
    minor, status, reason = line.groups()
    fields = head[line.end() - 2 : -2]
    found = _FRAMING.findall(fields)
    framing = {name.lower(): value for name, value in found}
    if len(framing) != len(found):
        framing = _agreed(found)
        fields = _with_one_length(fields, framing)
    connection = framing.get(b"connection")
    keep = minor == b"1"
    if connection is not None:
        keep = _keeps(connection, int(minor), BadGateway)
        fields = _without_nominated(fields, connection)
    fields = _DROPPED_OF_REPLY.sub(b"", fields)
    if framing and (status < b"200" or status == b"204"):  # RFC 9110 8.6, RFC 9112 6.1: these may say nothing of a body
        fields = without(without(fields, b"content-length"), b"transfer-encoding")
    busy = framing.get(b"x-matinee-utilization")
    return ReplyHead(int(status), reason or b" ", _reply_length(framing), keep, fields, busy)


def _reply_length(framing: dict[bytes, bytes]) -> int:
    length, coding = framing.get(b"content-length"), framing.get(b"transfer-encoding")
    if coding is None:
        return -2 if length is None else _digits(length, BadGateway)
    if length is not None or coding.rstrip().lower() != b"chunked":
        raise BadGateway("A server's answer does not say clearly where it ends")
    return -1


def _agreed(found: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Of lines sent twice: options add up, the last word on utilisation counts, a length must be the same, a coding may not be
    (RFC 9112 7.1)."""
    framing: dict[bytes, bytes] = {}
    for raw_name, value in found:
        name = raw_name.lower()
        if name == b"connection" and name in framing:
            framing[name] += b"," + value
        elif name == b"x-matinee-utilization":
            framing[name] = value
        elif name in framing and (name == b"transfer-encoding" or framing[name] != value):
            raise BadGateway("A server's answer says twice where it ends")
        else:
            framing[name] = value
    return framing


def _with_one_length(fields: bytes, framing: dict[bytes, bytes]) -> bytes:
    """RFC 9110 8.6: one that was told several times goes on once."""
    length = framing.get(b"content-length")
    return fields if length is None else b"%scontent-length: %s\r\n" % (without(fields, b"content-length"), length)


def _unreadable_line(head: bytes) -> BadRequest | VersionRefused:
    if not lines_end_well(head):
        return BadRequest(_BARE_LINE_END)
    if _OTHER_VERSION.match(head) and not head.split(b"\r\n", 1)[0].endswith((b"HTTP/1.1", b"HTTP/1.0")):
        return VersionRefused()
    return BadRequest("The request line is not well-formed")


def _joined(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for raw_name, value in pairs:
        name = raw_name.lower()
        if name in fields and name in {b"host", b"content-length", b"transfer-encoding", b"authorization", b"origin"}:
            raise BadRequest(f"The header {name.decode()} stands there twice")
        between = b"; " if name == b"cookie" else b", "
        fields[name] = fields[name] + between + value.rstrip() if name in fields else value.rstrip()
    return fields


def _length(fields: dict[bytes, bytes], minor: int) -> int:
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if coding is None:
        return 0 if length is None else _digits(length, BadRequest)
    if length is not None:
        raise BadRequest("Content-Length and Transfer-Encoding exclude each other")
    if minor == 0 or coding.lower() != b"chunked":
        raise BadRequest("The only transfer coding understood is `chunked`, in HTTP/1.1")
    return -1


def _digits(value: bytes, refusal: type[BadRequest | BadGateway]) -> int:
    digits = value.strip(b" \t")
    if not digits.isdigit() or len(digits) > 18:
        raise refusal("Content-Length is not a number")
    return int(digits)


def _keeps(connection: bytes, minor: int, refusal: type[BadRequest | BadGateway]) -> bool:
    if minor == 1 and connection in _PLAIN_CONNECTIONS:
        return connection == b"keep-alive"
    if connection.count(b",") >= MOST_OPTIONS:
        raise refusal(f"The Connection header names more than {MOST_OPTIONS} options")
    options = {option.strip() for option in connection.lower().split(b",")}
    return b"close" not in options and (minor == 1 or b"keep-alive" in options)


def _without_nominated(fields: bytes, connection: bytes) -> bytes:
    """RFC 9110 7.6.1: the Connection header names further headers that concern this connection only. The ones a message
    cannot do without stay, whoever names them."""
    if connection in _PLAIN_CONNECTIONS:
        return fields
    for option in connection.lower().split(b","):
        name = option.strip()
        if name not in {b"", b"close", b"keep-alive", b"host", b"content-length", b"transfer-encoding", b"cookie"}:
            fields = without(fields, name)
    return fields


def without(fields: bytes, name: bytes) -> bytes:
    """A head, or its fields, without those of this name."""
    return re.sub(rb"\r\n" + re.escape(name) + rb":[^\r]*", b"", fields, flags=re.IGNORECASE)
