from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from cachebox import LRUCache

from matinee.runtime.clock import Clock
from matinee.runtime.signing import BadToken, Verifier


class Trust:
    """The public keys of one issuer. `keys` gives them as a JWK set; a token they do not verify has them fetched again, at
    most once a second, so that a rotated key counts at once."""

    def __init__(self, keys: Callable[[], Awaitable[str]], clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._verifier: Verifier | None = None
        self._fetched = float("-inf")

    async def verify(self, token: str, *, issuer: str | None = None, audience: str | None = None) -> dict[str, Any]:
        """The token's claims. Raises BadToken."""
        if self._verifier is not None:
            try:
                return self._verifier.verify(token, self._clock.now(), issuer=issuer, audience=audience)
            except BadToken:
                if self._clock.monotonic() - self._fetched < 1:
                    raise
        self._fetched = self._clock.monotonic()
        self._verifier = Verifier(await self._keys())
        return self._verifier.verify(token, self._clock.now(), issuer=issuer, audience=audience)


class Trusts:
    """Many issuers, each with keys of its own, so that none can speak for another. `keys` gives those of one by its name,
    or None where it is not known."""

    def __init__(self, keys: Callable[[str], Awaitable[str | None]], clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._trusts: LRUCache[str, Trust | None] = LRUCache(maxsize=1000)

    async def verify(self, token: str, *, audience: str) -> str:
        """The name of the issuer whose key signed the token. Raises BadToken."""
        name = _named(token)
        trust = self._trusts.get(name)
        if trust is None:
            if await self._keys(name) is None:
                raise BadToken
            trust = self._trusts[name] = Trust(lambda: self._known(name), self._clock)
        await trust.verify(token, issuer=name, audience=audience)
        return name

    async def _known(self, name: str) -> str:
        return await self._keys(name) or '{"keys":[]}'


class _Issued(msgspec.Struct):
    iss: str


def _named(token: str) -> str:
    """Whom a token says it is from, before anyone has checked that."""
    payload = token.split(".")[1:2]
    try:
        return msgspec.json.decode(urlsafe_b64decode("".join(payload) + "=="), type=_Issued).iss
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError) as wrong:
        raise BadToken from wrong

