from __future__ import annotations

from matinee.gateway.errors import ExpectationFailed
from matinee.gateway.request import Request


def expectation(request: Request) -> None:
    """`Expect: 100-continue` goes to the server, whose 100 comes back; there is no other expectation (RFC 9110 10.1.1)."""
    expected = request.header(b"expect")
    if expected is not None and expected.lower() != b"100-continue":
        raise ExpectationFailed
