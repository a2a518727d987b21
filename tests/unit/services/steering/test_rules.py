from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from matinee.services.steering.contract import NoAppliance, Report
from matinee.services.steering.rules import rank

LOADS = st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1), min_size=1)


def reports(loads: dict[str, float]) -> list[Report]:
    return [Report(name, "u", "z", "b", load, True, ["ttl_1/enc_1"], 0, 0, "1") for name, load in loads.items()]


@given(LOADS, st.randoms())
def test_the_order_of_reports_does_not_matter_and_every_appliance_is_named_once(
    loads: dict[str, float], order: object
) -> None:
    shuffled = reports(loads)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    first = rank(reports(loads), "ttl_1/enc_1", "h", [])
    assert first == rank(shuffled, "ttl_1/enc_1", "h", [])
    assert sorted(one.id for one in first) == sorted(loads)


@given(st.sampled_from("abcdef"))
def test_an_appliance_that_goes_moves_only_its_own_titles(gone: str) -> None:
    every = reports(dict.fromkeys("abcdef", 0.0))
    for number in range(40):
        before = [one.id for one in rank(every, f"ttl_{number}/enc", "h", [])]
        after = [one.id for one in rank([r for r in every if r.appliance_id != gone], f"ttl_{number}/enc", "h", [])]
        assert after == [name for name in before if name != gone]


def test_titles_spread_over_equals() -> None:
    every = reports(dict.fromkeys("ab", 0.0))
    winners = [rank(every, f"ttl_{number}/enc", "h", [])[0].id for number in range(200)]
    assert 60 < winners.count("a") < 140


def test_an_appliance_whose_disk_is_full_serves_what_it_holds_and_nothing_else() -> None:
    every = [replace(one, full=one.appliance_id == "a") for one in reports({"a": 0.0, "b": 0.9})]
    assert [one.id for one in rank(every, "ttl_1/enc_1", "h", [])] == ["a", "b"]
    assert [one.id for one in rank(every, "ttl_2/enc_2", "h", [])] == ["b"]
    with pytest.raises(NoAppliance):
        rank(every[:1], "ttl_2/enc_2", "h", [])
