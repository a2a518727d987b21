from __future__ import annotations

import re
from collections.abc import Awaitable

from matinee.gateway.passport import Passports
from matinee.gateway.request import Request
from matinee.services.accounts.contract import Passport

LONGEST_TOKEN = 200

_BEARER = re.compile(rb"bearer +([\x21-\x7e]+)", re.IGNORECASE)
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
        found = self._passports.find(token)
        if found is None or isinstance(found, Passport):
            _stamp(request, found)
            return None
        return self._wait(request, found)

    async def _wait(self, request: Request, passport: Awaitable[Passport | None]) -> None:
        _stamp(request, await passport)


def _stamp(request: Request, passport: Passport | None) -> None:
    if passport is not None:
        request.account = passport.account_id
        request.add(b"x-matinee-passport", passport.jwt.encode())


def _token(request: Request) -> str | None:
    authorization = request.fields.get(b"authorization")
    if authorization is not None:
        found = _BEARER.fullmatch(authorization)
    else:
        cookie = request.fields.get(b"cookie")
        found = _COOKIE.search(cookie) if cookie is not None else None
    return found[1].decode() if found is not None and len(found[1]) <= LONGEST_TOKEN else None
