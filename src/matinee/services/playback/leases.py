"""A stream is a lease on one of the plan's slots. Pure: the rows and the time come in, who must go comes out."""

from __future__ import annotations

from msgspec import Struct

from matinee.runtime.clock import moment
from matinee.services.playback.contract import HEARTBEAT_S, TooManyStreams

LEASE_MS = 3 * HEARTBEAT_S * 1000
"""A lease lapses this long after its last heartbeat, by a clock that nobody moves: three were missed."""


class Stream(Struct, frozen=True):
    """A session that has not ended. Times are milliseconds."""

    session_id: str
    title_id: str
    device: str
    started_at: int
    beat_at: int


def lapsed(stream: Stream, now_ms: int) -> bool:
    """Whether three heartbeats were missed."""
    return now_ms - stream.beat_at >= LEASE_MS


def admit(others: list[Stream], slots: int, now_ms: int) -> list[Stream]:
    """The lapsed sessions that must end so that one more stream may hold a slot, those silent the longest first.

    A lapsed session has freed its slot but its bytes still flow; it ends only when no other slot is left to give. So an
    account never has more sessions whose bytes flow than slots. Raises TooManyStreams while all slots are held.
    """
    live = [stream for stream in others if not lapsed(stream, now_ms)]
    if len(live) >= slots:
        raise TooManyStreams(streams=[_shown(stream) for stream in live])
    silent = sorted((s for s in others if lapsed(s, now_ms)), key=lambda s: (s.beat_at, s.session_id))
    return silent[: max(0, len(others) + 1 - slots)]


def _shown(stream: Stream) -> dict[str, str]:
    return {
        "session_id": stream.session_id,
        "title_id": stream.title_id,
        "device": stream.device,
        "started_at": moment(stream.started_at).isoformat(),
    }
