from __future__ import annotations

import pytest

from matinee.gateway.overload.rates import Meter
from matinee.terms.routing import Rate


def test_a_burst_and_then_as_many_as_come_back() -> None:
    meter = Meter(Rate(2, 3), "x")
    assert [meter.take("a", 100) for _ in range(3)] == [0, 0, 0]
    assert meter.take("a", 100) == pytest.approx(0.5)
    assert meter.take("a", 100.3) == pytest.approx(0.2), "who asks in vain does not wait longer for it"
    assert meter.take("a", 100.5) == 0
    assert meter.take("a", 100.5) == pytest.approx(0.5)
    assert [meter.take("a", 1000) for _ in range(4)][:3] == [0, 0, 0]
    assert meter.take("a", 1000) > 0


def test_in_the_long_run_it_is_the_rate() -> None:
    meter = Meter(Rate(10, 20), "x")
    through = sum(meter.take("a", 5 + step / 1000) == 0 for step in range(100_000))
    assert through == pytest.approx(20 + 10 * 100, abs=1)


def test_others_are_counted_for_themselves() -> None:
    meter = Meter(Rate(1, 1), "x")
    assert meter.take("a", 1) == 0
    assert meter.take("b", 1) == 0
    assert meter.take("a", 1) > 0


def test_memory_is_bounded() -> None:
    meter = Meter(Rate(1, 1), "x", kept=100)
    for number in range(10_000):
        meter.take(f"{number}", 1)
    assert len(meter) == 100


def test_the_window_is_what_a_burst_takes_to_come_back() -> None:
    assert Meter(Rate(2, 300), "x").window_s == 150
    assert Meter(Rate(1000, 1), "x").window_s == 1
