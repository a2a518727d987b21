"""Media tokens: RFC 9246 URI-signing JWTs that an appliance, or anyone's RFC 9246 verifier, checks without asking us."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import datetime

from matinee.runtime.errors import Invalid
from matinee.runtime.signing import Keyring

ISSUER = "matinee/steering"
_MOST_KEPT = 50_000
_ENCODE_PATH = re.compile(r"[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}\Z")


class MediaTokens:
    """Signs once a session and title, and gives the same token again while it is valid."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._kept: OrderedDict[tuple[str, str, int], str] = OrderedDict()

    def token(self, session_id: str, encode_path: str, expires_at: datetime) -> str:
        """Raises Invalid for a path that is not `{title}/{encode}`."""
        if not _ENCODE_PATH.match(encode_path):
            raise Invalid("an encode's path is {title}/{encode}", field="encode_path")
        title_id, expiry = encode_path.partition("/")[0], int(expires_at.timestamp())
        key = (session_id, title_id, expiry)
        token = self._kept.get(key)
        if token is None:
            token = self._kept[key] = self._keyring.sign(claims(session_id, title_id, expiry))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return token


def claims(session_id: str, title_id: str, expiry: int) -> dict[str, str | int]:
    """`cdniuc` names every URL of the title, whatever the appliance; the title's id holds no character that a regex reads."""
    scope = f"regex:https?://[^/]+/{title_id}/.*"
    return {"iss": ISSUER, "sub": session_id, "exp": expiry, "cdniv": 1, "cdniuc": scope}
