# ruff: noqa: E501 - a case is a line
"""Messages of HTTP/1.1, well-formed and hostile, each with what becomes of it behind the front door, and the section of RFC 9112
or 9110 (6455 and 7540 for what leaves HTTP/1.1) that says why. Where our gateway is stricter than it must be, the section is the
one that allows it.

Every request of the corpus is followed by another one, the probe. A connection that is kept answers that, too; one that is not
must never pass it on.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

HOST = b"Host: localhost\r\n"
PROBE = b"GET /api/probe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Reaching(NamedTuple):
    """A request as a server behind must get it."""

    method: bytes
    target: bytes
    body: bytes = b""
    trailers: tuple[bytes, ...] = ()


class RequestCase(NamedTuple):
    """`statuses` are those of the answers, `reaches` what gets to a server, in order. `keeps`: the connection takes another
    request afterwards. `shows` are header lines that the server must get, `hides` words that must stand in none of them."""

    rule: str
    name: str
    raw: bytes
    statuses: tuple[int, ...]
    reaches: tuple[Reaching, ...] = ()
    keeps: bool = False
    shows: tuple[bytes, ...] = ()
    hides: tuple[bytes, ...] = ()


class AnswerCase(NamedTuple):
    """What a server answers (`raw`) to `asked`, after which it `closes` the connection or does not.

    The client sees an answer with this `status`, `body` and `trailers` ("passed"); a 502 ("bad"); or one of which it can tell
    that it is not whole, a 502 where nothing of it had gone out yet ("broken"). `keeps`: the client's connection goes on;
    `reused`: the one to the server, too. `interim` are the answers before. `shows` and `hides` are of the client's header.
    """

    rule: str
    name: str
    raw: bytes
    result: Literal["passed", "bad", "broken"]
    status: int = 502
    body: bytes = b""
    trailers: tuple[bytes, ...] = ()
    asked: bytes = b""
    closes: bool = False
    keeps: bool = True
    reused: bool = False
    interim: tuple[int, ...] = ()
    shows: tuple[bytes, ...] = ()
    hides: tuple[bytes, ...] = ()


def at(line: str, body: bytes = b"", *trailers: bytes) -> Reaching:
    method, target = line.encode().split(b" ")
    return Reaching(method, target, body, trailers)


HERE = at("GET /api/x")


def taken(
    rule: str,
    name: str,
    raw: bytes,
    *reaches: Reaching,
    keeps: bool = True,
    shows: tuple[bytes, ...] = (),
    hides: tuple[bytes, ...] = (),
) -> RequestCase:
    """Passed on as it is: to where `GET /api/x` goes, if nothing else is said."""
    reaching = reaches or (HERE,)
    return RequestCase(rule, name, raw, (200,) * len(reaching), reaching, keeps, shows, hides)


def refused(rule: str, name: str, raw: bytes, status: int = 400, *, keeps: bool = False) -> RequestCase:
    return RequestCase(rule, name, raw, (status,), keeps=keeps)


def line(request_line: bytes) -> bytes:
    return request_line + b"\r\n" + HOST + b"\r\n"


def get(fields: bytes, version: bytes = b"1.1") -> bytes:
    return b"GET /api/x HTTP/" + version + b"\r\n" + HOST + fields + b"\r\n"


def post(fields: bytes, rest: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"POST /api/x HTTP/" + version + b"\r\n" + HOST + fields + b"\r\n" + rest


def chunked(rest: bytes, fields: bytes = b"") -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n" + fields, rest)


def posted(body: bytes = b"hello", *trailers: bytes) -> Reaching:
    return at("POST /api/x", body, *trailers)


END = b"0\r\n\r\n"
EVIL = b"GET /api/evil HTTP/1.1\r\nHost: localhost\r\n\r\n"

REQUEST_LINES = [
    taken("9112 3.2.1", "origin-form", get(b"")),
    taken("9112 3.2.1", "query", line(b"GET /api/x?y=1&z=%20 HTTP/1.1"), at("GET /api/x?y=1&z=%20")),
    taken("9112 3.2.1", "empty-query", line(b"GET /api/x? HTTP/1.1"), at("GET /api/x?")),
    taken("9112 3.2.1", "slashes-in-query", line(b"GET /api/x?/../y HTTP/1.1"), at("GET /api/x?/../y")),
    taken("9110 4.2.3", "escaped-letters", line(b"GET /api/%C3%A4%7e HTTP/1.1"), at("GET /api/%C3%A4%7e")),
    taken("9110 4.2.3", "two-slashes", line(b"GET /api//x HTTP/1.1"), at("GET /api//x")),
    taken("9110 4.2.3", "dots-in-a-name", line(b"GET /api/.x/..y/z.. HTTP/1.1"), at("GET /api/.x/..y/z..")),
    taken("9112 3.2.2", "absolute-form", line(b"GET http://localhost/api/x?y=1 HTTP/1.1"), at("GET /api/x?y=1")),
    taken("9112 3.2.2", "absolute-form-in-capitals", line(b"GET HTTP://LOCALHOST/api/x HTTP/1.1")),
    refused("9112 3.2.2", "absolute-form-without-path", line(b"GET http://localhost?x HTTP/1.1"), 404, keeps=True),
    taken("9110 9.1", "unknown-method", line(b"PURGE /api/x HTTP/1.1"), at("PURGE /api/x")),
    taken(
        "9110 9.1",
        "odd-method",
        line(b"M-SEARCH!#$%&'*+-.^_`|~09 /api/x HTTP/1.1"),
        at("M-SEARCH!#$%&'*+-.^_`|~09 /api/x"),
    ),
    taken("9110 9.1", "method-in-small-letters", line(b"get /api/x HTTP/1.1"), at("get /api/x")),
    taken("9110 9.3.5", "delete", line(b"DELETE /api/x HTTP/1.1"), at("DELETE /api/x")),
    taken("9110 9.3.7", "options", line(b"OPTIONS /api/x HTTP/1.1"), at("OPTIONS /api/x")),
    taken("9110 9.3.2", "head", line(b"HEAD /api/x HTTP/1.1"), at("HEAD /api/x")),
    taken("9112 2.2", "empty-line-before", b"\r\n" + get(b"")),
    taken("9112 2.2", "empty-lines-before", b"\r\n" * 5 + get(b"")),
    taken(
        "9112 3", "target-of-8000-bytes", line(b"GET /api/" + b"a" * 8000 + b" HTTP/1.1"), at("GET /api/" + "a" * 8000)
    ),
    refused("9112 3.2.2", "other-authority", line(b"GET http://evil.example/api/x HTTP/1.1")),
    refused("9112 3.2.2", "authority-with-userinfo", line(b"GET http://localhost@evil.example/api/x HTTP/1.1")),
    refused("9112 3.2.2", "other-scheme", line(b"GET ftp://localhost/api/x HTTP/1.1")),
    refused("9112 3.2", "scheme-without-authority", line(b"GET http:///api/x HTTP/1.1")),
    refused("9112 3.2", "no-slash", line(b"GET api/x HTTP/1.1")),
    refused("9112 3.2", "empty-target", line(b"GET  HTTP/1.1")),
    refused("9112 3.2.4", "asterisk", line(b"OPTIONS * HTTP/1.1")),
    refused("9112 3.2.4", "asterisk-with-get", line(b"GET * HTTP/1.1")),
    refused("9112 3.2.3", "authority-form", line(b"CONNECT localhost:80 HTTP/1.1")),
    refused("9110 9.3.6", "connect-to-a-path", line(b"CONNECT /api/x HTTP/1.1"), 405, keeps=True),
    refused("9110 9.3.8", "trace", line(b"TRACE /api/x HTTP/1.1"), 405, keeps=True),
    refused("9110 9.3.2", "head-refused", line(b"HEAD /api/../x HTTP/1.1")),
    refused("9110 9.1", "nul-in-method", line(b"GE\x00T /api/x HTTP/1.1")),
    refused("9110 9.1", "no-method", line(b" /api/x HTTP/1.1")),
    refused("9112 3", "two-spaces", line(b"GET  /api/x HTTP/1.1")),
    refused("9112 3", "two-spaces-before-version", line(b"GET /api/x  HTTP/1.1")),
    refused("9112 3", "space-in-target", line(b"GET /api/x y HTTP/1.1")),
    refused("9112 3", "tab-in-request-line", line(b"GET\t/api/x HTTP/1.1")),
    refused("9112 3", "space-before-request", line(b" GET /api/x HTTP/1.1")),
    refused("9112 3", "space-behind-version", line(b"GET /api/x HTTP/1.1 ")),
    refused("9112 2.2", "bare-lf-before", b"\n" + get(b"")),
    refused("9112 2.2", "bare-cr-before", b"\r" + get(b"")),
    refused("9112 3", "nonsense", b"hello\r\n\r\n"),
    refused("9112 3", "bytes-of-tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    refused("9112 3", "an-answer", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    refused("9112 3.2", "fragment", line(b"GET /api/x#a HTTP/1.1")),
    refused("9112 3.2", "raw-bytes-in-target", line(b"GET /api/\xc3\xa4 HTTP/1.1")),
    refused("9112 3.2", "control-in-target", line(b"GET /api/\x01 HTTP/1.1")),
    refused("9112 3.2", "delete-in-target", line(b"GET /api/\x7f HTTP/1.1")),
    refused("9112 3", "target-too-long", line(b"GET /api/" + b"a" * 20_000 + b" HTTP/1.1"), 414),
    refused("9110 4.2.3", "dot-segments", line(b"GET /api/../x HTTP/1.1")),
    refused("9110 4.2.3", "dot-segments-at-the-end", line(b"GET /api/x/.. HTTP/1.1")),
    refused("9110 4.2.3", "one-dot", line(b"GET /api/./x HTTP/1.1")),
    refused("9110 4.2.3", "dot-segments-above-all", line(b"GET /../../etc/passwd HTTP/1.1")),
    refused("9110 4.2.3", "escaped-dots", line(b"GET /api/%2e%2E/x HTTP/1.1")),
    refused("9110 4.2.3", "half-escaped-dots", line(b"GET /api/.%2e/x HTTP/1.1")),
    refused("9110 4.2.3", "escaped-slash", line(b"GET /api%2fx HTTP/1.1")),
    refused("9110 4.2.3", "backslash", line(b"GET /api\\x HTTP/1.1")),
    refused("9110 4.2.3", "escaped-backslash", line(b"GET /api/%5c..%5cx HTTP/1.1")),
    refused("9110 4.2.3", "escaped-nul", line(b"GET /api/%00 HTTP/1.1")),
    refused("9110 4.2.3", "broken-escape", line(b"GET /api/%zz HTTP/1.1")),
    refused("9110 4.2.3", "cut-escape", line(b"GET /api/%4 HTTP/1.1")),
    refused("9110 4.2.3", "line-end-in-target", line(b"GET /api/x%0d%0aX-Evil:1 HTTP/1.1")),
]

VERSIONS = [
    taken("9112 9.3", "version-1.0", get(b"", b"1.0"), keeps=False),
    taken("9112 9.3", "version-1.0-kept", get(b"Connection: keep-alive\r\n", b"1.0")),
    taken("9112 9.3", "version-1.0-kept-in-capitals", get(b"Connection: Keep-Alive\r\n", b"1.0")),
    taken("9112 9.3", "version-1.0-closed", get(b"Connection: keep-alive, close\r\n", b"1.0"), keeps=False),
    taken("9112 6.1", "version-1.0-with-a-body", post(b"Content-Length: 5\r\n", b"hello", b"1.0"), posted(), keeps=False),
    taken("9110 10.1.1", "version-1.0-expects", post(b"Content-Length: 5\r\nExpect: 100-continue\r\n", b"hello", b"1.0"), posted(), keeps=False),
    refused("9112 6.1", "version-1.0-chunked", post(b"Transfer-Encoding: chunked\r\n", END, b"1.0")),
    refused("9112 3.2", "version-1.0-without-host", b"GET /api/x HTTP/1.0\r\n\r\n"),
    refused("9112 3", "version-0.9", b"GET /api/x\r\n"),
    refused("9112 3", "no-version", b"GET /api/x\r\n" + HOST + b"\r\n"),
    refused("9110 2.5", "version-0.9-in-words", get(b"", b"0.9"), 505),
    refused("9110 2.5", "version-1.2", get(b"", b"1.2"), 505),
    refused("9110 2.5", "version-2.0", get(b"", b"2.0"), 505),
    refused("9112 2.3", "version-2", get(b"", b"2"), 505),
    refused("9112 2.3", "version-1.10", get(b"", b"1.10"), 505),
    refused("9112 2.3", "version-01.1", get(b"", b"01.1"), 505),
    refused("9112 2.3", "version-1.", get(b"", b"1."), 505),
    refused("9112 2.3", "version-with-comma", get(b"", b"1,1")),
    refused("9112 2.3", "small-http", line(b"GET /api/x http/1.1")),
    refused("9112 2.3", "other-protocol", line(b"GET /api/x ICY/1.1")),
    refused("7540 3.5", "preface-of-2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
]  # fmt: skip

HOSTS = [
    taken("9112 3.2", "host-with-port", b"GET /api/x HTTP/1.1\r\nHOST:localhost:8080\t \r\n\r\n"),
    taken("9110 4.2.3", "host-in-capitals", b"GET /api/x HTTP/1.1\r\nHost: LocalHost\r\n\r\n"),
    taken("9110 7.2", "host-as-address", b"GET /api/x HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"),
    taken("9110 7.2", "host-as-address-of-6", b"GET /api/x HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    taken("9110 7.2", "host-of-ours", b"GET /api/x HTTP/1.1\r\nHost: films.example\r\n\r\n"),
    taken("9110 7.2", "host-not-first", b"GET /api/x HTTP/1.1\r\nX-A: 1\r\n" + HOST + b"\r\n"),
    refused("9112 3.2", "no-host", b"GET /api/x HTTP/1.1\r\n\r\n", keeps=True),
    refused("9112 3.2", "host-only-in-target", b"GET http://localhost/api/x HTTP/1.1\r\n\r\n"),
    refused("9112 3.2", "two-hosts", get(HOST)),
    refused("9112 3.2", "hosts-in-other-case", get(b"HOST: localhost\r\n")),
    refused("9112 3.2", "two-other-hosts", get(b"Host: evil.example\r\n")),
    refused("9112 3.2", "empty-host", b"GET /api/x HTTP/1.1\r\nHost:\r\n\r\n", 421, keeps=True),
    refused("9110 7.4", "foreign-host", b"GET /api/x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, keeps=True),
    refused("9112 3.2", "userinfo-host", b"GET /api/x HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n", 421, keeps=True),
    refused("9112 3.2", "hosts-in-one-line", b"GET /api/x HTTP/1.1\r\nHost: localhost, evil.example\r\n\r\n", 421, keeps=True),
    refused("9112 3.2", "host-with-path", b"GET /api/x HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 421, keeps=True),
    refused("9112 3.2", "host-with-space", b"GET /api/x HTTP/1.1\r\nHost: local host\r\n\r\n", 421, keeps=True),
    refused("9112 3.2", "host-with-two-ports", b"GET /api/x HTTP/1.1\r\nHost: localhost:80:90\r\n\r\n", 421, keeps=True),
    refused("9112 3.2", "host-with-huge-port", b"GET /api/x HTTP/1.1\r\nHost: localhost:99999\r\n\r\n", 421, keeps=True),
]  # fmt: skip

FIELDS = [
    taken("9112 5", "no-space-behind-colon", get(b"X-A:1\r\n"), shows=(b"X-A:1",)),
    taken("9112 5", "spaces-around-value", get(b"X-A: \t 1 \t\r\n")),
    taken("9110 5.5", "empty-value", get(b"X-Empty:\r\n")),
    taken("9110 5.5", "bytes-in-value", get(b"X-Odd: \xfc\x80\xff\r\n"), shows=(b"X-Odd:\xfc\x80\xff",)),
    taken("9110 5.5", "colons-in-value", get(b"X-A: b:c::\r\n"), shows=(b"X-A:b:c::",)),
    taken("9110 5.1", "odd-name", get(b"!#$%&'*+-.^_`|~09aZ: 1\r\n"), shows=(b"!#$%&'*+-.^_`|~09aZ:1",)),
    taken("9110 5.3", "a-name-several-times", get(b"X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n"), shows=(b"X-A:1", b"X-A:3")),
    taken("9110 5.4", "hundred-headers", get(b"X-A: 1\r\n" * 100)),
    taken("9110 5.4", "long-value", get(b"X-A: " + b"a" * 6000 + b"\r\n")),
    refused("9112 5.2", "folded", get(b"X-A: 1\r\n 2\r\n")),
    refused("9112 5.2", "folded-by-tab", get(b"X-A: 1\r\n\t2\r\n")),
    refused("9112 5.2", "folded-to-nothing", get(b"X-A: 1\r\n \r\n")),
    refused("9112 5.1", "space-before-colon", get(b"X-A : 1\r\n")),
    refused("9112 5.1", "tab-before-colon", get(b"X-A\t: 1\r\n")),
    refused("9112 2.2", "space-before-first", b"GET /api/x HTTP/1.1\r\n X-A: 1\r\n" + HOST + b"\r\n"),
    refused("9112 5", "no-colon", get(b"nonsense\r\n")),
    refused("9112 5", "empty-name", get(b": 1\r\n")),
    refused("9110 5.1", "space-in-name", get(b"X A: 1\r\n")),
    refused("9110 5.1", "brackets-in-name", get(b"X(A): 1\r\n")),
    refused("9110 5.1", "bytes-in-name", get(b"X-\xfc: 1\r\n")),
    refused("9110 5.5", "nul-in-value", get(b"X-A: a\x00b\r\n")),
    refused("9110 5.5", "control-in-value", get(b"X-A: a\x01b\r\n")),
    refused("9110 5.5", "delete-in-value", get(b"X-A: a\x7fb\r\n")),
    refused("9112 2.2", "bare-lf-head", b"GET /api/x HTTP/1.1\nHost: localhost\n\n"),
    refused("9112 2.2", "bare-lf-line", b"GET /api/x HTTP/1.1\r\nHost: localhost\nX-A: 1\r\n\r\n"),
    refused("9112 2.2", "bare-lf-at-the-end", get(b"")[:-2] + b"\n"),
    refused("9112 2.2", "bare-cr", b"GET /api/x HTTP/1.1\r\nHost: localhost\rX-A: 1\r\n\r\n"),
    refused("9112 2.2", "two-crs", b"GET /api/x HTTP/1.1\r\r\nHost: localhost\r\n\r\n"),
    refused("9110 5.4", "large-head", get(b"X-A: " + b"a" * 70_000 + b"\r\n"), 431),
    refused("9110 5.4", "endless-head", get(b"X-A: " + b"a" * 70_000)[:-2], 431),
    refused("9110 5.4", "many-headers", get(b"X-A: 1\r\n" * 200), 431),
    refused("9110 11.6.2", "two-tokens", get(b"Authorization: a\r\nAuthorization: b\r\n")),
]

LENGTHS = [
    taken("9112 6.2", "length", post(b"Content-Length: 5\r\n", b"hello"), posted()),
    taken("9112 6.3", "no-length", post(b""), posted(b"")),
    taken("9112 6.2", "length-zero", post(b"Content-Length: 0\r\n"), posted(b"")),
    taken("9112 6.2", "length-with-zeros", post(b"Content-Length: 0005\r\n", b"hello"), posted()),
    taken("9112 6.2", "length-in-capitals", post(b"CONTENT-LENGTH:5 \r\n", b"hello"), posted()),
    taken("9110 9.3.1", "get-with-a-body", get(b"Content-Length: 5\r\n") + b"hello", at("GET /api/x", b"hello")),
    taken("9110 9.3.5", "delete-with-a-body", b"DELETE /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", at("DELETE /api/x", b"hello")),
    taken("9112 6.2", "a-request-as-a-body", post(b"Content-Length: %d\r\n" % len(EVIL), EVIL), posted(EVIL)),
    taken("9112 6.2", "line-ends-as-a-body", post(b"Content-Length: 8\r\n", b"\r\n\r\n\n\r\0\xff"), posted(b"\r\n\r\n\n\r\0\xff")),
    taken("9110 10.1.1", "expects", post(b"Content-Length: 5\r\nExpect: 100-continue\r\n", b"hello"), posted()),
    taken("9110 10.1.1", "expects-in-capitals", post(b"Content-Length: 5\r\nExpect: 100-Continue\r\n", b"hello"), posted()),
    taken("9112 9.6", "closes", post(b"Connection: close\r\nContent-Length: 5\r\n", b"hello"), posted(), keeps=False),
    refused("9110 10.1.1", "other-expectation", get(b"Expect: miracles\r\n"), 417, keeps=True),
    refused("9112 6.3", "two-lengths", post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc")),
    refused("9112 6.3", "two-other-lengths", post(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd")),
    refused("9112 6.3", "length-in-other-case", post(b"content-length: 3\r\nCONTENT-LENGTH: 3\r\n", b"abc")),
    refused("9112 6.3", "list-of-lengths", post(b"Content-Length: 3, 3\r\n", b"abc")),
    refused("9110 8.6", "length-with-comma", post(b"Content-Length: 3,\r\n", b"abc")),
    refused("9110 8.6", "signed-length", post(b"Content-Length: +3\r\n", b"abc")),
    refused("9110 8.6", "negative-length", post(b"Content-Length: -1\r\n", b"abc")),
    refused("9110 8.6", "hex-length", post(b"Content-Length: 0x3\r\n", b"abc")),
    refused("9110 8.6", "length-with-point", post(b"Content-Length: 3.0\r\n", b"abc")),
    refused("9110 8.6", "length-with-words", post(b"Content-Length: 3 bytes\r\n", b"abc")),
    refused("9110 8.6", "length-with-underscore", post(b"Content-Length: 1_0\r\n", b"0123456789")),
    refused("9110 8.6", "length-in-arabic-digits", post("Content-Length: ٣\r\n".encode(), b"abc")),
    refused("9110 8.6", "length-in-upper-digits", post(b"Content-Length: \xb3\r\n", b"abc")),
    refused("9110 8.6", "huge-length", post(b"Content-Length: 99999999999999999999\r\n")),
    refused("9110 8.6", "length-that-wraps", post(b"Content-Length: 18446744073709551619\r\n", b"abc")),
    refused("9110 8.6", "empty-length", post(b"Content-Length:\r\n")),
    refused("9112 5.1", "length-with-space", post(b"Content-Length : 3\r\n", b"abc")),
    refused("9112 5.2", "folded-length", post(b"Content-Length:\r\n 3\r\n", b"abc")),
    refused("9112 2.2", "length-behind-bare-lf", post(b"X-A: 1\nContent-Length: 3\r\n", b"abc")),
]  # fmt: skip

CHUNKS = [
    taken("9112 7.1", "chunks", chunked(b"3\r\nhel\r\n2\r\nlo\r\n" + END), posted()),
    taken("9112 7.1", "no-chunks", chunked(END), posted(b"")),
    taken("9112 7.1", "size-in-letters", chunked(b"a\r\n0123456789\r\nA\r\n0123456789\r\n" + END), posted(b"0123456789" * 2)),
    taken("9112 7.1", "size-with-zeros", chunked(b"0000005\r\nhello\r\n000\r\n\r\n"), posted()),
    taken("9112 7.1", "a-request-as-a-chunk", chunked(b"%X\r\n%s\r\n" % (len(EVIL), EVIL) + END), posted(EVIL)),
    taken("9112 7.1", "chunk-of-line-ends", chunked(b"8\r\n\r\n0\r\n\r\n\n\r\n" + END), posted(b"\r\n0\r\n\r\n\n")),
    taken("9112 7.1", "get-in-chunks", get(b"Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\n" + END, at("GET /api/x", b"hello")),
    taken("9112 7", "coding-in-capitals", post(b"TRANSFER-ENCODING:CHUNKED \r\n", b"5\r\nhello\r\n" + END), posted()),
    taken("9112 7.1.1", "extension", chunked(b"5;a=b\r\nhello\r\n0;last\r\n\r\n"), posted()),
    taken("9112 7.1.1", "extension-quoted", chunked(b'5;a="b;\\"\xff c" ; d\r\nhello\r\n' + END), posted()),
    taken("9112 7.1.1", "extension-behind-space", chunked(b"5 \t;a\r\nhello\r\n" + END), posted()),
    taken("9112 7.1", "space-behind-size", chunked(b"5  \r\nhello\r\n" + END), posted()),
    taken("9112 7.1.2", "trailers", chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other:2\r\n\r\n"), posted(b"hello", b"X-Sum:1", b"X-Other:2")),
    taken("9110 6.5.1", "trailers-that-may-not-be", chunked(b"5\r\nhello\r\n0\r\nHost: evil\r\nContent-Length: 9\r\nX-Sum: 1\r\nX-Matinee-Passport: x\r\nCookie: a=b\r\n\r\n"), posted(b"hello", b"X-Sum:1")),
    taken("9110 10.1.1", "chunks-expected", chunked(b"5\r\nhello\r\n" + END, b"Expect: 100-continue\r\n"), posted()),
    refused("9112 6.3", "length-and-coding", chunked(END, b"Content-Length: 3\r\n")),
    refused("9112 6.3", "coding-and-length", post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", END)),
    refused("9112 6.3", "empty-coding-and-length", post(b"Transfer-Encoding:\r\nContent-Length: 3\r\n", b"abc")),
    refused("9112 6.3", "identity", post(b"Transfer-Encoding: identity\r\n")),
    refused("9112 6.3", "identity-and-length", post(b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", b"hello")),
    refused("9112 6.1", "other-coding", post(b"Transfer-Encoding: gzip\r\n")),
    refused("9112 6.1", "gzip-chunked", post(b"Transfer-Encoding: gzip, chunked\r\n", END)),
    refused("9112 6.3", "chunked-gzip", post(b"Transfer-Encoding: chunked, gzip\r\n", END)),
    refused("9112 6.1", "chunked-and-more", post(b"Transfer-Encoding: chunked, identity\r\n", END)),
    refused("9112 7.1", "twice-chunked", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", END)),
    refused("9112 7.1", "twice-chunked-in-one-line", post(b"Transfer-Encoding: chunked, chunked\r\n", END)),
    refused("9112 7.1", "identity-behind-chunked", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", END)),
    refused("9112 6.1", "coding-quoted", post(b'Transfer-Encoding: "chunked"\r\n', END)),
    refused("9112 6.1", "coding-with-parameter", post(b"Transfer-Encoding: chunked;q=1\r\n", END)),
    refused("9112 6.1", "x-chunked", post(b"Transfer-Encoding: xchunked\r\n", END)),
    refused("9112 6.1", "comma-chunked", post(b"Transfer-Encoding: ,chunked\r\n", END)),
    refused("9110 5.5", "coding-behind-vertical-tab", post(b"Transfer-Encoding: \x0bchunked\r\n", END)),
    refused("9110 5.1", "coding-with-vertical-tab", post(b"Transfer-Encoding\x0b: chunked\r\n", END)),
    refused("9112 5.1", "coding-with-space", post(b"Transfer-Encoding : chunked\r\n", END)),
    refused("9112 2.2", "coding-behind-bare-cr", post(b"X: y\rTransfer-Encoding: chunked\r\n", END)),
    refused("9112 2.2", "coding-behind-bare-lf", post(b"X: y\nTransfer-Encoding: chunked\r\n", END)),
    refused("9112 5.2", "folded-coding", post(b"Transfer-Encoding:\r\n chunked\r\n", END)),
    refused("9112 6.1", "coding-on-get", get(b"Transfer-Encoding: gzip\r\n")),
    refused("9112 7.1", "chunk-size", chunked(b"zz\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-0x", chunked(b"0x5\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-minus", chunked(b"-5\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-plus", chunked(b"+5\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-underscore", chunked(b"1_0\r\n0123456789abcdef\r\n" + END)),
    refused("9112 7.1", "chunk-size-behind-space", chunked(b" 5\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-behind-line", chunked(b"\r\n5\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-empty", chunked(b";x\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-size-overflow", chunked(b"FFFFFFFFFFFFFFFFF\r\n")),
    refused("9112 7.1", "chunk-size-that-wraps", chunked(b"10000000000000005\r\nhello\r\n" + END)),
    refused("9112 7.1", "chunk-too-long", chunked(b"5\r\nhello!\r\n" + END)),
    refused("9112 7.1", "chunk-too-short", chunked(b"5\r\nhell\r\n" + END)),
    refused("9112 2.2", "chunk-bare-lf", chunked(b"5\nhello\r\n" + END)),
    refused("9112 2.2", "chunk-end-bare-lf", chunked(b"5\r\nhello\n" + END)),
    refused("9112 2.2", "chunk-end-bare-cr", chunked(b"5\r\nhello\r" + END)),
    refused("9112 2.2", "last-chunk-bare-lf", chunked(b"5\r\nhello\r\n0\n\r\n")),
    refused("9112 2.2", "end-of-chunks-bare-lf", chunked(b"5\r\nhello\r\n0\r\n\n")),
    refused("9112 7.1.1", "extension-with-bare-lf", chunked(b"5;a\nb\r\nhello\r\n" + END)),
    refused("9112 7.1.1", "extension-with-bare-cr", chunked(b"5;a\rb\r\nhello\r\n" + END)),
    refused("9112 7.1.1", "extension-with-nul", chunked(b"5;a\x00\r\nhello\r\n" + END)),
    refused("9112 7.1.1", "extension-without-semicolon", chunked(b"5 a=b\r\nhello\r\n" + END)),
    refused("9112 7.1.1", "extension-endless", chunked(b"5;" + b"a" * 5000)),
    refused("9112 7.1.2", "trailer-without-colon", chunked(b"0\r\nbad trailer\r\n\r\n")),
    refused("9112 5.2", "trailer-folded", chunked(b"0\r\nX: 1\r\n 2\r\n\r\n")),
    refused("9112 5.1", "trailer-with-space", chunked(b"0\r\nX : 1\r\n\r\n")),
    refused("9112 2.2", "trailer-bare-lf", chunked(b"0\r\nX: 1\n\r\n")),
    refused("9110 5.4", "trailers-too-large", chunked(b"0\r\n" + (b"X: " + b"a" * 2000 + b"\r\n") * 20 + b"\r\n")),
]  # fmt: skip

CONNECTIONS = [
    taken("9110 7.6.1", "named-by-connection", get(b"Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nX-Kept: 2\r\n"), shows=(b"X-Kept:2",), hides=(b"secret", b"connection")),
    taken("9110 7.6.1", "named-before-connection", get(b"X-Secret: 1\r\nX-SECRET: 2\r\nConnection: x-secret\r\n"), hides=(b"secret",)),
    taken("9110 7.6.1", "named-by-second-connection", get(b"Connection: keep-alive\r\nX-Secret: 1\r\nConnection: x-secret\r\n"), hides=(b"secret",)),
    taken("9110 7.6.1", "host-named-by-connection", get(b"Connection: host\r\n"), shows=(b"Host:localhost",)),
    taken("9110 7.6.1", "length-named-by-connection", post(b"Connection: content-length\r\nContent-Length: 5\r\n", b"hello"), posted()),
    taken("9110 7.6.1", "coding-named-by-connection", chunked(b"5\r\nhello\r\n" + END, b"Connection: transfer-encoding\r\n"), posted()),
    taken("9110 7.6.1", "empty-connection", get(b"Connection:\r\n")),
    taken("9110 7.6.1", "commas-in-connection", get(b"Connection: , ,keep-alive,,\r\n")),
    taken("9110 7.6.1", "of-one-connection-only", get(b"Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: x\r\n"), hides=(b"keep-alive", b"proxy")),
    taken("9112 9.6", "closed-among-others", get(b"Connection: x, Close\r\n"), keeps=False),
    taken("9112 9.6", "closed-in-a-second-line", get(b"Connection: keep-alive\r\nConnection: close\r\n"), keeps=False),
    taken("9112 9.6", "closes-and-has-more", get(b"Connection: close\r\n") + EVIL, keeps=False),
    taken("9112 7.4", "te", get(b"TE: trailers, deflate;q=0.5\r\nConnection: TE\r\n"), shows=(b"te:trailers", b"connection:te"), hides=(b"deflate",)),
    taken("9112 7.4", "te-without-trailers", get(b"TE: gzip\r\n"), hides=(b"te:",)),
    taken("9110 7.8", "upgrade-to-2", get(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), hides=(b"upgrade", b"http2", b"connection")),
    taken("9110 7.8", "upgrade-to-anything", get(b"Connection: Upgrade\r\nUpgrade: foo/2, bar\r\n"), hides=(b"upgrade",)),
    taken("9110 7.8", "upgrade-with-a-body", post(b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n", b"hello"), posted(), hides=(b"upgrade",)),
    taken("9110 7.6.3", "via", get(b"Via: 1.0 fred, 1.1 p.example\r\n"), shows=(b"Via:1.0 fred, 1.1 p.example",)),
    taken("9110 7.6.2", "max-forwards", get(b"Max-Forwards: 0\r\n")),
    refused("6455 4.1", "websocket-without-a-key", get(b"Connection: Upgrade\r\nUpgrade: websocket\r\n"), keeps=True),
    refused("6455 4.1", "websocket-where-none-is", get(b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), keeps=True),
    refused("9110 7.6.1", "connection-of-many-names", get(b"Connection: " + b",".join(b"x%d" % n for n in range(17)) + b"\r\n")),
]  # fmt: skip

PIPELINES = [
    taken("9112 9.3.2", "two", get(b"") * 2, HERE, HERE),
    taken("9112 9.3.2", "two-with-empty-lines-between", get(b"") + b"\r\n\r\n" + get(b""), HERE, HERE),
    taken("9112 9.3.2", "bodies", post(b"Content-Length: 5\r\n", b"hello") + chunked(b"5\r\nhello\r\n" + END) + get(b""), posted(), posted(), HERE),
    taken("9112 9.3.2", "bodies-hide-requests", post(b"Content-Length: %d\r\n" % len(EVIL), EVIL) + chunked(b"%X\r\n%s\r\n" % (len(EVIL), EVIL) + END), posted(EVIL), posted(EVIL)),
    taken("9112 9.3.2", "heads-and-gets", line(b"HEAD /api/x HTTP/1.1") + get(b"") + line(b"HEAD /api/x HTTP/1.1"), at("HEAD /api/x"), HERE, at("HEAD /api/x")),
    taken("9112 9.3.2", "ten", get(b"") * 10, *[HERE] * 10),
    RequestCase("9112 9.3.2", "refused-in-the-middle", get(b"") + line(b"TRACE /api/x HTTP/1.1") + get(b""), (200, 405, 200), (HERE, HERE), keeps=True),
    RequestCase("9112 9.3.2", "unknown-in-the-middle", get(b"") + b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n" + get(b""), (200, 404, 200), (HERE, HERE), keeps=True),
    RequestCase("9112 9.3.2", "unreadable-in-the-middle", get(b"") + get(b"X-A : 1\r\n") + EVIL, (200, 400), (HERE,)),
    RequestCase("9112 9.3.2", "bad-chunk-in-the-middle", get(b"") + chunked(b"5\r\nhello!\r\n") + EVIL, (200, 400), (HERE,)),
    RequestCase("9112 9.3.2", "both-lengths-in-the-middle", get(b"") + chunked(END, b"Content-Length: 4\r\n") + EVIL, (200, 400), (HERE,)),
    RequestCase("9112 9.3", "old-in-the-middle", get(b"") + get(b"", b"1.0") + EVIL, (200, 200), (HERE, HERE)),
    RequestCase("9112 6.3", "body-longer-than-its-length", post(b"Content-Length: 3\r\n", b"abc(ef") + EVIL, (200, 400), (posted(b"abc"),)),
    RequestCase("9112 7.1", "more-behind-the-last-chunk", chunked(b"3\r\nabc\r\n" + END + b"def\r\n") + EVIL, (200, 400), (posted(b"abc"),)),
]  # fmt: skip

REQUESTS = {
    case.name: case
    for group in (REQUEST_LINES, VERSIONS, HOSTS, FIELDS, LENGTHS, CHUNKS, CONNECTIONS, PIPELINES)
    for case in group
}


# ---- answers


def ask(request_line: bytes, fields: bytes = b"", body: bytes = b"") -> bytes:
    return request_line + b"\r\n" + HOST + fields + b"\r\n" + body


POST = ask(b"POST /api/answer HTTP/1.1", b"Content-Length: 5\r\n", b"hello")
GET = ask(b"GET /api/answer HTTP/1.1")
HEAD = ask(b"HEAD /api/answer HTTP/1.1")
OLD = ask(b"POST /api/answer HTTP/1.0", b"Content-Length: 5\r\n", b"hello")
OLD_KEPT = ask(b"POST /api/answer HTTP/1.0", b"Connection: keep-alive\r\nContent-Length: 5\r\n", b"hello")
TRAILERS = ask(b"POST /api/answer HTTP/1.1", b"TE: trailers\r\nContent-Length: 5\r\n", b"hello")


def passed(rule: str, name: str, raw: bytes, body: bytes = b"ok", status: int = 200, **more: Any) -> AnswerCase:
    """Passed on whole; the connection to the server is used again."""
    return AnswerCase(
        rule, name, raw, "passed", status, body, **{"asked": POST, "reused": not more.get("closes"), **more}
    )


def bad(rule: str, name: str, raw: bytes, **more: Any) -> AnswerCase:
    return AnswerCase(rule, name, raw, "bad", asked=POST)._replace(**more)


def broken(rule: str, name: str, raw: bytes, **more: Any) -> AnswerCase:
    return AnswerCase(rule, name, raw, "broken", asked=POST)._replace(**more)


def ok(fields: bytes, rest: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + fields + b"\r\n" + rest


def sized(fields: bytes = b"", rest: bytes = b"ok") -> bytes:
    return ok(b"Content-Length: 2\r\n" + fields, rest)


def in_chunks(rest: bytes, fields: bytes = b"") -> bytes:
    return ok(b"Transfer-Encoding: chunked\r\n" + fields, rest)


OK_CHUNKED = in_chunks(b"2\r\nok\r\n" + END)

STATUS_LINES = [
    passed("9112 4", "sized", sized()),
    passed("9112 4", "no-reason", b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"),
    passed("9112 4", "no-space-for-a-reason", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"),
    passed("9112 4", "odd-reason", b"HTTP/1.1 200 Gl\xfcck auf: 42% \tok\r\nContent-Length: 2\r\n\r\nok"),
    passed("9110 15", "unknown-status", ok(b"Content-Length: 2\r\n", b"ok", b"299 Fine"), status=299),
    passed("9110 15", "status-of-no-class", ok(b"Content-Length: 2\r\n", b"ok", b"999 Odd"), status=999),
    passed("9110 15.5.9", "client-error", ok(b"Content-Length: 2\r\n", b"ok", b"410 Gone"), status=410),
    passed("9110 15.6.1", "server-error", ok(b"Content-Length: 2\r\n", b"ok", b"500 Oh"), status=500),
    passed("9110 15.4.4", "redirection", ok(b"Location: http://evil.example/\r\nContent-Length: 2\r\n", b"ok", b"303 See"), status=303, shows=(b"location: http://evil.example/",)),
    passed("9112 9.3", "version-1.0", b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", closes=True),
    passed("9112 9.3", "version-1.0-kept", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok", hides=(b"keep-alive",)),
    bad("9112 4", "nonsense", b"nonsense\r\n\r\n"),
    bad("9112 4", "version-0.9", b"<html>hello</html>", closes=True),
    bad("9112 2.3", "version-2", b"HTTP/2 200\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 2.3", "version-1.2", b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 2.3", "small-http", b"http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "other-protocol", b"ICY 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "no-status", b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "status-of-two-digits", b"HTTP/1.1 99 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "status-of-four-digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "status-zero", b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "signed-status", b"HTTP/1.1 +20 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "two-spaces", b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "control-in-reason", b"HTTP/1.1 200 O\x00K\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 4", "empty-line-before", b"\r\n" + sized()),
    bad("9112 2.2", "bare-lf", b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    bad("9112 2.2", "bare-cr-in-reason", b"HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nok"),
    bad("9112 3", "a-request", EVIL),
]  # fmt: skip

ANSWER_FIELDS = [
    passed("9110 5.3", "cookies", sized(b"Set-Cookie: a=b; Expires=Wed, 21 Oct 2037 07:28:00 GMT\r\nSet-Cookie: c=d\r\n"), shows=(b"set-cookie: a=b; expires=wed, 21 oct 2037 07:28:00 gmt", b"set-cookie: c=d")),
    passed("9110 5.5", "bytes-in-value", sized(b"X-Odd: \xfc\x80\r\nX-Empty:\r\n"), shows=(b"x-odd: \xfc\x80", b"x-empty:")),
    passed("9110 5.4", "long-head", sized(b"X-A: " + b"a" * 20_000 + b"\r\n")),
    passed("9110 5.4", "many-headers", sized(b"X-A: 1\r\n" * 500)),
    passed("9110 7.6.1", "named-by-connection", sized(b"Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nX-Kept: 2\r\n"), shows=(b"x-kept: 2",), hides=(b"secret",)),
    passed("9110 7.6.1", "of-one-connection-only", sized(b"Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\n"), hides=(b"keep-alive", b"proxy-", b"h2c")),
    passed("9110 7.6.1", "length-named-by-connection", sized(b"Connection: content-length\r\n")),
    passed("9112 9.6", "closes", sized(b"Connection: close\r\n"), reused=False, hides=(b"connection: close\r\nc",)),
    passed("9112 9.6", "closes-among-others", sized(b"Connection: x, Close\r\n"), reused=False),
    bad("9112 5.2", "folded", sized(b"X-A: 1\r\n 2\r\n")),
    bad("9112 5.1", "space-before-colon", sized(b"X-A : 1\r\n")),
    bad("9112 5", "no-colon", sized(b"bad header\r\n")),
    bad("9112 5", "empty-name", sized(b": 1\r\n")),
    bad("9110 5.1", "bytes-in-name", sized(b"X-\xfc: 1\r\n")),
    bad("9110 5.5", "nul-in-value", sized(b"X-A: a\x00b\r\n")),
    bad("9112 2.2", "bare-lf-line", sized(b"X-A: 1\nX-B: 2\r\n")),
    bad("9112 2.2", "bare-cr-line", sized(b"X-A: 1\rX-B: 2\r\n")),
    bad("9110 5.4", "huge-head", sized(b"X-A: " + b"a" * 70_000 + b"\r\n")),
    bad("9110 5.4", "endless-head", b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 70_000),
    bad("9112 8", "cut-in-the-head", sized()[:30], closes=True),
    bad("9112 8", "cut-in-the-status", b"HTTP/1.1 2", closes=True),
    bad("9112 8", "nothing", b"", closes=True),
]  # fmt: skip

ANSWER_BODIES = [
    passed("9112 6.3", "length-zero", ok(b"Content-Length: 0\r\n"), b""),
    passed("9112 6.3", "length-twice-the-same", sized(b"content-length: 2\r\n")),
    passed("9112 6.3", "chunks", OK_CHUNKED),
    passed("9112 6.3", "chunks-to-get", OK_CHUNKED, asked=GET),
    passed("9112 7.1", "chunks-of-one-byte", in_chunks(b"1\r\no\r\n001\r\nk\r\n" + END)),
    passed("9112 7.1.1", "extensions", in_chunks(b'2;a=b;c="d;\\""\r\nok\r\n0;x\r\n\r\n')),
    passed("9112 7.1.2", "trailers", in_chunks(b"2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n")),
    passed("9112 7.1.2", "trailers-taken", in_chunks(b"2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n"), trailers=(b"X-Sum: 1",), asked=TRAILERS),
    passed("9112 7.1", "an-answer-as-a-chunk", in_chunks(b"%x\r\n%s\r\n" % (len(OK_CHUNKED), OK_CHUNKED) + END), OK_CHUNKED),
    passed("9112 7", "chunks-to-an-old-client", OK_CHUNKED, asked=OLD, keeps=False, hides=(b"transfer-encoding",)),
    passed("9112 7", "chunks-to-an-old-client-that-stays", OK_CHUNKED, asked=OLD_KEPT, keeps=False, hides=(b"transfer-encoding",)),
    passed("9112 6.3", "sized-to-an-old-client-that-stays", sized(), asked=OLD_KEPT),
    passed("9112 6.3", "until-it-closes", ok(b"X-A: 1\r\n", b"ok"), closes=True, keeps=False),
    passed("9112 6.3", "until-it-closes-with-nothing", ok(b"", b""), b"", closes=True, keeps=False),
    passed("9112 6.3", "until-it-closes-at-1.0", b"HTTP/1.0 200 OK\r\n\r\nok", closes=True, keeps=False),
    passed("9112 6.3", "an-answer-until-it-closes", ok(b"", sized()), sized(), closes=True, keeps=False),
    passed("9110 15.3.5", "204", ok(b"X-A: 1\r\n", b"", b"204 No Content"), b"", 204),
    passed("9110 8.6", "204-with-a-length", ok(b"Content-Length: 5\r\n", b"", b"204 No Content"), b"", 204, hides=(b"content-length",)),
    passed("9112 6.1", "204-with-a-coding", ok(b"Transfer-Encoding: chunked\r\n", b"", b"204 No Content"), b"", 204, hides=(b"transfer-encoding",)),
    passed("9110 15.4.5", "304", ok(b'ETag: "x"\r\n', b"", b"304 Not Modified"), b"", 304, asked=GET, shows=(b'etag: "x"',)),
    passed("9110 15.4.5", "304-with-a-length", ok(b"Content-Length: 5\r\n", b"", b"304 Not Modified"), b"", 304, asked=GET, shows=(b"content-length: 5",)),
    passed("9110 15.3.6", "205", ok(b"Content-Length: 0\r\n", b"", b"205 Reset"), b"", 205),
    passed("9110 9.3.2", "head", ok(b"Content-Length: 5\r\n"), b"", asked=HEAD, shows=(b"content-length: 5",)),
    passed("9110 9.3.2", "head-in-chunks", ok(b"Transfer-Encoding: chunked\r\n"), b"", asked=HEAD),
    passed("9110 9.3.2", "head-of-no-length", ok(b"X-A: 1\r\n"), b"", asked=HEAD),
    passed("9112 6.3", "204-with-a-body", ok(b"Content-Length: 5\r\n", b"wrong", b"204 No Content"), b"", 204, reused=False),
    passed("9112 6.3", "304-with-a-body", ok(b"Content-Length: 5\r\n", b"wrong", b"304 Not Modified"), b"", 304, asked=GET, reused=False),
    passed("9112 6.3", "head-with-a-body", ok(b"Content-Length: 5\r\n", b"wrong"), b"", asked=HEAD, reused=False),
    passed("9112 6.3", "more-than-its-length", sized(b"", b"ok and more"), reused=False),
    passed("9112 6.3", "two-answers", sized() * 2, reused=False),
    passed("9112 6.3", "more-behind-the-last-chunk", OK_CHUNKED + b"more", reused=False),
    passed("9112 6.3", "an-answer-behind-the-last-chunk", OK_CHUNKED + sized(), reused=False),
    bad("9112 6.3", "two-lengths", ok(b"Content-Length: 1\r\nContent-Length: 2\r\n", b"ab")),
    bad("9112 6.3", "list-of-lengths", ok(b"Content-Length: 2, 3\r\n", b"ok")),
    bad("9110 8.6", "signed-length", ok(b"Content-Length: +2\r\n", b"ok")),
    bad("9110 8.6", "negative-length", ok(b"Content-Length: -2\r\n", b"ok")),
    bad("9110 8.6", "hex-length", ok(b"Content-Length: 0x2\r\n", b"ok")),
    bad("9110 8.6", "empty-length", ok(b"Content-Length:\r\n", b"ok")),
    bad("9110 8.6", "huge-length", ok(b"Content-Length: 99999999999999999999\r\n", b"ok")),
    bad("9112 6.3", "length-and-coding", ok(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"2\r\nok\r\n" + END)),
    bad("9112 6.1", "other-coding", ok(b"Transfer-Encoding: gzip\r\n", b"ok"), closes=True),
    bad("9112 6.1", "gzip-chunked", ok(b"Transfer-Encoding: gzip, chunked\r\n", b"2\r\nok\r\n" + END)),
    bad("9112 6.1", "identity", ok(b"Transfer-Encoding: identity\r\n", b"ok"), closes=True),
    bad("9112 7.1", "twice-chunked", ok(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", b"2\r\nok\r\n" + END)),
    bad("9112 7.1", "twice-the-same-coding", ok(b"Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n", b"2\r\nok\r\n" + END)),
    bad("9112 5.1", "coding-with-space", ok(b"Transfer-Encoding : chunked\r\n", b"2\r\nok\r\n" + END)),
    broken("9112 8", "cut-in-the-body", ok(b"Content-Length: 10\r\n", b"half"), closes=True),
    broken("9112 8", "cut-before-the-body", ok(b"Content-Length: 10\r\n"), closes=True),
    broken("9112 8", "cut-in-a-chunk", in_chunks(b"a\r\nhalf"), closes=True),
    broken("9112 8", "cut-between-chunks", in_chunks(b"2\r\nok\r\n"), closes=True),
    broken("9112 8", "cut-in-the-last-chunk", in_chunks(b"2\r\nok\r\n0\r\n"), closes=True),
    broken("9112 7.1", "chunk-size", in_chunks(b"2\r\nok\r\nzz\r\n")),
    broken("9112 7.1", "chunk-size-0x", in_chunks(b"2\r\nok\r\n0x2\r\nok\r\n" + END)),
    broken("9112 7.1", "chunk-size-minus", in_chunks(b"2\r\nok\r\n-2\r\nok\r\n" + END)),
    broken("9112 7.1", "chunk-size-overflow", in_chunks(b"2\r\nok\r\nFFFFFFFFFFFFFFFFF\r\n")),
    broken("9112 7.1", "chunk-too-long", in_chunks(b"2\r\noko\r\n" + END)),
    broken("9112 2.2", "chunk-bare-lf", in_chunks(b"2\nok\r\n" + END)),
    broken("9112 7.1.1", "extension-endless", in_chunks(b"2;" + b"a" * 5000)),
    broken("9112 7.1.2", "trailer-without-colon", in_chunks(b"2\r\nok\r\n0\r\nbad trailer\r\n\r\n")),
]  # fmt: skip

EARLY_HINT = ok(b"Link: </a>\r\n", b"", b"103 Early Hints")

INTERIMS = [
    passed("9110 15.2", "continue", ok(b"", b"", b"100 Continue") + sized(), interim=(100,)),
    passed("9110 15.2", "several", ok(b"", b"", b"102 Processing") + EARLY_HINT * 2 + sized(), interim=(102, 103, 103)),
    passed("9110 15.2", "unknown", ok(b"", b"", b"142 Odd") + sized(), interim=(142,)),
    passed("9110 8.6", "with-a-length", ok(b"Content-Length: 5\r\n", b"", b"103 Early Hints") + sized(), interim=(103,)),
    passed("9112 6.1", "with-a-coding", ok(b"Transfer-Encoding: chunked\r\n", b"", b"103 Early Hints") + sized(), interim=(103,)),
    passed("9110 15.2", "to-an-old-client", EARLY_HINT + sized(), asked=OLD, keeps=False),
    passed("9110 15.2", "to-head", EARLY_HINT + ok(b"Content-Length: 5\r\n"), b"", asked=HEAD, interim=(103,)),
    bad("9110 15.2", "alone", EARLY_HINT, closes=True, interim=(103,)),
    bad("9110 15.2", "endless", EARLY_HINT * 20, interim=(103,) * 16),
    bad("9110 15.2", "and-nonsense", EARLY_HINT + b"nonsense\r\n\r\n", interim=(103,)),
    bad("9110 15.2.2", "switch-unasked", ok(b"Upgrade: websocket\r\nConnection: Upgrade\r\n", b"", b"101 Switching Protocols") + EVIL),
]  # fmt: skip

ANSWERS = {
    f"{prefix}{case.name}": case
    for prefix, group in (
        ("", STATUS_LINES),
        ("field-", ANSWER_FIELDS),
        ("body-", ANSWER_BODIES),
        ("interim-", INTERIMS),
    )
    for case in group
}


# ---- where nginx does otherwise (1.22, Debian's)


def because(reasons: dict[str, str]) -> dict[str, str]:
    """The reason by the name of each case."""
    return {name: reason for reason, names in reasons.items() for name in names.split()}


NGINX_REQUESTS = because(
    {
        "takes a bare LF for a line's end, as RFC 9112 2.2 allows; we refuse it, since others may not": """
            bare-lf-before bare-lf-head bare-lf-line bare-lf-at-the-end length-behind-bare-lf coding-behind-bare-lf
            chunk-bare-lf chunk-end-bare-lf last-chunk-bare-lf end-of-chunks-bare-lf trailer-bare-lf""",
        "takes a bare CR before a request for an empty line; RFC 9112 2.2 has it refused": "bare-cr-before",
        "takes any number of spaces in the request line, as RFC 9112 3 allows; we take one, as it demands of senders": """
            two-spaces two-spaces-before-version space-behind-version""",
        "takes any version 1.x for 1.1, as RFC 9110 2.5 would have it; nobody sends one, and we understand two": """
            version-1.2 version-1.10""",
        "answers HTTP/0.9 in kind; nothing can be told of such an answer": "version-0.9 no-version",
        "knows only methods in capitals; RFC 9110 9.1 allows any token": "odd-method method-in-small-letters",
        "takes any scheme in an absolute form; we serve http and https": "other-scheme",
        "passes on the path as it came where its own reading of it is allowed; we refuse what servers read in two ways": """
            dot-segments-at-the-end one-dot escaped-slash backslash escaped-backslash line-end-in-target""",
        "takes a tab for a part of the value, which RFC 9110 5.6.3 calls space": "host-with-port",
        "looks at a host's name only; we at its port, too": "host-with-two-ports host-with-huge-port",
        "leaves out a header that is not well-formed, and passes the request on; RFC 9112 5 lets us refuse it": """
            no-colon brackets-in-name bytes-in-name""",
        "bounds the bytes of the headers only, we their number, too": "many-headers connection-of-many-names",
        "passes over an expectation that it does not know, as RFC 9110 10.1.1 allows": "other-expectation",
        "does not look at what ends a chunk, nor into its extension": """
            chunk-too-short extension-with-nul extension-without-semicolon""",
        "throws trailers away unread": "trailer-without-colon trailer-folded trailer-with-space trailers-too-large",
        "passes on an upgrade that it does not do as a plain request; we say no": """
            websocket-without-a-key websocket-where-none-is""",
        "closes the connection after it has refused a method; we go on with the next request": "refused-in-the-middle",
    }
)

NGINX_ANSWERS = because(
    {
        "takes what has no status line for an answer of HTTP/0.9, and sends it so or not at all": """
            nonsense version-0.9 version-2 version-1.2 small-http other-protocol no-status status-of-two-digits
            status-of-four-digits status-zero signed-status two-spaces empty-line-before a-request""",
        "takes a bare LF for a line's end, and a bare CR for a part of the line": """
            bare-lf field-bare-lf-line bare-cr-in-reason control-in-reason""",
        "passes on a header's name of any bytes": "field-bytes-in-name",
        "takes the last of two lengths": "body-two-lengths",
        "reads until the connection closes where it cannot read the length": """
            body-list-of-lengths body-signed-length body-negative-length body-hex-length body-empty-length body-huge-length""",
        "takes the coding, and passes over the length, as RFC 9112 6.3 allows": "body-length-and-coding",
        "takes a coding that is told twice for one": "body-twice-the-same-coding",
        "passes on a coding that it does not know as if it were none": """
            body-other-coding body-gzip-chunked body-identity body-twice-chunked""",
        "takes a bare LF for the end of a chunk's line": "body-chunk-bare-lf",
        "throws trailers away unread": "body-trailer-without-colon",
        "takes an interim answer for the final one": """
            interim-continue interim-several interim-unknown interim-with-a-length interim-with-a-coding
            interim-to-an-old-client interim-to-head interim-alone interim-endless interim-and-nonsense""",
        "passes on a 101 that nobody asked for": "interim-switch-unasked",
    }
)
