from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.services.playback.contract import TooManyStreams
from matinee.services.playback.leases import LEASE_MS, Stream, admit, lapsed


def stream(name: int, beat_at: int) -> Stream:
    return Stream(f"ses_{name}", "ttl", "device", 0, beat_at)


@given(st.lists(st.integers(0, 3 * LEASE_MS), max_size=8), st.integers(1, 4))
def test_after_an_admission_no_more_sessions_flow_than_there_are_slots(beats: list[int], slots: int) -> None:
    now = 3 * LEASE_MS
    others = [stream(name, at) for name, at in enumerate(beats)]
    live = [one for one in others if not lapsed(one, now)]
    if len(live) >= slots:
        with pytest.raises(TooManyStreams) as refused:
            admit(others, slots, now)
        assert [one["session_id"] for one in refused.value.extra["streams"]] == [one.session_id for one in live]
        return
    gone = admit(others, slots, now)
    assert all(lapsed(one, now) for one in gone)
    assert len(others) - len(gone) + 1 <= slots
    kept = [one for one in others if lapsed(one, now) and one not in gone]
    assert not gone or len(others) - len(gone) + 1 == slots, "none ends without need"
    assert all(a.beat_at <= b.beat_at for a in gone for b in kept), "those silent the longest go first"
