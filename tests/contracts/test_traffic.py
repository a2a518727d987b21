from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.services.traffic import journeys
from matinee.services.traffic.contract import (
    ByRequest,
    Counted,
    FilterFigures,
    InstanceFigures,
    Journey,
    Live,
    LiveQuery,
    NoSuchRequest,
    OriginFigures,
    Report,
    RequestsQuery,
    RouteFigures,
    Standing,
    Traffic,
    TryAt,
    Wait,
    Why,
)
from matinee.services.traffic.service import FORGOTTEN_S, Service
from matinee.terms.latency import BOUNDS_S, BUCKETS

Wired = Callable[..., Awaitable[Any]]
TENTH = BOUNDS_S.index(0.1)


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.at)

    real_now = now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/traffic.db", migrations="matinee.services.traffic")
    yield opened
    await opened.close()


@pytest.fixture
async def traffic(database: Database, clock: Hand, wired: Wired) -> Traffic:
    return await wired(Traffic, Service(database, clock))


def counted(good: int, bad: int = 0, retries: int = 0) -> Counted:
    """All within a tenth of a second."""
    buckets = [0] * BUCKETS
    buckets[TENTH] = good + bad
    ended = {"SUCCESS": good, "FAILURE_ORIGIN": bad}
    return Counted({name: count for name, count in ended.items() if count}, buckets, (good + bad) * 0.1, retries)


def report(up_s: float, figures: Counted, gateway: str = "a", **said: Any) -> Report:
    instance = InstanceFigures("api-1", "home", said.pop("state", Standing.UP), figures, 1, 0)
    return Report(
        gateway=gateway,
        zone="home",
        boot=said.pop("boot", "1"),
        up_s=up_s,
        draining=False,
        connections=5,
        in_flight=2,
        limit=100.0,
        lag_s=0.001,
        routes=[RouteFigures("play", "api", figures)],
        origins=[OriginFigures("api", figures, 2, 50.0, said.pop("shed", 0), [instance])],
        filters=said.pop("filters", [FilterFigures("inbound", "PassportSwap", True, 100.0, 16, 1, 0.002)]),
        **said,
    )


def journey(number: int, **said: Any) -> Journey:
    told = Journey(
        id=f"req_{number:032x}",
        trace="0" * 32,
        at=datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=number),
        gateway="a",
        zone="home",
        why=Why.SLOW,
        method="GET",
        target="/api/x",
        route="play",
        origin="api",
        account="acc_1",
        status=200,
        category="SUCCESS",
        body_ms=0.0,
        filters_ms=0.5,
        first_ms=1500.0,
        ended_ms=1501.0,
        waits=[Wait("PassportSwap", 0.1, 0.4)],
        tries=[TryAt("api-1", "home", True, 0.5, 0.6, 1500.0, 1501.0, 200, "SUCCESS")],
    )
    return replace(told, **said)


async def live(traffic: Traffic) -> Live:
    return await traffic.live(LiveQuery())


async def reported(traffic: Traffic, clock: Hand, seconds: int, per_s: int, bad: int = 0, gateway: str = "a") -> None:
    """So many seconds of a gateway that began with the test."""
    for second in range(1, seconds + 1):
        clock.at += 1
        await traffic.report(report(second, counted((per_s - bad) * second, bad * second), gateway))


async def test_what_comes_each_second_is_what_it_says(traffic: Traffic, clock: Hand) -> None:
    await reported(traffic, clock, 30, 10, bad=1)
    shown = await live(traffic)
    [route] = shown.routes
    assert (route.name, route.origin) == ("play", "api")
    assert route.flow.per_s == pytest.approx(10, rel=0.01)
    assert route.flow.failed == pytest.approx(0.1)
    assert route.flow.p50_s is not None
    assert 0.075 < route.flow.p50_s <= 0.1
    assert max(route.flow.recent) == 10
    assert max(route.flow.recent_failed) == 1
    assert shown.whole == route.flow
    assert shown.categories == {"SUCCESS": 270, "FAILURE_ORIGIN": 30}
    [origin] = shown.origins
    assert (origin.in_flight, origin.limit, origin.instances[0].state) == (2, 50.0, Standing.UP)
    assert (shown.filters[0].runs, shown.filters[0].mean_s) == (16, 0.002)
    assert not shown.old


async def test_gateways_are_added_up(traffic: Traffic, clock: Hand) -> None:
    for second in range(1, 21):
        clock.at += 1
        await traffic.report(report(second, counted(10 * second), "a"))
        await traffic.report(report(second, counted(30 * second), "b", state=Standing.EJECTED))
    shown = await live(traffic)
    assert shown.whole.per_s == pytest.approx(40, rel=0.01)
    [instance] = shown.origins[0].instances
    assert (instance.seen_by, instance.ejected_by, instance.state) == (2, 1, Standing.EJECTED)
    assert [each.per_s for each in shown.gateways] == pytest.approx([10, 30], rel=0.01)
    assert shown.filters[0].runs == 32


async def test_filters_stand_in_the_order_in_which_they_run_though_one_gateway_has_more(traffic: Traffic) -> None:
    def listed(*names: tuple[str, str]) -> list[FilterFigures]:
        return [FilterFigures(kind, name, True, 100.0, 16, 1, 0.002) for kind, name in names]

    first, last = ("inbound", "PassportSwap"), ("finished", "Journeys")
    await traffic.report(report(1, counted(1), "a", filters=listed(first, last)))
    await traffic.report(report(1, counted(1), "b", filters=listed(first, ("inbound", "no_robots"), last)))
    told = [(each.kind, each.name) for each in (await live(traffic)).filters]
    assert told == [first, ("inbound", "no_robots"), last]


