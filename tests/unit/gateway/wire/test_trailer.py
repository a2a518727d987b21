from __future__ import annotations

import pytest

from matinee.gateway.wire.framing import Chunked
from matinee.gateway.wire.trailer import allowed
from matinee.gateway.wire.websocket import accept, accepted, key

BODY = b"3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    "name",
    "Content-Length transfer-encoding HOST Authorization set-cookie Cookie x-matinee-passport X-Forwarded-For x_matinee_origin "
    "Cache-Control Vary ETag If-Match Location Trailer Connection Content-Type".split(),
)  # fmt: skip
def test_what_is_never_a_trailer(name: str) -> None:
    assert not allowed(name.encode() + b": x")


def test_what_may_be_one() -> None:
    assert all(allowed(line) for line in (b"X-Sum: 1", b"Server-Timing: a", b"grpc-status: 0", b"hostess: x"))


@pytest.mark.parametrize("with_trailers", [True, False])
def test_a_body_in_chunks_is_carried_on_the_same_wherever_it_is_split(with_trailers: bool) -> None:
    end = b"X-Sum: 1\r\n\r\n" if with_trailers else b"\r\n"
    for first in range(len(BODY)):
        for second in range(first, len(BODY)):
            cutter = Chunked(with_trailers=with_trailers)
            pieces = [BODY[:first], BODY[first:second], BODY[second:] + b"next"]
            carried = [cutter.carry(piece) for piece in pieces]
            assert b"".join(content for content, _ in carried) == b"3;x=y\r\nabc\r\n0\r\n" + end
            assert (carried[-1][1], cutter.done, cutter.trailers) == (b"next", True, b"X-Sum: 1\r\n")


def test_both_halves_of_a_websockets_opening() -> None:
    assert accept(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 1.3
    told = b"dGhlIHNhbXBsZSBub25jZQ=="
    fields = {
        b"upgrade": b"WebSocket", b"connection": b"keep-alive, Upgrade", b"sec-websocket-version": b"13",
        b"sec-websocket-key": told,
    }  # fmt: skip
    assert key(fields) == told
    assert key({**fields, b"sec-websocket-key": told + b", " + told}) is None
    yes = (
        b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: "
        + accept(told)
        + b"\r\n\r\n"
    )
    assert accepted(yes, told)
    assert not accepted(yes.replace(b"\r\n\r\n", b"\r\nupgrade: h2c\r\n\r\n"), told)
    assert not accepted(yes, b"AAAAAAAAAAAAAAAAAAAAAA==")
