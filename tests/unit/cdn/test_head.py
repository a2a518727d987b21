from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.cdn.head import BadHead, read


def test_a_header_is_found_whatever_its_case_and_trimmed() -> None:
    head = read(b"GET /a?b HTTP/1.1\r\nHost: x\r\nRANGE:\t bytes=0-1 \r\nX-Range: no\r\n")
    assert (head.method, head.target, head.last) == (b"GET", b"/a?b", False)
    assert head.value(b"range") == b"bytes=0-1"
    assert head.value(b"if-range") is None


@pytest.mark.parametrize(
    ("connection", "last"), [(b"close", True), (b"keep-alive, Close", True), (b"keep-alive", False), (b"closed", False)]
)
def test_a_connection_ends_when_the_client_says_so(connection: bytes, last: bool) -> None:
    assert read(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: %b\r\n" % connection).last is last


@given(st.binary(max_size=300))
def test_any_bytes_are_a_head_or_are_refused(raw: bytes) -> None:
    for candidate in (raw + b"\r\n", b"GET / HTTP/1.1\r\n" + raw + b"\r\n"):
        try:
            head = read(candidate)
        except BadHead as bad:
            assert 400 <= bad.status < 600
        else:
            assert b"\n" not in head.target
            assert all(b":" in line for line in head.fields[1:].split(b"\r\n") if line)
