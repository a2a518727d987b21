from __future__ import annotations

from matinee.gateway.answer import Response
from matinee.gateway.passport import Passports
from matinee.gateway.request import Request

_CHANGING = {b"POST", b"PUT", b"PATCH", b"DELETE"}
_WHERE = (b"/api/session", b"/api/profiles")


class FreshPassport:
    """Who changes their own session or profiles reads that change with the next request: the revocation may still be under way
    when it comes."""

    def __init__(self, passports: Passports) -> None:
        self._passports = passports

    def __call__(self, request: Request, _: Response) -> None:
        if request.method in _CHANGING and request.token and request.path.startswith(_WHERE):
            self._passports.forget(request.token)
