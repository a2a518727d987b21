from __future__ import annotations

import pytest

from matinee.runtime.utilization import EVERY_S, Utilization


def after(*naps: tuple[float, float]) -> Utilization:
    utilization = Utilization()
    for took_s, used_s in naps:
        utilization.measured(took_s, used_s)
    return utilization


def test_idle_and_busy() -> None:
    assert after((EVERY_S, 0.0)).written == b"0.00"
    assert after(*[(EVERY_S, EVERY_S * 0.4)] * 20).share == pytest.approx(0.4, abs=0.01)
    assert after(*[(EVERY_S, EVERY_S * 2)] * 20).written == b"1.00"


def test_a_loop_that_is_held_up_is_busy_though_it_uses_no_processor() -> None:
    assert after(*[(EVERY_S * 4, 0.0)] * 5).share == pytest.approx(0.75, abs=0.01)


def test_it_falls_within_seconds() -> None:
    utilization = after(*[(EVERY_S, EVERY_S)] * 20)
    for _ in range(12):
        utilization.measured(EVERY_S, 0.0)
    assert utilization.share < 0.01


def test_a_clock_that_stands_still_does_no_harm() -> None:
    assert after((0.0, 0.0)).share == 0
