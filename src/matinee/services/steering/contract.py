"""Steering: which appliances serve this viewer, in which order, and the token that lets them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Unavailable
from matinee.runtime.rpc.operation import operation


class NoAppliance(Unavailable):
    type, title = "no-appliance", "No appliance can serve this title now"


Bytes = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class Report(Struct, frozen=True):
    """What an appliance says of itself every second. `url` is its public base URL without a trailing slash; it may hold
    `{host}`, which stands for the host name by which the viewer reached the gateway. `load` is 0 to 1 of what it can give,
    `encodes` the folders `{title}/{encode}` it holds whole, `boot` changes with each start. `full`: its disk takes no more in,
    so it serves what it holds and nothing else."""

    appliance_id: str
    url: str
    zone: str
    boot: str
    load: float
    healthy: bool
    encodes: list[str]
    bytes_served: Bytes
    origin_bytes: Bytes
    version: str
    full: bool = False


class RankQuery(Struct, frozen=True):
    """`host` as the viewer reached us; `shunned` are appliances that this client found dead."""

    session_id: str
    encode_path: str
    host: str
    address: str = ""
    shunned: list[str] = []


class Ranked(Struct, frozen=True):
    """`rank` 0 is best. `miss` is "" or why bytes come from elsewhere than its own disk: "C" it lacks the file."""

    id: str
    url: str
    rank: int
    miss: str = ""


class Ranking(Struct, frozen=True):
    appliances: list[Ranked]


class SignQuery(Struct, frozen=True):
    session_id: str
    encode_path: str
    expires_at: datetime


class Signed(Struct, frozen=True):
    """The path segment `URISigningPackage={jwt}` that stands between the appliance and `encode_path`."""

    segment: str


class KeysQuery(Struct, frozen=True):
    pass


class PublicKeys(Struct, frozen=True):
    """A JWK set, as JSON: what appliances check media tokens with."""

    jwks: str


class AppliancesQuery(Struct, frozen=True):
    pass


class Appliance(Struct, frozen=True):
    """`up`: it reported within the last three seconds, and well."""

    report: Report
    seen_at: datetime
    up: bool


class Appliances(Struct, frozen=True):
    appliances: list[Appliance]


class Steering(Protocol):
    """An appliance that has not reported for three seconds, or reports ill, is out of every answer."""

    @operation(idempotent=True)
    async def report(self, message: Report) -> None:
        """The last one counts."""
        ...

    @operation(idempotent=True)
    async def rank(self, message: RankQuery) -> Ranking:
        """Those that hold the encode before those that must fetch it; then by load; ties by rendezvous hash of the encode, so
        that a title stays on few. Raises NoAppliance."""
        ...

    @operation(idempotent=True)
    async def sign(self, message: SignQuery) -> Signed:
        """An RFC 9246 JWT (ES256) bound to session and title."""
        ...

    @operation(idempotent=True)
    async def media_keys(self, message: KeysQuery) -> PublicKeys:
        """Retired keys too, until they are removed."""
        ...

    @operation(idempotent=True)
    async def appliances(self, message: AppliancesQuery) -> Appliances:
        """Every appliance heard of within a day, up or not, by its id."""
        ...
