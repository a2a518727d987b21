from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.cdn.head import BadHead, Heads


def test_a_header_is_found_whatever_its_case_and_trimmed() -> None:
    head = Heads().read(b"GET /a?b HTTP/1.1\r\nHost: x\r\nRANGE:\t bytes=0-1 \r\nX-Range: no\r\n")
    assert (head.method, head.target, head.last) == (b"GET", b"/a?b", False)
    assert head.fields.value(b"range") == b"bytes=0-1"
    assert head.fields.value(b"if-range") is None


@pytest.mark.parametrize(
    ("connection", "last"), [(b"close", True), (b"keep-alive, Close", True), (b"keep-alive", False), (b"closed", False)]
)
def test_a_connection_ends_when_the_client_says_so(connection: bytes, last: bool) -> None:
    assert Heads().read(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: %b\r\n" % connection).last is last


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_are_refused(raw: bytes) -> None:
    for candidate in (raw + b"\r\n", b"GET / HTTP/1.1\r\n" + raw + b"\r\n"):
        with contextlib.suppress(BadHead):
            head = Heads().read(candidate)
            assert b"\n" not in head.target
            assert all(b":" in line for line in head.fields.lower[1:].split(b"\r\n") if line)


def test_lines_read_before_are_read_alike() -> None:
    heads = Heads()
    first = heads.read(b"GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=2-3\r\n")
    second = heads.read(b"GET /b HTTP/1.1\r\nHost: x\r\nRange: bytes=2-3\r\n")
    assert (second.target, second.fields) == (b"/b", first.fields)
    assert heads.read(b"GET /b HTTP/1.1\r\nHost: x\r\nRange: bytes=2-4\r\n").fields.span == (2, 5)
    for number in range(5000):
        heads.read(b"GET /b HTTP/1.1\r\nHost: x%d\r\n" % number)
