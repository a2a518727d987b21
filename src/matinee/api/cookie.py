"""The browser's session cookie, and who gets it: our own pages. Apps get the token itself."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from matinee.api.viewer import Origin

NAME = "matinee_session"
_LIFE_S = 90 * 86400


def from_our_page(request: Request[Any, Any, Any], origin: Origin) -> bool:
    """Whether a page of this installation asks: what a browser says of itself and no script can forge."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return request.headers.get("origin", "").lower() == origin.base.lower()


def session(token: str, origin: Origin) -> Cookie:
    """Keeps this login in the browser."""
    return _cookie(token, origin, _LIFE_S)


def no_session(origin: Origin) -> Cookie:
    """Takes the login out of the browser."""
    return _cookie("", origin, 0)


def _cookie(value: str, origin: Origin, max_age: int) -> Cookie:
    secure = origin.scheme == "https"
    return Cookie(NAME, value=value, path="/", max_age=max_age, httponly=True, samesite="lax", secure=secure)
