"""How long things take, counted in fixed buckets: what several gateways have counted is added up bucket by bucket."""

from __future__ import annotations

from collections.abc import Sequence

BOUNDS_S = (
    0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2,
    0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 30.0, 60.0,
)  # fmt: skip
"""Upper ends in seconds; one bucket more holds what is longer."""

BUCKETS = len(BOUNDS_S) + 1


def quantile(buckets: Sequence[int], share: float) -> float | None:
    """The seconds within which that share of all were, as if they lay evenly in their bucket; None where there are none.
    What is longer than the last bound counts as that bound."""
    rank = sum(buckets) * share
    if rank <= 0:
        return None
    for place, count in enumerate(buckets):
        if rank <= count:
            if place == len(BOUNDS_S):
                break
            lower = BOUNDS_S[place - 1] if place else 0.0
            return lower + (BOUNDS_S[place] - lower) * rank / count
        rank -= count
    return BOUNDS_S[-1]
