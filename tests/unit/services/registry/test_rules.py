from __future__ import annotations

import pytest

from matinee.services.registry.contract import InstanceState
from matinee.services.registry.rules import BELIEVED_S, standing, verdict

UP, STARTING, DRAINING, DOWN = (
    InstanceState.UP,
    InstanceState.STARTING,
    InstanceState.DRAINING,
    InstanceState.DOWN,
)


def test_a_few_that_are_silent_lose_their_lease() -> None:
    ages = {"a": 1.0, "b": 2.0, "c": 11.0, "d": 12.0}
    assert verdict(ages, ["c", "d"]) == (["c", "d"], ())
    assert verdict(ages, []) == ([], ())


def test_when_most_are_silent_all_get_another_lease_but_those_long_gone() -> None:
    ages = {"a": 1.0, "b": 11.0, "c": BELIEVED_S + 1}
    assert verdict(ages, ["b", "c"]) == (["c"], ["b"])
    assert verdict({"a": 11.0}, ["a"]) == ([], ["a"])


@pytest.mark.parametrize(
    ("own", "marked", "counts"),
    [
        (UP, None, UP),
        (UP, DRAINING, DRAINING),
        (DRAINING, DOWN, DOWN),
        (DOWN, DRAINING, DOWN),
        (STARTING, DRAINING, DRAINING),
    ],
)
def test_what_asks_for_less_work_counts(
    own: InstanceState, marked: InstanceState | None, counts: InstanceState
) -> None:
    assert standing(own, marked) is counts
