from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from matinee.runtime.errors import Invalid, TooLarge
from matinee.services.push import rules
from matinee.services.push.contract import (
    Audience,
    Holding,
    Message,
    Numbered,
    Observed,
    ObserveMessages,
    Push,
    Renew,
    Resume,
    Returning,
)
from matinee.services.push.service import Service

Wired = Callable[..., Awaitable[Any]]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
GUARDIAN = frozenset({Audience.GUARDIAN})


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def real_now(self) -> datetime:
        return NOW + timedelta(seconds=self.at)

    now = real_now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def push(clock: Hand, wired: Wired) -> Push:
    return await wired(Push, Service(clock))


def message(name: str, clock: Hand, account: str | None = "acc_1", **said: Any) -> Message:
    lasts_s = said.pop("lasts_s", 600)
    return Message(name, "word", clock.now() + timedelta(seconds=lasts_s), {"n": name}, account_id=account, **said)


def held(account: str = "acc_1", profile: str | None = "prf_1", count: int = 1, audiences: Any = GUARDIAN) -> Holding:
    return Holding(account, profile, frozenset(audiences), count)


async def come(push: Push, gateway: str, after: int = -1, wait_s: float = 0.0) -> Observed:
    return await push.observe(ObserveMessages(gateway, after, wait_s))


def ids(messages: list[Numbered]) -> list[str]:
    return [each.message.id for each in messages]


async def missed(push: Push, after: int, account: str = "acc_1", **who: Any) -> list[str]:
    device = Returning(account, who.get("profile", "prf_1"), frozenset(who.get("audiences", ())), after)
    return ids((await push.resume(Resume([device]))).messages[0])


async def test_a_message_goes_to_the_gateways_that_hold_its_account_and_to_no_other(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held(count=2)], whole=True))
    await push.renew(Renew("b", [held(count=1), held("acc_2")], whole=True))
    await push.renew(Renew("c", [held("acc_2")], whole=True))
    assert (await push.send(message("m1", clock))).devices == 3
    assert [ids((await come(push, name)).messages) for name in "abc"] == [["m1"], ["m1"], []]


async def test_nobody_is_reached_who_is_not_there(push: Push, clock: Hand) -> None:
    assert (await push.send(message("m1", clock))).devices == 0
    await push.renew(Renew("a", [held()], whole=True))
    await push.renew(Renew("a", [held(count=0)]))
    assert (await push.send(message("m2", clock))).devices == 0
    await push.renew(Renew("a", [held(), held("acc_2")], whole=True))
    await push.renew(Renew("a", [held("acc_2")], whole=True))
    assert (await push.send(message("m3", clock))).devices == 0


async def test_a_message_is_for_a_profile_or_an_audience_alone(push: Push, clock: Hand) -> None:
    adult, child = held(), held(profile="prf_2", audiences=())
    await push.renew(Renew("a", [adult, child, held("acc_2", audiences={Audience.EDITOR})], whole=True))
    assert (await push.send(message("m1", clock, profile_id="prf_2"))).devices == 1
    assert (await push.send(message("m2", clock, audience=Audience.GUARDIAN))).devices == 1
    assert (await push.send(message("m3", clock, None, audience=Audience.EDITOR))).devices == 1
    assert (await push.send(message("m4", clock, None))).devices == 3


