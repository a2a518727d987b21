from __future__ import annotations

from typing import Any

import pytest

from matinee.gateway.chain import Chain, chain
from matinee.gateway.extension.added import Added
from matinee.gateway.extension.place import endpoint, inbound, outbound, place_of
from matinee.runtime.errors import Invalid
from matinee.terms.filter_switch import Switch


def named(name: str) -> Any:
    def standard(*_: Any) -> None: ...

    standard.__name__ = name
    return standard


@pytest.fixture
def house() -> Chain:
    return chain(
        [named("one"), named("two"), named("three")], [named("proxy"), named("pages")], [named("last")], [named("log")]
    )


def added(mark: Any, name: str, **place: Any) -> Added:
    filter_ = mark(name=name, **place)(lambda *_: None)
    found = place_of(filter_)
    assert found is not None
    return Added(filter_, found, f"{name}.py")


def order(house: Chain, kind: str) -> list[str]:
    return [stage.name for stage in house.lists[kind]]


def test_without_a_word_an_endpoint_is_first_and_others_are_last(house: Chain) -> None:
    assert house.furnish([added(inbound, "a"), added(endpoint, "b"), added(outbound, "c")]) == []
    assert order(house, "inbound") == ["one", "two", "three", "a"]
    assert order(house, "endpoint") == ["b", "proxy", "pages"]
    assert order(house, "outbound") == ["last", "c"]


def test_after_before_and_order(house: Chain) -> None:
    house.furnish(
        [
            added(inbound, "late", after="two", order=2),
            added(inbound, "early", after="two", order=1),
            added(inbound, "same", after="two", order=1),
            added(inbound, "front", before="one"),
            added(inbound, "front-too", before="one"),
            added(inbound, "z", order=-1),
            added(inbound, "y"),
            added(endpoint, "b"),
            added(endpoint, "a"),
        ]
    )
    assert order(house, "inbound") == [
        "front", "front-too", "one", "two", "early", "same", "late", "three", "z", "y",
    ]  # fmt: skip
    assert order(house, "endpoint") == ["a", "b", "proxy", "pages"]


def test_what_has_no_place_is_left_out_with_a_sentence(house: Chain) -> None:
    wrong = house.furnish(
        [
            added(inbound, "one"),
            added(inbound, "a"),
            added(outbound, "a"),
            added(inbound, "b", after="proxy"),
        ]
    )
    assert order(house, "inbound") == ["one", "two", "three", "a"]
    assert order(house, "outbound") == ["last"]
    assert wrong == [
        "one.py: the filter one is not used: there is one of that name already",
        "a.py: the filter a is not used: there is one of that name already",
        "b.py: the filter b is not used: no standard inbound filter is named proxy",
    ]


def on(house: Chain) -> list[str]:
    return [stage.name for stage in house.way]


def test_a_filter_that_is_off_is_not_in_the_way(house: Chain) -> None:
    house.furnish([added(inbound, "a"), added(inbound, "b", on=False)])
    assert on(house) == ["one", "two", "three", "a", "proxy", "pages"]
    house.switch("a", Switch(on=False))
    house.switch("b", Switch(on=True))
    assert on(house) == ["one", "two", "three", "b", "proxy", "pages"]
    house.switch("b", None)
    house.switch("a", Switch(percent=0))
    assert on(house) == ["one", "two", "three", "proxy", "pages"]
    assert order(house, "inbound") == ["one", "two", "three", "a", "b"]


def test_a_switch_waits_for_its_filter(house: Chain) -> None:
    house.switch("a", Switch(on=False))
    house.furnish([added(inbound, "a")])
    assert on(house) == ["one", "two", "three", "proxy", "pages"]


def test_no_filter_of_the_house_is_switched(house: Chain) -> None:
    with pytest.raises(Invalid, match="two is a filter of the house itself"):
        house.switch("two", Switch(on=False))


def test_those_who_look_at_the_lists_see_what_came_later(house: Chain) -> None:
    lists = house.lists
    house.furnish([added(inbound, "a")])
    assert lists["inbound"][-1].name == "a"
