from __future__ import annotations

from matinee.gateway.balancing.workers import Workers, workers
from matinee.services.registry.contract import Instance, Instances, InstanceState

UP, STARTING, DRAINING, DOWN = InstanceState.UP, InstanceState.STARTING, InstanceState.DRAINING, InstanceState.DOWN


def one(name: str, state: InstanceState = UP, service: str = "api") -> Instance:
    return Instance(name, service, f"unix:/{name}", state=state)


def told(*instances: Instance, whole: bool = True) -> Instances:
    return Instances(1, list(instances), whole)


def names(known: Workers) -> dict[str, list[str]]:
    return {service: [each.id for each in listed] for service, listed in known.items()}


def test_who_is_up_or_drains_works() -> None:
    found = workers(told(one("c"), one("a", DRAINING), one("d", DOWN), one("e", STARTING), one("g", UP, "gateway")), {})
    assert names(found) == {"api": ["a", "c"], "gateway": ["g"]}


def test_who_is_no_longer_told_is_gone() -> None:
    assert names(workers(told(one("b")), {"api": [one("a"), one("b")]})) == {"api": ["b"]}


def test_a_registry_that_was_just_started_takes_nobody_away_but_by_its_word() -> None:
    before = {"api": [one("a"), one("b")], "push": [one("p", service="push")]}
    assert names(workers(told(one("c"), one("b", DOWN), whole=False), before)) == {"api": ["a", "c"], "push": ["p"]}


def test_a_service_is_never_left_without_anybody() -> None:
    before = {"api": [one("a"), one("b")]}
    assert names(workers(told(), before)) == {"api": ["a", "b"]}
    assert names(workers(told(one("a", DOWN), one("b", DOWN)), before)) == {"api": ["a", "b"]}
