"""Who may read: media tokens of RFC 9246 in the path, verified once and remembered, minus the sessions that have ended."""

from __future__ import annotations

import asyncio
import re
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from matinee.cdn.site import Grant
from matinee.runtime.clock import Clock
from matinee.runtime.signing import BadToken, Verifier

ISSUER = "matinee/steering"
PACKAGE = b"URISigningPackage="

NEW_S, KNOWN_S = 30.0, 900.0
"""Without word of ended sessions for this long, tokens not seen before are refused; then all. A core that restarts takes
seconds and stops nobody; an appliance cut off for good does not serve ended sessions for hours."""

_MOST = 50_000
_LONGEST = 4096
_ENOUGH_S = 1.0  # between two looks for new keys
_SCOPE = re.compile(r"regex:https\?://\[\^/\]\+/([A-Za-z0-9_-]{1,64})/\.\*")


class Refused(Exception):
    """403. `kind` is the problem's type."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


MISSING = Refused("media-token-missing", "A media URL carries a token")
BAD = Refused("media-token-invalid", "The media token is not valid")
EXPIRED = Refused("media-token-expired", "The media token has expired")
ENDED = Refused("session-ended", "This playback session has ended")
ELSEWHERE = Refused("media-token-elsewhere", "The media token is for another title")
BLIND = Refused("appliance-cut-off", "This appliance has not heard from the core; try another")

Load = Callable[[], Awaitable[str]]
"""Gives the issuer's keys as a JWK set in JSON."""


class Gate:
    """`load` fetches the issuer's public keys. `grants` are the path segments that count now."""

    def __init__(self, clock: Clock, load: Load) -> None:
        self.grants: OrderedDict[bytes, Grant] = OrderedDict()
        self._refused: OrderedDict[bytes, Refused] = OrderedDict()
        self._ended: frozenset[str] = frozenset()
        self._clock = clock
        self._load = load
        self._verifier: Verifier | None = None
        self._heard_at = clock.monotonic() - NEW_S - 1
        self._looked_at = clock.monotonic() - _ENOUGH_S
        self._looking: asyncio.Task[None] | None = None

    @property
    def sees(self) -> bool:
        """Whether it has keys and hears of ended sessions, so that it can serve new ones."""
        return self._verifier is not None and self._silent_s() < NEW_S

    def admit(self, segment: bytes) -> Grant | Awaitable[None]:
        """The grant of a path segment, or what to wait for before asking again. Raises Refused."""
        grant = self.grants.get(segment)
        if grant is not None:
            return self._still(segment, grant)
        if not segment.startswith(PACKAGE):
            raise MISSING
        if self._silent_s() >= NEW_S:
            raise BLIND
        if (known := self._refused.get(segment)) is not None:
            raise known
        if self._may_be_newer(segment):
            return self.look()
        if self._verifier is None:
            raise BLIND
        return self._verify(segment, self._verifier)

    def end(self, sessions: frozenset[str], *, whole: bool) -> None:
        """Takes in the sessions that ended: `whole` when they are all that matter, else the latest."""
        self._ended = sessions if whole else self._ended | sessions
        for segment in [segment for segment, grant in self.grants.items() if grant.session in sessions]:
            self.grants.pop(segment).alive = False
        self._heard_at = self._clock.monotonic()

    def lost(self, grant: Grant) -> bool:
        """Whether what it allowed must stop."""
        return not grant.alive or grant.session in self._ended

    def tick(self) -> bool:
        """Once a second. True if grants died, for what was not heard."""
        if self._silent_s() < KNOWN_S or not self.grants:
            return False
        for grant in self.grants.values():
            grant.alive = False
        self.grants.clear()
        return True

    def trust(self, jwks: str) -> None:
        """From now on these keys count, and no others."""
        self._verifier = Verifier(jwks)
        self._refused.clear()

    def look(self) -> asyncio.Future[None]:
        """Fetches the keys, once for all who wait. It ends in what `load` raises."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._fetch())
            self._looking.add_done_callback(self._looked)
        return asyncio.shield(self._looking)

    async def _fetch(self) -> None:
        self._looked_at = self._clock.monotonic()
        self.trust(await self._load())

    def _looked(self, done: asyncio.Task[None]) -> None:
        self._looking = None
        if not done.cancelled():
            done.exception()

    def _still(self, segment: bytes, grant: Grant) -> Grant:
        if grant.expires <= self._clock.now().timestamp():
            self.grants.pop(segment).alive = False
            raise EXPIRED
        return grant

    def _may_be_newer(self, segment: bytes) -> bool:
        """Signed by a key that we have not seen, and it is time to look for new ones."""
        return not self._knows_key(segment) and self._clock.monotonic() - self._looked_at >= _ENOUGH_S

    def _knows_key(self, segment: bytes) -> bool:
        return self._verifier is not None and self._verifier.knows(_kid(segment))

    def _verify(self, segment: bytes, verifier: Verifier) -> Grant:
        try:
            grant = self._granted(segment, verifier)
        except Refused as refused:
            if self._knows_key(segment):  # another may count tomorrow, when its key is known
                _keep(self._refused, segment, refused)
            raise
        _keep(self.grants, segment, grant)
        return grant

    def _granted(self, segment: bytes, verifier: Verifier) -> Grant:
        try:
            claims = verifier.verify(segment[len(PACKAGE) :], self._clock.now(), issuer=ISSUER)
        except BadToken as bad:
            raise Refused("media-token-invalid", bad.detail) from bad
        session, title = _subject(claims)
        if session in self._ended:
            raise ENDED
        return Grant(session, f"{title}/".encode(), float(claims["exp"]))

    def _silent_s(self) -> float:
        return self._clock.monotonic() - self._heard_at


def _subject(claims: dict[str, Any]) -> tuple[str, str]:
    """Session and title, of a token that is exactly of our issuer's form; another form may mean more than we would check."""
    known = {"iss", "sub", "exp", "cdniv", "cdniuc", "iat", "jti"}
    scope, session = claims.get("cdniuc"), claims.get("sub")
    named = _SCOPE.fullmatch(scope) if isinstance(scope, str) else None
    if claims.get("cdniv") != 1 or not isinstance(session, str) or named is None or not known.issuperset(claims):
        raise BAD
    return session, named[1]


def _kid(segment: bytes) -> str:
    """The key that a token names; "" where it names none. Nothing is trusted for it."""
    if len(segment) > _LONGEST:
        return ""
    header = segment[len(PACKAGE) :].partition(b".")[0]
    try:
        claims = msgspec.json.decode(urlsafe_b64decode(header + b"=" * (-len(header) % 4)), type=dict[str, Any])
    except ValueError:
        return ""
    named = claims.get("kid")
    return named if isinstance(named, str) else ""


def _keep(known: OrderedDict[bytes, Any], segment: bytes, value: Any) -> None:
    known[segment] = value
    if len(known) > _MOST:
        known.popitem(last=False)