async def test_a_gateway_that_was_there_before_tells_no_rate_of_long_ago(traffic: Traffic, clock: Hand) -> None:
    await traffic.report(report(86_400, counted(1_000_000)))
    assert (await live(traffic)).whole.per_s == 0
    clock.at += 1
    await traffic.report(report(86_401, counted(1_000_020)))
    assert (await live(traffic)).whole.per_s == pytest.approx(20)


async def test_a_new_start_begins_anew(traffic: Traffic, clock: Hand) -> None:
    await reported(traffic, clock, 20, 10)
    clock.at += 1
    await traffic.report(report(1, counted(3), boot="2"))
    assert (await live(traffic)).categories == {"SUCCESS": 3}


async def test_a_report_twice_or_overtaken_changes_nothing(traffic: Traffic, clock: Hand) -> None:
    await reported(traffic, clock, 20, 10)
    before = (await live(traffic)).categories
    await traffic.report(report(20, counted(200)))
    await traffic.report(report(15, counted(150)))
    clock.at += 0.6
    assert (await live(traffic)).categories == before


async def test_a_gateway_that_is_gone_is_old_and_counts_no_more(traffic: Traffic, clock: Hand) -> None:
    await reported(traffic, clock, 20, 10, gateway="gone")
    for second in range(1, 11):
        clock.at += 1
        await traffic.report(report(second, counted(5 * second), "here"))
    shown = await live(traffic)
    assert [(each.name, each.old) for each in shown.gateways] == [("gone", True), ("here", False)]
    assert shown.gateways[0].per_s == pytest.approx(10, rel=0.01)
    assert shown.whole.per_s == pytest.approx(5, rel=0.1)


async def test_where_no_gateway_is_heard_the_last_figures_stay_marked(traffic: Traffic, clock: Hand) -> None:
    await reported(traffic, clock, 20, 10)
    clock.at += 30
    shown = await live(traffic)
    assert shown.old
    assert shown.whole.per_s == pytest.approx(10, rel=0.01)
    assert shown.gateways[0].heard_s == 30
    clock.at += FORGOTTEN_S
    assert (await live(traffic)).gateways == []


async def test_a_request_is_found_by_its_id_whichever_gateway_told(traffic: Traffic) -> None:
    await traffic.report(report(1, counted(0), "a", journeys=[journey(1)]))
    await traffic.report(report(1, counted(0), "b", journeys=[journey(2, gateway="b")]))
    assert await traffic.request(ByRequest(journey(2).id)) == journey(2, gateway="b")
    with pytest.raises(NoSuchRequest):
        await traffic.request(ByRequest("req_unknown"))


async def test_a_journey_told_twice_is_kept_once(traffic: Traffic) -> None:
    for _ in range(2):
        await traffic.report(report(1, counted(0), journeys=[journey(1), journey(2)]))
    assert [each.id for each in (await traffic.requests(RequestsQuery())).requests] == [journey(2).id, journey(1).id]


async def test_requests_are_found_by_what_they_are_asked_for(traffic: Traffic) -> None:
    told = [
        journey(1),
        journey(2, status=503, why=Why.FAILED),
        journey(3, status=504, why=Why.FAILED, account="acc_2"),
        journey(4, route="browse"),
        journey(5, why=Why.SAMPLE),
    ]
    await traffic.report(report(1, counted(0), journeys=told))

    async def found(**asked: Any) -> list[int]:
        return [int(each.id[4:], 16) for each in (await traffic.requests(RequestsQuery(**asked))).requests]

    assert await found() == [4, 3, 2, 1]
    assert await found(why=Why.FAILED) == [3, 2]
    assert await found(why=Why.SAMPLE) == [5]
    assert await found(status="503") == [2]
    assert await found(status="5xx") == [3, 2]
    assert await found(account="acc_2") == [3]
    assert await found(route="browse") == [4]
    assert await found(limit=2) == [4, 3]
    assert await found(limit=2, before=journey(3).id) == [2, 1]
    with pytest.raises(NoSuchRequest):
        await found(before="req_unknown")


async def test_only_so_many_are_kept_for_so_long(
    traffic: Traffic, clock: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journeys, "MOST_KEPT", 2)
    monkeypatch.setattr("matinee.services.traffic.service.CLEARED_EVERY", 1)
    await traffic.report(report(1, counted(0), journeys=[journey(number) for number in range(1, 5)]))
    assert [each.id for each in (await traffic.requests(RequestsQuery())).requests] == [journey(4).id, journey(3).id]
    clock.at += 8 * 86_400
    await traffic.report(report(2, counted(0), journeys=[journey(int(clock.at))]))
    assert [each.id for each in (await traffic.requests(RequestsQuery())).requests] == [journey(int(clock.at)).id]


async def test_an_instance_that_is_counted_anew_goes_on_from_there(traffic: Traffic, clock: Hand) -> None:
    await reported(traffic, clock, 20, 10)
    for second in range(21, 41):
        clock.at += 1
        await traffic.report(report(second, counted(4 * (second - 20))))
    shown = await live(traffic)
    assert shown.routes[0].flow.per_s == pytest.approx(4, rel=0.01)
    assert min(shown.routes[0].flow.recent) >= 0
