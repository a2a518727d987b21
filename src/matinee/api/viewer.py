"""Who asks, and whether they may: the passport and the origin that the gateway signed, and what each route asks for.

Denied is the default: a route that does not name its `access` answers nobody.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cachebox import LRUCache
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from matinee.api.trust import Trust
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Forbidden, NotFound, Unauthenticated
from matinee.runtime.signing import BadToken, Verifier
from matinee.services.accounts.contract import ProfileLocked
from matinee.terms.maturity import HIGHEST, Maturity
from matinee.terms.territory import Territory
from matinee.terms.viewer import Role, Viewer

Connection = ASGIConnection[Any, Any, Any, Any]


class ProfileRequired(Forbidden):
    type, title = "profile-required", "Choose a profile first"


class Access(StrEnum):
    """Whom a route answers. GUARDIAN: a member who may change the household, which a profile with an age limit may not.
    SUPPORT: who answers members, by that role or as operator. LOOPBACK: whoever asks from this very machine."""

    PUBLIC = "public"
    MEMBER = "member"
    GUARDIAN = "guardian"
    PROFILE = "profile"
    EDITOR = "editor"
    OPERATOR = "operator"
    SUPPORT = "support"
    APPLIANCE = "appliance"
    LOOPBACK = "loopback"


class Origin(Struct, frozen=True):
    """Where a request comes from and how it reached the gateway. `host` as in its Host header."""

    territory: Territory
    address: str
    host: str
    scheme: str

    @property
    def base(self) -> str:
        """The public URL of this installation, as this client knows it."""
        return f"{self.scheme}://{self.host}"

    @property
    def host_name(self) -> str:
        """The host without its port; an IPv6 address keeps its brackets."""
        name = urlsplit(self.base).hostname or self.host
        return f"[{name}]" if ":" in name else name

    @property
    def loopback(self) -> bool:
        try:
            return ip_address(self.address).is_loopback
        except ValueError:
            return False


class Passport(Struct, frozen=True):
    """The claims of the token that the gateway swaps a login for."""

    aud: str
    sub: str
    sid: str
    pid: str | None
    roles: frozenset[Role]
    mat: Maturity
    home: Territory
    exp: int

    def viewer(self, territory: Territory) -> Viewer:
        """A profile with an age limit has none of its account's roles: they open what the limit closes."""
        limited = self.pid is not None and self.mat < HIGHEST
        roles: frozenset[Role] = frozenset() if limited else self.roles
        return Viewer(self.sub, self.sid, self.pid, roles, self.mat, self.home, territory)


class _Seen(Struct, frozen=True):
    exp: int
    claims: Any


class Gate:
    """Turns a request's signed headers into its origin and its viewer, and lets it through to its route or not. `appliances`
    are their keys by their ids, so that none speaks for another."""

    def __init__(self, *, passports: Trust, origins: Trust, appliances: Mapping[str, Verifier], clock: Clock) -> None:
        self._passports = passports
        self._origins = origins
        self._appliances = appliances
        self._clock = clock
        self._seen: LRUCache[str, _Seen | None] = LRUCache(maxsize=20_000)

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """The one guard of the application. Raises Unauthenticated, Forbidden, ProfileRequired, ProfileLocked, NotFound."""
        access: Access | None = handler.opt.get("access")
        if access is None:
            if getattr(connection, "method", "") == "OPTIONS":
                return
            raise Forbidden("This route answers nobody")
        origin = await self._origin(connection)
        viewer = await self._viewer(connection, origin)
        connection.state.origin = origin
        connection.state.viewer = viewer
        if access is Access.LOOPBACK and not origin.loopback:
            raise NotFound
        if access is Access.APPLIANCE:
            connection.state.appliance_id = self._appliance(connection)
        admit(access, viewer)

    async def _origin(self, connection: Connection) -> Origin:
        token = connection.headers.get("x-matinee-origin")
        if not token:
            raise Forbidden("Requests come through the front door")
        return await self._known(token, self._origins, Origin)

    async def _viewer(self, connection: Connection, origin: Origin) -> Viewer | None:
        token = connection.headers.get("x-matinee-passport")
        if not token:
            return None
        passport = await self._known(token, self._passports, Passport)
        if passport.aud != "matinee/api":
            raise Unauthenticated
        return passport.viewer(origin.territory)

    def _appliance(self, connection: Connection) -> str:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("An appliance signs what it asks")
        for appliance_id, verifier in self._appliances.items():
            with contextlib.suppress(BadToken):
                verifier.verify(token, self._clock.now(), issuer=appliance_id, audience="open-connect")
                return appliance_id
        raise BadToken

    async def _known(self, token: str, trust: Trust, kind: type[Any]) -> Any:
        """The claims of a token; verified once, then known by the token itself until it expires."""
        seen = self._seen.get(token)
        now = self._clock.now().timestamp()
        if seen is None or seen.exp <= now or not isinstance(seen.claims, kind):
            claims = await trust.verify(token)
            try:
                seen = _Seen(int(claims["exp"]), msgspec.convert(claims, kind))
            except (KeyError, msgspec.ValidationError) as wrong:
                raise Unauthenticated("The token lacks a claim") from wrong
            self._seen[token] = seen
        return seen.claims


def admit(access: Access, viewer: Viewer | None) -> None:
    """Raises what stands between this viewer and a route of this access."""
    if access in {Access.PUBLIC, Access.LOOPBACK, Access.APPLIANCE}:
        return
    if viewer is None:
        raise Unauthenticated
    if access is Access.PROFILE and viewer.profile_id is None:
        raise ProfileRequired
    if access is Access.GUARDIAN and viewer.profile_id is not None and viewer.maturity < HIGHEST:
        raise ProfileLocked("A profile with an age limit may not change this")
    roles = _ROLES.get(access)
    if roles is not None and viewer.roles.isdisjoint(roles):
        raise Forbidden(f"This needs the role {' or '.join(role.value for role in roles)}")


_ROLES = {
    Access.EDITOR: (Role.EDITOR,),
    Access.OPERATOR: (Role.OPERATOR,),
    Access.SUPPORT: (Role.SUPPORT, Role.OPERATOR),
}
