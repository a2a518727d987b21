from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cachebox import LRUCache

from matinee.gateway.hosts import Site
from matinee.terms.territory import Territory

LIFE_S = 300


class _Signed(NamedTuple):
    token: bytes
    until: float


class Origins:
    """Says, signed, where a request comes from: `{territory, address, host, scheme, exp}` (ES256, the gateway's own key).

    `sign` makes the token of claims, `locate` gives the territory of an address. A token is made once for an address and
    host and used for half of its life, by calendar time, so that no server sees one that has run out.
    """

    def __init__(
        self,
        sign: Callable[[dict[str, Any]], str],
        locate: Callable[[str], Territory],
        life_s: int = LIFE_S,
    ) -> None:
        self._sign = sign
        self._locate = locate
        self._life_s = life_s
        self._made: LRUCache[tuple[str, Site], _Signed | None] = LRUCache(maxsize=10_000)

    def territory(self, address: str) -> Territory:
        return self._locate(address)

    def token(self, address: str, site: Site, now: float) -> bytes:
        """The token for a request from `address` to `site`; `now` is calendar time in seconds."""
        made = self._made.get((address, site))
        if made is None or made.until <= now:
            made = self._made[address, site] = self._new(address, site, int(now))
        return made.token

    def _new(self, address: str, site: Site, now: int) -> _Signed:
        claims: dict[str, Any] = {
            "iss": "matinee/gateway",
            "aud": "matinee/api",
            "territory": self._locate(address),
            "address": address,
            "host": site.host,
            "scheme": site.scheme,
            "iat": now,
            "exp": now + self._life_s,
        }
        return _Signed(self._sign(claims).encode(), now + self._life_s / 2)
