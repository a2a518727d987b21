"""Playback: may this device open one more stream, which files suit it, and the session that says so."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, Forbidden, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.terms.rendition import Rendition
from matinee.terms.viewer import Viewer

HEARTBEAT_S = 5
"""How often a player says that it is still there; a stream is held for three of these (`leases.LEASE_MS`)."""


class TooManyStreams(Conflict):
    """`extra.streams` lists what plays now: `{session_id, title_id, device, started_at}`."""

    type, title = "too-many-streams", "Your plan's streams are all in use"


class NoSuchSession(NotFound):
    type, title = "no-such-session", "This playback session has ended"


class BadSessionToken(Forbidden):
    type, title = "bad-session-token", "This link is not valid for this session"


class NoSuitableFile(Conflict):
    type, title = "no-suitable-file", "This device can play none of the title's formats"


class Screen(Struct, frozen=True):
    width: Annotated[int, Meta(ge=1, le=16384)]
    height: Annotated[int, Meta(ge=1, le=16384)]


class Device(Struct, frozen=True):
    """What the client says of itself. `codecs` are RFC 6381 strings (their first part decides); none: any."""

    screen: Screen = Screen(1920, 1080)
    codecs: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=50)] = []
    downlink_kbps: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


class Open(Struct, frozen=True):
    """`renditions` are all that the encode has; `streams` and `max_height` what the plan allows. `encode_path` is the folder
    `{title}/{encode}` under an appliance."""

    viewer: Viewer
    title_id: str
    encode_path: str
    duration_ms: int
    segment_ms: int
    renditions: list[Rendition]
    streams: int
    max_height: int
    device: Device
    device_name: str = ""


class Session(Struct, frozen=True):
    """An open session. `token` is what `?token=` carries: it opens this session's manifests, steering and licence alone.
    `renditions` are those that suit, best first. `media_expires_at`: the running time and six hours from its start."""

    id: str
    token: str
    account_id: str
    profile_id: str
    login: str
    title_id: str
    encode_path: str
    duration_ms: int
    segment_ms: int
    renditions: list[Rendition]
    territory: str
    started_at: datetime
    media_expires_at: datetime


class ByToken(Struct, frozen=True):
    """A session as its documents are asked for: `token` is what their `?token=` carries."""

    session_id: str
    token: Annotated[str, Meta(max_length=2000)]


class Beat(Struct, frozen=True):
    """Keeps the lease, in any state. `profile_id` is the viewer's: another's session is not found."""

    session_id: str
    account_id: str
    profile_id: str
    streams: int


class Beaten(Struct, frozen=True):
    """What the session plays, for the bookmark."""

    title_id: str
    duration_ms: int


class Close(Struct, frozen=True):
    """Ends one session of this very profile; harmless where it has ended."""

    session_id: str
    account_id: str
    profile_id: str


class CloseAll(Struct, frozen=True):
    """Ends every session of a title (withdrawn), of a login (revoked) or of an account; give one."""

    title_id: str | None = None
    login: str | None = None
    account_id: str | None = None


class ObserveEnded(Struct, frozen=True):
    """Waits up to `wait_s` for ended sessions after the cursor; a negative one asks for all that still matter."""

    after: int
    wait_s: float


class Ended(Struct, frozen=True):
    """`sessions` whose media tokens no longer count though they have not expired."""

    cursor: int
    sessions: list[str]


class Playback(Protocol):
    """A stream is a lease: it lapses when three heartbeats (`HEARTBEAT_S`) were missed. Lapsed, it only frees its slot; its session
    ends when another takes that slot. All changes are events `matinee.playback.{started,ended}` on topic `playback`."""

    @operation()
    async def open(self, message: Open) -> Session:
        """Raises TooManyStreams, NoSuitableFile."""
        ...

    @operation(idempotent=True)
    async def session(self, message: ByToken) -> Session:
        """Raises NoSuchSession, BadSessionToken."""
        ...

    @operation(idempotent=True)
    async def heartbeat(self, message: Beat) -> Beaten:
        """After a lapse it takes a free slot again. Raises NoSuchSession, TooManyStreams."""
        ...

    @operation(idempotent=True)
    async def close(self, message: Close) -> None:
        """Raises NoSuchSession for a session that was never this profile's."""
        ...

    @operation(idempotent=True)
    async def close_all(self, message: CloseAll) -> None:
        """Harmless where none is open. Raises Invalid unless exactly one is given."""
        ...

    @operation(idempotent=True, timeout_s=35)
    async def observe_ended(self, message: ObserveEnded) -> Ended:
        """At once where some ended after the cursor; each stays listed until its media token has expired."""
        ...
