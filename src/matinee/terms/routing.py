"""How the front door routes requests: the table that operators write as a document, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from matinee.terms.territory import Territory

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}\Z")]
Seconds = Annotated[float, Meta(gt=0, le=3600)]

PATH = "{path}"
"""In a redirect: what follows the route's prefix."""


class Priority(StrEnum):
    """What a request is for. Under overload the last of these is refused first."""

    PLAY = "play"
    BROWSE = "browse"
    PREFETCH = "prefetch"
    BEACON = "beacon"


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """What a request must be for its route: all that is given here. `prefix` takes itself and all below it: `/api` is `/api` and
    `/api/…`, not `/apis`. `hosts` are names without port, `*.example.org` takes every name below. `headers` and `cookies`
    ask for a value, `*` for any, `dark*` for one that begins so. `prefetch` asks that a browser (`Sec-Purpose`) or page
    (`Purpose`) says it fetches ahead of need. `percent` is a share of members that stays the same for a member (else for an
    address), and is the same members for every route to the same place."""

    prefix: Annotated[str, Meta(pattern=r"^/", max_length=1024)] = "/"
    hosts: list[str] = []
    methods: list[Annotated[str, Meta(pattern=r"^[A-Z]+\Z")]] = []
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    territories: list[Territory] = []
    prefetch: bool = False
    percent: Annotated[float, Meta(ge=0, le=100)] = 100.0


class Redirect(Struct, frozen=True, forbid_unknown_fields=True):
    """To a path or URL; `{path}` stands for what follows the route's prefix, without its slash: `/new/{path}`. The query goes
    along."""

    to: str
    status: int = 308


class StaticAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer of the table's own."""

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    body: Annotated[str, Meta(max_length=65536)] = ""
    content_type: str = "text/plain; charset=utf-8"


class Maintenance(Struct, frozen=True, forbid_unknown_fields=True):
    """503 with this sentence: what lies behind is being worked on."""

    message: str = "This part of the service is being worked on; try again later"
    retry_after_s: Annotated[int, Meta(ge=1)] = 60


class RateBy(StrEnum):
    MEMBER = "member"
    ADDRESS = "address"
    ROUTE = "route"


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many requests a second in the long run, `burst` at once. By member: who is not logged in counts by address."""

    per_s: Annotated[float, Meta(gt=0)]
    burst: Annotated[int, Meta(ge=1)]
    by: RateBy = RateBy.MEMBER


class Caching(Struct, frozen=True, forbid_unknown_fields=True):
    """Answers to GET kept by the gateway for all who may have the same: only those that say `public`, at most this long."""

    most_s: Seconds = 60.0


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of `to` (a cluster of servers, by the name of its service), `redirect`, `answer`, `maintenance` says what
    becomes of its requests.

    `rewrite` takes the place of the prefix on the way to a server. `attempts`, `try_s` and `total_s` bound the tries until an
    answer begins. `collapse`: of equal GETs at the same time one goes to a server, and all have its answer. `compress`: text
    that servers send plain goes out compressed; leave it off where an answer holds a secret beside words of the request.
    `most_bytes` bounds a request's body. `silence_s` is how long a server may pause in the midst of an answer, and a tunnel
    carry nothing either way (unsaid: `answer_s` of the limits); `tunnel` lets requests become WebSocket connections.
    `repeatable`: whatever its method, doing a request twice does no more than doing it once; it may be tried again at another
    server, as GETs are. `polls`: requests that say `wait_s` wait for something new by their own wish. They take no place while
    they do, and how long they take says nothing; let it be so only where strangers may not ask.
    """

    name: Name
    match: Match = field(default_factory=Match)
    to: str = ""
    redirect: Redirect | None = None
    answer: StaticAnswer | None = None
    maintenance: Maintenance | None = None
    rewrite: str | None = None
    priority: Priority = Priority.BROWSE
    attempts: Annotated[int, Meta(ge=1, le=10)] = 3
    try_s: Seconds = 60.0
    total_s: Seconds = 60.0
    rates: list[Rate] = []
    caching: Caching | None = None
    collapse: bool = False
    compress: bool = False
    most_bytes: Annotated[int, Meta(ge=0)] | None = None
    silence_s: Seconds | None = None
    tunnel: bool = False
    repeatable: bool = False
    polls: bool = False


class RouteTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Of the routes that match whole the one with the longest prefix wins; of equal prefixes, the first in this order."""

    routes: Annotated[list[Route], Meta(max_length=2000)] = []
