"""The browser's session cookie, and who gets it: our own pages. Apps get the token itself."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from matinee.api.viewer import Origin

NAME = "matinee_session"
MARK = "matinee_member"
_LIFE_S = 90 * 86400


def from_our_page(request: Request[Any, Any, Any], origin: Origin) -> bool:
    """Whether a page of this installation asks: what a browser says of itself and no script can forge."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    return request.headers.get("origin", "").lower() == origin.base.lower()


def session(token: str, origin: Origin) -> list[Cookie]:
    """Keeps this login in the browser. Pages cannot read it, so a mark beside it tells them whether to ask who it is."""
    return _cookies(token, "1", origin, _LIFE_S)


def no_session(origin: Origin) -> list[Cookie]:
    """Takes the login out of the browser."""
    return _cookies("", "", origin, 0)


def _cookies(token: str, mark: str, origin: Origin, max_age: int) -> list[Cookie]:
    values = [(NAME, token, True), (MARK, mark, False)]
    return [
        Cookie(
            name,
            value=value,
            path="/",
            max_age=max_age,
            httponly=hidden,
            samesite="lax",
            secure=origin.scheme == "https",
        )
        for name, value, hidden in values
    ]
