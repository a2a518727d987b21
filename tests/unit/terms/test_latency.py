from __future__ import annotations

import random
from bisect import bisect_left

import pytest

from matinee.terms.latency import BOUNDS_S, BUCKETS, quantile


def buckets(times: list[float]) -> list[int]:
    counted = [0] * BUCKETS
    for seconds in times:
        counted[bisect_left(BOUNDS_S, seconds)] += 1
    return counted


def test_nothing_has_no_quantile() -> None:
    assert quantile([0] * BUCKETS, 0.99) is None


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_a_quantile_is_off_by_less_than_half(share: float) -> None:
    chance = random.Random(7)
    times = sorted(chance.lognormvariate(-4, 1.2) for _ in range(20_000))
    found = quantile(buckets(times), share)
    assert found == pytest.approx(times[int(share * len(times))], rel=0.2)


def test_gateways_together_have_the_quantile_of_all() -> None:
    chance = random.Random(8)
    one, other = ([chance.expovariate(40) for _ in range(5000)] for _ in range(2))
    summed = [a + b for a, b in zip(buckets(one), buckets(other), strict=True)]
    assert quantile(summed, 0.99) == quantile(buckets(one + other), 0.99)


def test_what_is_beyond_the_last_bound_is_that_bound() -> None:
    assert quantile(buckets([500.0]), 0.5) == BOUNDS_S[-1]
