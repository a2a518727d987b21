from __future__ import annotations

import re
from collections.abc import Awaitable

from matinee.gateway.passport import Known, Passports
from matinee.gateway.request import Request

LONGEST_TOKEN = 200

_COOKIE = re.compile(rb"(?:^|;[ \t]*)matinee_session=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+)")


class PassportSwap:
    """Swaps the cookie's or the Bearer token for a passport. A request without a credential, or with one that is no one's, goes
    on without: the API decides what it may do."""

    def __init__(self, passports: Passports) -> None:
        self._passports = passports

    def __call__(self, request: Request) -> Awaitable[None] | None:
        token = _token(request) if request.route is not None else None
        if token is None:
            return None
        request.token = token
        found = self._passports.find(token, request.at)
        if isinstance(found, Known):
            _stamp(request, found)
            return None
        return self._wait(request, found)

    async def _wait(self, request: Request, known: Awaitable[Known]) -> None:
        _stamp(request, await known)


def _stamp(request: Request, known: Known) -> None:
    if known.jwt:
        request.account = known.account
        request.add(b"x-matinee-passport", known.jwt)


def _token(request: Request) -> bytes | None:
    authorization = request.fields.get(b"authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(b" ")
        token = token.strip() if scheme.lower() == b"bearer" else b""
    else:
        cookie = request.fields.get(b"cookie")
        found = _COOKIE.search(cookie) if cookie is not None else None
        token = found[1] if found is not None else b""
    return token if token and len(token) <= LONGEST_TOKEN and token.isascii() else None
