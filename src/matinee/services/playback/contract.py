"""Playback: may this device open one more stream, which files suit it, and the session that says so."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from matinee.runtime.errors import Conflict, Forbidden, NotFound
from matinee.runtime.rpc.operation import operation
from matinee.terms.rendition import Rendition
from matinee.terms.thumbnails import Thumbnails
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


class NotLicensed(Forbidden):
    type, title = "not-licensed", "This session has no right to that key"


KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
"""A key's name, as `cenc:default_KID` and a media segment's `tenc` box have it, in hex without dashes."""


class Screen(Struct, frozen=True):
    width: Annotated[int, Meta(ge=1, le=16384)]
    height: Annotated[int, Meta(ge=1, le=16384)]


class Device(Struct, frozen=True):
    """What the client says of itself. `codecs` are RFC 6381 strings (their first part decides) of what it plays smoothly and
    without more power than H.264 takes; none: not told, so that of several forms it gets the one that plays everywhere."""

    screen: Screen = Screen(1920, 1080)
    codecs: Annotated[list[Annotated[str, Meta(max_length=60)]], Meta(max_length=50)] = []
    downlink_kbps: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


class Open(Struct, frozen=True):
    """`renditions` are all that the encode has; `streams` and `max_height` what the plan allows. `encode_path` is the folder
    `{title}/{encode}` under an appliance. `series_id` is that of an episode: its plays count for the series; a preview counts for
    nothing."""

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
    thumbnails: Thumbnails | None = None
    series_id: str | None = None
    preview: bool = False
    key_id: KeyId | None = None
    complete: bool = True


class Session(Struct, frozen=True):
    """An open session. `token` is what `?token=` carries: it opens this session's manifests, steering and licence alone.
    `renditions` are those that suit, best first. `media_expires_at`: the running time and six hours from its start. `key_id`
    names the key of an encrypted film. Not `complete`: better renditions are on their way, and `refit` takes them in."""

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
    thumbnails: Thumbnails | None = None
    key_id: KeyId | None = None
    complete: bool = True


class ByToken(Struct, frozen=True):
    """A session as its documents are asked for: `token` is what their `?token=` carries."""

    session_id: str
    token: Annotated[str, Meta(max_length=2000)]


class Refit(Struct, frozen=True):
    """What a session's encode has by now: all its `renditions`, and whether these are the last; its `thumbnails`."""

    session_id: str
    token: Annotated[str, Meta(max_length=2000)]
    renditions: list[Rendition]
    complete: bool
    thumbnails: Thumbnails | None = None


class MakeKey(Struct, frozen=True):
    """For an encode that is to be encrypted, asked before it is packaged."""

    encode_id: Annotated[str, Meta(min_length=1, max_length=40)]


class ContentKey(Struct, frozen=True):
    """A key of AES-128 with its name. It is shown nowhere: not even where it is printed by mistake."""

    key_id: KeyId
    key: Annotated[bytes, Meta(min_length=16, max_length=16)]

    def __repr__(self) -> str:
        return f"ContentKey(key_id={self.key_id!r})"


class LicenceQuery(Struct, frozen=True):
    """Asks for keys of a session's own encode; `key_ids` of others are left out, and None asks for all that there are."""

    session_id: str
    token: Annotated[str, Meta(max_length=2000)]
    key_ids: Annotated[list[KeyId], Meta(max_length=32)] | None = None


class Licence(Struct, frozen=True):
    """At least one key. The session that it was given to gets no other after `expires_at`, or once it has ended."""

    keys: list[ContentKey]
    expires_at: datetime


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
    async def refit(self, message: Refit) -> Session:
        """Chooses anew for a session that began before its encode was complete: of the same codec, for the same device and
        plan. Any other session stays as it is. Raises NoSuchSession, BadSessionToken."""
        ...

    @operation(idempotent=True)
    async def key(self, message: MakeKey) -> ContentKey:
        """The encode's key, made when first asked for. Inside the house alone, for what packages films."""
        ...

    @operation(idempotent=True)
    async def licence(self, message: LicenceQuery) -> Licence:
        """Keys for a session that lives. Raises NoSuchSession, BadSessionToken, NotLicensed where none of them is its own."""
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
