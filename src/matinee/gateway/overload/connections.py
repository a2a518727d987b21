from __future__ import annotations

from matinee.gateway.hosts import loopback
from matinee.gateway.overload.addresses import Proxies, group
from matinee.terms.gateway_limits import Limits


class Connections:
    """How many connections are open, in all and by address. This machine's own and those of proxies that are trusted count in all
    only: behind them are many."""

    def __init__(self, proxies: Proxies) -> None:
        self._proxies = proxies
        self._by_address: dict[str, int] = {}
        self.open = 0
        self.refused = 0

    def enter(self, limits: Limits) -> bool:
        """Whether one more may be open; it counts as open either way, until it leaves."""
        self.open += 1
        if self.open <= limits.connections:
            return True
        self.refused += 1
        return False

    def claim(self, address: str, limits: Limits) -> str | None:
        """Counts a connection for the client at this address: what to give back at its end, None where it has too many."""
        if loopback(address) or self._proxies.trusts(address):
            return ""
        client = group(address)
        count = self._by_address.get(client, 0)
        if count >= limits.connections_per_address:
            self.refused += 1
            return None
        self._by_address[client] = count + 1
        return client

    def leave(self, claimed: str | None) -> None:
        """A connection is gone, with what it claimed."""
        self.open -= 1
        if not claimed:
            return
        count = self._by_address[claimed] - 1
        if count:
            self._by_address[claimed] = count
        else:
            del self._by_address[claimed]
