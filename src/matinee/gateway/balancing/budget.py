from __future__ import annotations


class RetryBudget:
    """Retries are a share of requests, so that they cannot multiply the load on servers that fail because of it: each request
    earns `share` of a retry; at most `most` are saved up (Finagle's and Envoy's rule)."""

    __slots__ = ("_most", "_saved", "_share")

    def __init__(self, share: float = 0.2, most: float = 20.0) -> None:
        self._share = share
        self._most = most
        self._saved = most

    def earn(self) -> None:
        if self._saved < self._most:
            self._saved += self._share

    def spend(self) -> bool:
        """Whether one more retry may be made; it counts as made."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True