async def test_what_has_come_is_not_given_again_and_what_has_not_is(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    for name in ("m1", "m2"):
        await push.send(message(name, clock))
    first = await come(push, "a")
    assert ids(first.messages) == ids((await come(push, "a")).messages) == ["m1", "m2"]
    await push.send(message("m3", clock))
    assert ids((await come(push, "a", first.cursor)).messages) == ["m3"]


async def test_a_repeat_is_the_same_message(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    once = message("m1", clock)
    assert (await push.send(once)).devices == (await push.send(once)).devices == 1
    assert ids((await come(push, "a")).messages) == ["m1"]


async def test_who_waits_hears_at_once(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    waiting = asyncio.create_task(come(push, "a", wait_s=10))
    await asyncio.sleep(0.05)
    await push.send(message("m1", clock))
    async with asyncio.timeout(5):
        assert ids((await waiting).messages) == ["m1"]


async def test_a_gateway_that_is_not_known_is_told_so_and_tells_all(push: Push) -> None:
    assert not (await come(push, "a", wait_s=10)).known
    assert (await push.renew(Renew("a", [held()]))).ttl_s == 0
    assert (await push.renew(Renew("a", [held()], whole=True))).ttl_s == rules.TTL_S
    assert (await come(push, "a")).known


async def test_what_is_not_told_again_counts_no_more(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held(), held("acc_2")], whole=True))
    for _ in range(int(rules.TTL_S // rules.GRACE_S) + 1):
        clock.at += rules.GRACE_S
        await come(push, "a")
        await push.renew(Renew("a", [held("acc_2")]))
    assert (await push.send(message("m1", clock))).devices == 0
    assert (await push.send(message("m2", clock, "acc_2"))).devices == 1


async def test_a_gateway_that_asks_no_more_is_gone(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    await come(push, "a")
    clock.at += rules.GRACE_S + 1
    assert (await push.send(message("m1", clock))).devices == 0
    assert not (await come(push, "a")).known


async def test_a_gateway_that_takes_nothing_loses_the_oldest_and_hears_how_many(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    for number in range(rules.MOST_WAITING + 3):
        await push.send(message(f"m{number}", clock))
    first = await come(push, "a")
    assert (len(first.messages), first.messages[0].message.id, first.dropped) == (rules.MOST_AT_ONCE, "m3", 3)
    second = await come(push, "a", first.cursor)
    assert second.messages[0].message.id == f"m{3 + rules.MOST_AT_ONCE}"


async def test_a_device_that_comes_back_gets_what_it_has_missed_and_nobody_elses(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    await push.send(message("m1", clock))
    last = (await come(push, "a")).cursor
    await push.send(message("m2", clock))
    await push.send(message("m3", clock, "acc_2"))
    await push.send(message("m4", clock, audience=Audience.GUARDIAN))
    await push.send(message("m5", clock, None))
    await push.send(message("m6", clock, profile_id="prf_2"))
    assert await missed(push, last) == ["m2", "m5"]
    assert await missed(push, last, audiences=GUARDIAN) == ["m2", "m4", "m5"]
    assert await missed(push, last, "acc_2") == ["m3", "m5"]
    assert await missed(push, last, profile="prf_2") == ["m2", "m5", "m6"]


async def test_several_devices_are_answered_in_their_order(push: Push, clock: Hand) -> None:
    await push.send(message("m1", clock))
    await push.send(message("m2", clock, "acc_2"))
    devices = [Returning(account, None, frozenset(), 0) for account in ("acc_2", "acc_3", "acc_1")]
    assert [ids(each) for each in (await push.resume(Resume(devices))).messages] == [["m2"], [], ["m1"]]


async def test_the_window_closes_and_holds_so_many(push: Push, clock: Hand) -> None:
    await push.send(message("old", clock))
    clock.at += rules.WINDOW_S + 1
    assert await missed(push, 0) == []
    for number in range(rules.MOST_KEPT + 5):
        await push.send(message(f"m{number}", clock))
    found = await missed(push, 0)
    assert (len(found), found[0]) == (rules.MOST_KEPT, "m5")


async def test_what_has_expired_is_given_to_nobody(push: Push, clock: Hand) -> None:
    await push.renew(Renew("a", [held()], whole=True))
    assert (await push.send(message("m1", clock, lasts_s=0))).devices == 0
    assert (await push.send(message("m2", clock, lasts_s=5))).devices == 1
    clock.at += 6
    assert (await come(push, "a")).messages == []
    assert await missed(push, 0) == []


async def test_a_message_that_cannot_be_is_refused(push: Push, clock: Hand) -> None:
    with pytest.raises(Invalid):
        await push.send(message("m1", clock, None, profile_id="prf_1"))
    with pytest.raises(TooLarge):
        await push.send(Message("m2", "word", clock.now() + timedelta(seconds=9), {"long": "x" * 5000}))


async def test_numbers_go_on_after_a_restart(clock: Hand) -> None:
    service = Service(clock)
    await service.renew(Renew("a", [held()], whole=True))
    await service.send(message("m1", clock))
    last = (await service.observe(ObserveMessages("a"))).cursor
    clock.at += 1
    again = Service(clock)
    await again.renew(Renew("a", [held()], whole=True))
    await again.send(message("m2", clock))
    assert ids((await again.observe(ObserveMessages("a", last))).messages) == ["m2"]
