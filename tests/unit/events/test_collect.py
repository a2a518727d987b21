from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from matinee.backends.log.port import Log, Record
from matinee.events.collect import MOST_BYTES, MOST_EVENTS, Collector, event
from matinee.events.contract import Beacon, BeaconKind, Collect
from matinee.runtime.errors import Invalid, OutOfSpace, TooLarge
from matinee.runtime.events import Event
from matinee.terms.maturity import Maturity
from matinee.terms.viewer import Viewer

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VIEWER = Viewer("acc_1", "lgn_1", "prf_1", frozenset(), Maturity.TEN, "FR", "DE")
BEACON = Beacon("client-id-1", BeaconKind.IMPRESSION, "row", NOW, "ttl_1", "ses_1", {"row": "new"})


class Memory:
    def __init__(self, error: Exception | None = None) -> None:
        self.records: list[tuple[str, Record]] = []
        self._error = error

    async def append(self, topic: str, records: list[Record]) -> None:
        if self._error:
            raise self._error
        self.records += [(topic, record) for record in records]

    reader: Any = None
    close: Any = None


class Clock:
    def now(self) -> datetime:
        return NOW

    real_now = now

    def monotonic(self) -> float:
        return 0.0


def collector(log: Log) -> Collector:
    return Collector(log, Clock())


async def test_a_beacon_is_kept_under_who_really_sent_it() -> None:
    log = Memory()
    forged = replace(BEACON, data={"account_id": "acc_2", "profile_id": "prf_2", "territory": "US"})
    await collector(log).collect(Collect(VIEWER, [BEACON, forged]))
    assert [(topic, record.key) for topic, record in log.records] == [("beacons", b"acc_1")] * 2
    first, second = [msgspec.json.decode(record.value, type=Event) for _, record in log.records]
    assert (first.id, first.type, first.time, first.subject) == (
        "acc_1.client-id-1",
        "matinee.beacon.impression",
        NOW,
        "ttl_1",
    )
    assert first.data == {
        "name": "row",
        "account_id": "acc_1",
        "profile_id": "prf_1",
        "territory": "DE",
        "title_id": "ttl_1",
        "session_id": "ses_1",
        "received": NOW.isoformat(),
        "data": {"row": "new"},
    }
    assert (second.data["account_id"], second.data["profile_id"], second.data["territory"]) == ("acc_1", "prf_1", "DE")


@pytest.mark.parametrize(
    ("ahead", "kept"), [(timedelta(seconds=5), timedelta(seconds=5)), (timedelta(seconds=5.001), timedelta(0))], ids=str
)
def test_a_clock_that_runs_ahead_counts_as_now(ahead: timedelta, kept: timedelta) -> None:
    assert event(replace(BEACON, at=NOW + ahead), VIEWER, NOW).time == NOW + kept


def test_an_early_time_is_kept() -> None:
    assert event(replace(BEACON, at=NOW - timedelta(days=3)), VIEWER, NOW).time == NOW - timedelta(days=3)


def test_two_accounts_may_use_one_id() -> None:
    assert event(BEACON, VIEWER, NOW).id != event(BEACON, replace(VIEWER, account_id="acc_2"), NOW).id


@pytest.mark.parametrize(
    ("beacon", "error"),
    [
        (replace(BEACON, at=NOW.replace(tzinfo=None)), Invalid),
        (replace(BEACON, data={"x": "y" * MOST_BYTES}), TooLarge),
        (replace(BEACON, data={"x": object()}), Invalid),
    ],
    ids=["no time zone", "too much", "no JSON"],
)
async def test_one_bad_event_keeps_the_batch_out(beacon: Beacon, error: type[Exception]) -> None:
    log = Memory()
    with pytest.raises(error):
        await collector(log).collect(Collect(VIEWER, [BEACON, beacon]))
    assert log.records == []


async def test_a_batch_has_a_limit() -> None:
    log = Memory()
    await collector(log).collect(Collect(VIEWER, []))
    with pytest.raises(TooLarge):
        await collector(log).collect(Collect(VIEWER, [BEACON] * (MOST_EVENTS + 1)))
    assert log.records == []


async def test_a_full_log_is_told() -> None:
    with pytest.raises(OutOfSpace):
        await collector(Memory(OutOfSpace())).collect(Collect(VIEWER, [BEACON]))
