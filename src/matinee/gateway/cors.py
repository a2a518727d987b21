from __future__ import annotations

import re
from collections.abc import Iterable

from matinee.gateway.answer import Fields
from matinee.runtime.errors import Invalid

_ASKED = (
    b"authorization", b"content-type", b"idempotency-key", b"last-event-id", b"purpose", b"traceparent", b"tus-resumable",
    b"upload-checksum", b"upload-concat", b"upload-defer-length", b"upload-length", b"upload-metadata", b"upload-offset",
)  # fmt: skip
_TOLD = (
    b"location", b"retry-after", b"ratelimit", b"ratelimit-policy", b"x-request-id", b"tus-resumable", b"upload-expires",
    b"upload-length", b"upload-offset",
)  # fmt: skip
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.-]+(?::[0-9]{1,5})?")


class AppOrigins:
    """Other sites whose pages may use the API (an app for television sets, a label's own site). They log in with a token of
    their own: a member's cookie counts on our own pages only, so credentials are never allowed. Raises Invalid for what is
    not an origin."""

    preflight: Fields = (
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", b", ".join(_ASKED)),
        (b"access-control-max-age", b"600"),
    )
    exposed = b", ".join(_TOLD)

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self._origins = {_origin(each).encode() for each in origins}

    def __bool__(self) -> bool:
        return bool(self._origins)

    def allows(self, origin: bytes) -> bool:
        """Whether pages of this origin may."""
        return origin.lower() in self._origins


def _origin(text: str) -> str:
    if _ORIGIN.fullmatch(text.lower()) is None:
        raise Invalid(f"An origin is `https://host` with its port where it has one, not {text!r}")
    return text.lower()
