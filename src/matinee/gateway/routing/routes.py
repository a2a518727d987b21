from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, structs

from matinee.gateway.answer import Answer
from matinee.gateway.routing.tries import TRIES, Tries
from matinee.terms import routing

if TYPE_CHECKING:
    from matinee.gateway.balancing.cluster import Cluster

RANKS: Mapping[routing.Priority, int] = {priority: rank for rank, priority in enumerate(routing.Priority)}


class From(Protocol):
    """The two ends of a connection, as much as is asked of them."""

    @property
    def address(self) -> str: ...


class Asked(Protocol):
    """A request, as much of it as routes look at."""

    @property
    def path(self) -> bytes: ...

    @property
    def method(self) -> bytes: ...

    @property
    def fields(self) -> Mapping[bytes, bytes]: ...

    @property
    def peer(self) -> From: ...


class Route(Struct, frozen=True, eq=False):
    """A row of the table as requests need it. `rule` is the row itself; `rank` is its priority as a number, 0 before 1;
    `answer` is what it says itself where it does. One that asks more than its prefix takes what `fits` (None: everything), and of
    that its `share` of members; the rest is for `otherwise`, the next with this prefix or a shorter one.
    """

    name: str
    prefix: str
    cluster: Cluster | None = None
    tries: Tries = TRIES
    rule: routing.Route = routing.Route("unnamed")
    rank: int = RANKS[routing.Priority.BROWSE]
    polls: bool = False
    rewrite: bytes | None = None
    answer: Answer | None = None
    fits: Callable[[Asked], bool] | None = None
    share: Callable[[str], bool] | None = None
    otherwise: Route | None = None

    def first_fit(self, asked: Asked) -> Route | None:
        """This route or the next that the request is for. One with a share is taken until it is known who asks."""
        route: Route | None = self
        while route is not None and route.fits is not None and not route.fits(asked):
            route = route.otherwise
        return route

    def settled(self, asked: Asked, member: str) -> Route | None:
        """The route now that it is known who asks: `member` is an account's id, else an address."""
        route: Route | None = self
        while route is not None and route.share is not None and not route.share(member):
            route = route.otherwise.first_fit(asked) if route.otherwise is not None else None
        return route


class Routes:
    """Finds a path's route: the longest prefix wins. A search costs a look into a dict for each `/` of the path, however many
    routes there are; conditions cost only the paths that have them."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._by_prefix: Mapping[bytes, Route] = {}
        self._longest = 0
        self.replace(routes)

    def replace(self, routes: Iterable[Route]) -> None:
        """From now on these routes: no request sees some of the old ones and some of the new."""
        by_prefix: dict[bytes, list[Route]] = {}
        for route in routes:
            by_prefix.setdefault(route.prefix.rstrip("/").encode(), []).append(route)
        first: dict[bytes, Route] = {}
        for prefix in sorted(by_prefix, key=len):
            following = _longest(first, prefix, len(prefix))
            for route in reversed(by_prefix[prefix]):
                following = structs.replace(route, otherwise=following)
            if following is not None:
                first[prefix] = following
        self._by_prefix = first
        self._longest = max(map(len, first), default=0)

    def find(self, path: bytes) -> Route | None:
        """The first route for this path, whatever else it asks for."""
        return _longest(self._by_prefix, path, self._longest)

    def choose(self, asked: Asked) -> Route | None:
        """The request's route; one with a share of members is taken as if its member were in it (`Route.settled`)."""
        route = _longest(self._by_prefix, asked.path, self._longest)
        while route is not None:
            fits = route.fits
            if fits is None or fits(asked):
                return route
            route = route.otherwise
        return None


def _longest(by_prefix: Mapping[bytes, Route], path: bytes, longest: int) -> Route | None:
    end = len(path) if len(path) <= longest else path.rfind(b"/", 0, longest + 1)
    while end >= 0:
        route = by_prefix.get(path[:end])
        if route is not None:
            return route
        end = path.rfind(b"/", 0, end)
    return None
