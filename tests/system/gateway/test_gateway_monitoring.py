"""What the gateway tells of the requests that pass it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import cast

import pytest
from gateway_house import OK, SHORT, Caller, House, Origin, fixed, get
from msgspec.structs import replace

from matinee.gateway.monitoring.reporting import Reporting
from matinee.runtime.errors import Unavailable
from matinee.services.traffic.contract import Journey, Report, Standing, Why
from matinee.terms.journey_keeping import Keeping

Eventually = Callable[..., Awaitable[None]]


class Desk:
    """The traffic service as the gateway knows it, and a switch that takes it away."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.away = False

    async def report(self, message: Report) -> None:
        if self.away:
            raise Unavailable
        self.reports.append(message)


@pytest.fixture
async def origins() -> AsyncIterator[list[Origin]]:
    """The first breaks each connection off in the midst of a request, the second answers."""

    servers = [Origin(fixed(b"", keep=False)), Origin()]
    for server in servers:
        await server.start()
    yield servers
    for server in servers:
        await server.stop()


@pytest.fixture
async def house(origins: list[Origin]) -> AsyncIterator[House]:
    built = House([server.url for server in origins])
    built.metrics.journeys.adopt(Keeping(slow_s=0.0001))
    await built.start()
    built.metrics.watch(built.chain.lists, built.traffic, [built.cluster])
    yield built
    await built.stop()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def reporting(house: House, desk: Desk) -> Reporting:
    return Reporting("gateway-1", "a", "boot", house.metrics, house.traffic, desk)  # pyright: ignore[reportArgumentType]


def journeys(house: House) -> Sequence[Journey]:
    return house.metrics.journeys.take(100)


async def retried(house: House, caller: Caller, **headers: str) -> Journey:
    """One that was tried at both."""
    for _ in range(30):
        assert (await caller.ask(get("/api/x?token=s3cret", **headers))).status == 200
        if len(journeys(house)[-1].tries) == 2:
            return journeys(house)[-1]
    raise AssertionError("no request was tried twice")


async def test_a_request_tells_its_waits_and_its_tries(house: House, caller: Caller, origins: list[Origin]) -> None:
    house.accounts.slow_s = 0.02
    told = await retried(house, caller, Authorization="Bearer good")
    assert [(each.instance, each.status, each.category) for each in told.tries] == [
        (origins[0].url, 0, "FAILURE_ORIGIN_RESET_CONNECTION"),
        (origins[1].url, 200, "SUCCESS"),
    ]
    first, second = told.tries
    assert told.filters_ms <= first.began_ms <= first.ended_ms <= second.began_ms
    assert second.sent_ms is not None
    assert second.answered_ms is not None
    assert second.sent_ms <= second.answered_ms == told.first_ms
    assert told.first_ms is not None
    assert told.first_ms <= told.ended_ms
    assert (told.why, told.target, told.account) == (Why.SLOW, "/api/x?token=...", "acc_1")
    waited = next(each for each in journeys(house) if each.waits)
    assert waited.waits[0].filter == "PassportSwap"
    assert waited.waits[0].ended_ms - waited.waits[0].began_ms >= 19  # the loop counts whole milliseconds
    assert waited.waits[0].ended_ms <= waited.filters_ms


async def test_the_gateways_span_is_the_parent_of_what_servers_get(
    house: House, caller: Caller, origins: list[Origin]
) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    told = await retried(house, caller, traceparent=f"00-{trace}-{span}-01")
    assert told.trace == trace
    for origin in origins:
        assert origin.seen[-1].header("traceparent") == f"00-{trace}-{told.id[-16:]}-01".encode()
        assert origin.seen[-1].header("x-request-id") == told.id.encode()


async def test_a_report_tells_all_and_journeys_once(
    house: House, caller: Caller, desk: Desk, reporting: Reporting, origins: list[Origin]
) -> None:
    await retried(house, caller)
    await reporting.tell()
    await reporting.tell()
    first, second = desk.reports
    assert (first.gateway, first.zone, first.connections) == ("gateway-1", "a", 1)
    [route] = first.routes
    assert (route.name, route.origin, route.counted.retries > 0) == ("api", "api", True)
    [origin] = first.origins
    assert {each.name for each in origin.instances} == {each.url for each in origins}
    assert {each.state for each in origin.instances} <= set(Standing)
    assert sum(origin.counted.ended.values()) == sum(len(each.tries) for each in first.journeys)
    assert {"RequestId", "proxy", "SecurityHeaders"} <= {each.name for each in first.filters}
    assert (len(first.journeys) > 0, second.journeys) == (True, [])
    assert second.routes == first.routes


async def test_while_nobody_hears_journeys_wait(house: House, caller: Caller, desk: Desk, reporting: Reporting) -> None:
    await retried(house, caller)
    desk.away = True
    with pytest.raises(Unavailable):
        await reporting.tell()
    waiting = journeys(house)
    desk.away = False
    await reporting.tell()
    assert desk.reports[0].journeys == waiting
    assert journeys(house) == []


async def test_what_the_gateway_answers_is_local(house: House, caller: Caller) -> None:
    assert (await caller.ask(get("/nowhere"))).status == 404
    assert house.counted(route="static", category="SUCCESS_LOCAL_NO_ROUTE", status="404") == 1


async def test_what_a_server_refuses_it_has_answered(origins: list[Origin], house: House, caller: Caller) -> None:
    for origin in origins:
        origin.answering = fixed(OK.replace(b"200 OK", b"402 Payment Required"))
    assert (await caller.ask(get())).status == 402
    assert house.counted(category="SUCCESS", status="402") == 1


async def test_a_client_that_takes_nothing_is_named(origins: list[Origin], eventually: Eventually) -> None:
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 40000000\r\n\r\n" + bytes(40_000_000)
    origins[0].answering = origins[1].answering = fixed(large)
    house = House([origins[1].url], replace(SHORT, write_s=0.4))
    await house.start()
    caller = await Caller.to(house.port)
    cast("asyncio.Transport", caller.writer.transport).pause_reading()
    caller.send(get())
    await eventually(lambda: house.counted(category="FAILURE_LOCAL_IDLE_TIMEOUT", status="200") == 1)
    await caller.close()
    await house.stop()
