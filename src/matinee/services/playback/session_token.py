"""The `?token=` of a session's manifests, steering and licence: `{session}.{HMAC-SHA256}`, cheap enough to check at each request.

Only playback makes and checks it, so no public key is needed. It names one session and ends with it.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from matinee.services.playback.contract import BadSessionToken


class SessionTokens:
    """`keys` are secrets of at least 32 bytes: the first signs, all verify, so that a key can be retired."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) < 32 for key in keys):
            raise ValueError("a key of session tokens has at least 32 bytes")
        self._keys = tuple(keys)

    def token(self, session_id: str) -> str:
        return f"{session_id}.{_mark(self._keys[0], session_id)}"

    def check(self, session_id: str, token: str) -> None:
        """Raises BadSessionToken where the token is not one of ours for this session."""
        named, _, mark = token.partition(".")
        if named != session_id or not mark.isascii():
            raise BadSessionToken
        if not any([hmac.compare_digest(_mark(key, session_id), mark) for key in self._keys]):  # noqa: C419 - same time for each key
            raise BadSessionToken


def _mark(key: bytes, session_id: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, session_id.encode(), "sha256")).rstrip(b"=").decode()
