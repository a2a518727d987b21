"""One answer for many who ask the same: kept for a while (`Route.caching`), or fetched once for all who wait (`Route.collapse`).

What may be shared is decided by `caching/rules.py`. `Sharing.look` is asked before a request goes to a server; a `Fetch` stands
between the exchange of the one who goes and the forwarding that brings the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cachebox import LRUCache

from matinee.gateway.answer import Answer, problem
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.caching import rules
from matinee.gateway.caching.conditions import CONDITIONAL, unchanged
from matinee.gateway.caching.directives import Directives, directives
from matinee.gateway.caching.store import Store
from matinee.gateway.caching.stored import Stored
from matinee.gateway.compression.rules import wanted
from matinee.gateway.errors import OriginBusy
from matinee.gateway.fetch import Fetch, Group, Key, asker
from matinee.gateway.overload.guard import Place
from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic
from matinee.runtime.errors import DeadlineExceeded
from matinee.terms import routing

_PERSONAL_FOR = 4096
"""Resources remembered whose answers are each member's own: who asks for one of these waits for nobody."""


class Sharing:
    """What is kept, and what is being fetched. `territory` is that of an address, `servers` finds those of a request."""

    def __init__(
        self, traffic: Traffic, territory: Callable[[str], str], servers: Callable[[Request], Cluster | None]
    ) -> None:
        self.traffic = traffic
        self._servers = servers
        self.store = Store(traffic.limits.kept_bytes)
        self.under_way: dict[Group, Fetch] = {}
        self.hits = self.shared = self.misses = 0
        self._territory = territory
        self._personal: LRUCache[Key, bool] = LRUCache(maxsize=_PERSONAL_FOR)

    def look(self, request: Request, route: routing.Route) -> Answer | Awaitable[Answer | None] | None:
        """An answer at hand, or one that is on its way to another; None: the request goes to a server, as a fetch
        (`request.fetch`) where its answer may be for others."""
        if not rules.may_ask(request.method, request.length, request.fields):
            return None
        key = self._key(request)
        asked = directives(request.fields.get(b"cache-control")) or _pragma(request)
        stored = self.store.find(*key, request.fields) if route.caching is not None else None
        if stored is not None:
            found = self._stored(request, key, stored, asked)
            if found is not None:
                self.hits += 1
                return found
        if "only-if-cached" in asked:
            return problem(DeadlineExceeded("Nothing that answers this is kept, and nothing else was asked for"))
        return self._fetched(request, key, stored, asked)

    def _stored(self, request: Request, key: Key, stored: Stored, asked: Directives) -> Answer | None:
        now = request.at
        if stored.fresh(now, asked):
            return self.answer(request, stored)
        if "no-cache" in asked or "max-age" in asked or "min-fresh" in asked or not stored.good_enough(now):
            return None
        if (key, None) not in self.under_way:
            twin = request.again()
            cluster = self._servers(twin)
            if cluster is not None:
                Fetch(self, (key, None), twin, stored).alone(cluster)
        return self.answer(request, stored)

    def _fetched(
        self, request: Request, key: Key, stored: Stored | None, asked: Directives
    ) -> Awaitable[Answer | None] | None:
        group = (key, asker(request) if key in self._personal else None)
        other = self.under_way.get(group)
        if other is not None and "no-cache" not in asked and other.may_serve(asker(request)):
            return self._waits(request, other)
        passes_by = stored is None and not CONDITIONAL.isdisjoint(request.fields)
        if request.method == b"GET" and other is None and not passes_by:
            self.misses += 1
            request.fetch = Fetch(self, group, request, stored)
        return None

    async def _waits(self, request: Request, fetch: Fetch) -> Answer | None:
        place, request.place = request.place, None
        if place is not None:  # who waits for another's answer takes up nothing at the servers
            self.traffic.guard.leave(place)
        fetch.followers += 1
        try:
            stored = await asyncio.shield(fetch.outcome)
        finally:
            fetch.followers -= 1
        of_another = not fetch.for_all and fetch.asker != asker(request)
        if stored is None or of_another or not stored.fits(request.fields):
            return self._by_itself(request, place)
        self.shared += 1
        return self.answer(request, stored)

    def _by_itself(self, request: Request, place: Place | None) -> None:
        """Now it goes to a server after all, where there is room. Raises OriginBusy."""
        if place is not None:
            if self.traffic.guard.lets_in(place) is not None:
                raise OriginBusy(retry_after_s=place.kind.retry_after_s)
            request.place = place

    def answer(self, request: Request, stored: Stored) -> Answer:
        compresses = request.route is not None and request.route.rule.compress
        gzip = wanted(request.fields) if compresses else None
        return stored.answer(self.traffic.now(), unchanged=unchanged(request.fields, stored.fields), gzip=gzip)

    def keep(self, key: Key, stored: Stored, request: Request) -> None:
        self.store.most_bytes = self.traffic.limits.kept_bytes
        self.store.keep(*key, stored, request.fields)

    def void(self, request: Request) -> None:
        """An unsafe request has succeeded: what was kept of its resource counts no longer (RFC 9111 4.4), nor what is just being
        fetched."""
        resource = _resource(request)
        self.store.forget(resource)
        for (key, _), fetch in self.under_way.items():
            if key.resource == resource:
                fetch.void = True

    def personal(self, key: Key) -> None:
        self._personal[key] = True

    def _key(self, request: Request) -> Key:
        route = request.route.name if request.route is not None else ""
        return Key(_resource(request), (route, self._territory(request.peer.address), request.fields.get(b"origin")))


def _resource(request: Request) -> tuple[str, bytes]:
    return request.site.origin, request.asked


def _pragma(request: Request) -> Directives:
    return {"no-cache": ""} if b"no-cache" in request.fields.get(b"pragma", b"").lower() else {}
