from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

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
