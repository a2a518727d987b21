from __future__ import annotations

from typing import Any

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.gateway.errors import BadGateway, BadRequest
from matinee.gateway.wire.head import forwarded, read_reply, read_request, too_long
from matinee.runtime.errors import MatineeError

HEAD = b"GET /x?y HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\ncookie: b=2\r\nX-A:  1 \t\r\nx-a: 2\r\n\r\n"


def test_fields_are_read_by_lower_case_name_and_joined() -> None:
    head = read_request(HEAD)
    assert (head.method, head.target, head.minor, head.length, head.keep_alive) == (b"GET", b"/x?y", 1, 0, True)
    assert head.fields == {b"host": b"a", b"cookie": b"a=1; b=2", b"x-a": b"1, 2"}


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        (1, b"", True),
        (1, b"Connection: close\r\n", False),
        (1, b"Connection: X, Close\r\n", False),
        (1, b"Connection: x\r\nConnection: close\r\n", False),
        (0, b"", False),
        (0, b"Connection: Keep-Alive\r\n", True),
        (0, b"Connection: keep-alive\r\n", True),
    ],
)
def test_which_connections_are_kept(version: int, connection: bytes, keeps: bool) -> None:
    assert read_request(b"GET / HTTP/1.%d\r\nHost: a\r\n%s\r\n" % (version, connection)).keep_alive is keeps
    assert read_reply(b"HTTP/1.%d 200 OK\r\n%s\r\n" % (version, connection)).keep_alive is keeps


def test_the_head_that_goes_on() -> None:
    head = read_request(
        b"GET http://a/x HTTP/1.0\r\nHost: a\r\nConnection: x-own, host\r\nX-Own: 1\r\nTE: x\r\nAccept: y\r\n\r\n"
    )
    assert forwarded(head, b"/x") == b"GET /x HTTP/1.1\r\nHost: a\r\nAccept: y\r\n"
    plain = read_request(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert forwarded(plain, plain.target) == b"GET /x HTTP/1.1\r\nHost: a\r\n"


def test_a_head_that_has_not_ended() -> None:
    assert not too_long(b"GET / HTTP/1.1\r", 20)
    assert too_long(b"GET / HTTP/1.1\r\nHost: a", 20)
    for partial in (b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\rHost", b"\n"):
        with pytest.raises(BadRequest):
            too_long(partial, 20)


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        (b"", -2),
        (b"Content-Length: 7\r\n", 7),
        (b"Content-Length: 7\r\ncontent-length: 7\r\n", 7),
        (b"Transfer-Encoding: Chunked \r\n", -1),
    ],
)
def test_where_an_answer_ends(fields: bytes, length: int) -> None:
    assert read_reply(b"HTTP/1.1 200 OK\r\n%s\r\n" % fields).length == length


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 7\r\nContent-Length: 8\r\n",
        b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Content-Length: x\r\n",
        b"X: a\r\n folded\r\n",
    ],
)
def test_answers_whose_end_is_not_certain(fields: bytes) -> None:
    with pytest.raises(BadGateway):
        read_reply(b"HTTP/1.1 200 OK\r\n%s\r\n" % fields)


def test_an_answer_loses_what_concerns_its_connection() -> None:
    reply = read_reply(
        b"HTTP/1.1 200\r\nKeep-Alive: 1\r\nX-Matinee-Debug: 1\r\nConnection: x-y\r\nX-Y: 1\r\nA: b\r\n\r\n"
    )
    assert (reply.status, reply.reason, reply.raw) == (200, b" ", b"\r\nA: b\r\n")


class Other:
    """What llhttp makes of a head."""

    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.url = b""
        self.complete = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        self.complete = True


_word = st.sampled_from(
    [b"GET", b"POST", b"/a", b"/a?b", b" ", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\n", b"\r", b"\t", b"\x00", b"x"]
)
_field = st.sampled_from(
    [
        b"Host: a", b"Host : a", b"Content-Length: 3", b"content-length: 3 ", b"Content-Length: -1", b"Content-Length: 3,3",
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b" folded", b"X:", b"X: \x7f", b"X: \xff", b":", b"Y",
        b"Connection: close", b"Cookie: a=b",
    ]
)  # fmt: skip


@given(
    st.lists(_word, max_size=6),
    st.lists(st.tuples(_field, st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"])), max_size=5),
)
def test_what_is_taken_another_parser_reads_the_same(odd: list[bytes], lines: list[tuple[bytes, bytes]]) -> None:
    first = b"".join(odd) if odd else b"GET /a HTTP/1.1\r\n"
    raw = first + b"".join(field + end for field, end in lines) + b"\r\n"
    try:
        head = read_request(raw)
    except MatineeError:
        return
    other = Other()
    parser: Any = httptools.HttpRequestParser(other)
    if b"GET" not in head.method and b"POST" not in head.method:
        return
    parser.feed_data(raw)
    assert other.complete
    assert (other.url, parser.get_method()) == (head.target, head.method)
    assert {name for name, _ in other.fields} == head.fields.keys()
    for name, value in other.fields:
        assert value in head.fields[name]
