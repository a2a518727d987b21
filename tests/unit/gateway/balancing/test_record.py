from __future__ import annotations

from math import log

import pytest

from matinee.gateway.balancing.record import FLOOR_S, Record, share


def test_latency_is_the_geometric_mean() -> None:
    record = Record()
    for took in (0.008, 0.098):
        record.answered(took, 1)
    record.settle(1)
    assert record.latency == pytest.approx(log((0.01 * 0.1) ** 0.5))


def test_what_was_seen_fades() -> None:
    record = Record()
    record.reported = b"0.8"
    for _ in range(10):
        record.failed(1, gateway=True)
    assert record.error_rate == pytest.approx(10 / 11)
    record.settle(0.5)
    record.read(0.5)
    assert record.error_rate == pytest.approx(10 / 11)
    assert record.utilization == 0.8
    for _ in range(20):
        record.settle(0.5)
        record.read(0.5)
    assert record.error_rate < 0.001
    assert record.utilization < 0.001


def test_a_clock_that_stands_still_and_a_report_of_nonsense_do_no_harm() -> None:
    record = Record()
    record.answered(0.0, 1)
    record.answered(-0.1, 1)
    record.settle(1)
    assert record.latency == pytest.approx(log(FLOOR_S))
    assert [share(each) for each in (b"0.4", b"7", b"-1", b"x", b"nan", b"inf")] == [0.4, 1, 0, 0, 0, 1]
