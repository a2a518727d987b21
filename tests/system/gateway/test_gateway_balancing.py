"""What becomes of requests where one of the servers behind the gateway is not as the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest
from gateway_house import OK, SHORT, Caller, House, Origin, Reply, fixed, get, message
from msgspec.structs import replace

from matinee.gateway.balancing.checks import CheckRules, Checks
from matinee.gateway.balancing.server import Server
from matinee.terms.routing import Match, Route, RouteTable

FAILS = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 200 OK\r\nX-Matinee-Utilization: 0.73\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
async def origins() -> AsyncIterator[list[Origin]]:
    made = [Origin() for _ in range(3)]
    for each in made:
        await each.start()
    yield made
    for each in made:
        await each.stop()


@pytest.fixture
async def house(origins: list[Origin]) -> AsyncIterator[House]:
    made = House([each.url for each in origins])
    await made.start()
    yield made
    await made.stop()


async def asked(house: House, request: bytes, times: int = 1) -> list[Reply]:
    caller = await Caller.to(house.port)
    replies = [await caller.ask(request) for _ in range(times)]
    await caller.close()
    return replies


async def holds(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not what():
            await asyncio.sleep(0.01)


async def test_a_server_that_always_fails_is_noticed_by_nobody_who_only_reads(
    house: House, origins: list[Origin]
) -> None:
    origins[0].answering = fixed(FAILS)
    assert [reply.status for reply in await asked(house, get(), 60)] == [200] * 60
    assert 1 <= len(origins[0].seen) <= 10
    assert house.servers[0].cost > 1


async def test_what_may_have_been_done_is_not_done_again(house: House, origins: list[Origin]) -> None:
    for each in origins:
        each.answering = fixed(FAILS)
    assert [reply.status for reply in await asked(house, message("POST", body=b"x"))] == [500]
    assert sum(len(each.seen) for each in origins) == 1


async def test_a_server_that_knows_no_such_method_is_none_the_worse_for_it(house: House, origins: list[Origin]) -> None:
    for each in origins:
        each.answering = fixed(b"HTTP/1.1 501 Not Implemented\r\ncontent-length: 0\r\n\r\n")
    assert [reply.status for reply in await asked(house, message("FLY"), 30)] == [501] * 30
    assert house.counted(category="SUCCESS") == 30
    assert [(server.standing.ejections, server.record.in_a_row) for server in house.servers] == [(0, 0)] * 3


async def test_what_a_route_says_may_be_repeated_is_tried_again_whatever_its_method(origins: list[Origin]) -> None:
    origins[0].answering = fixed(FAILS)
    route = Route("beats", Match("/api/x"), to="api", repeatable=True)
    house = House([each.url for each in origins], table=RouteTable([route]))
    await house.start()
    assert [reply.status for reply in await asked(house, message("POST", body=b"x"), 30)] == [200] * 30
    assert origins[0].seen
    await house.stop()


async def test_utilisation_is_read_and_goes_no_further(house: House, origins: list[Origin]) -> None:
    for each in origins:
        each.answering = fixed(BUSY)
    replies = await asked(house, get(), 20)
    assert all("x-matinee-utilization" not in reply.headers for reply in replies)
    await holds(lambda: any(server.record.utilization > 0.6 for server in house.servers))


async def test_a_server_that_is_gone_rests_and_comes_back(house: House, origins: list[Origin]) -> None:
    await origins[0].stop()
    assert [reply.status for reply in await asked(house, get(), 40)] == [200] * 40
    assert house.servers[0].standing.rests >= 1
    assert house.servers[0].in_flight == 0


async def test_a_server_that_drains_ends_what_it_has_and_gets_nothing_new(house: House, origins: list[Origin]) -> None:
    go_on = asyncio.Event()

    async def slowly(*asked: Any) -> bool:
        await go_on.wait()
        return await fixed(OK)(*asked)

    for each in origins:
        each.answering = slowly
    slow = await Caller.to(house.port)
    slow.send(get())
    await holds(lambda: any(each.seen for each in origins))
    busy = next(number for number, each in enumerate(origins) if each.seen)
    for number, each in enumerate(origins):
        if number != busy:
            each.answering = fixed(OK)
    house.servers[busy].draining = True
    house.cluster.arrange(house.traffic.tick())
    assert [reply.status for reply in await asked(house, get(), 40)] == [200] * 40
    assert len(origins[busy].seen) == 1
    go_on.set()
    assert (await slow.reply()).status == 200
    await slow.close()


async def test_checks_take_a_server_out_and_in_again(house: House, origins: list[Origin]) -> None:
    rules = CheckRules(every_s=0.05, again_s=0.05, within_s=1)
    checks = Checks([house.cluster], Random(1), rules)
    watching = asyncio.create_task(checks.watch())
    try:
        origins[1].answering = fixed(b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n")
        await holds(lambda: not house.servers[1].standing.passes)
        assert house.servers[0].standing.passes
        origins[1].answering = fixed(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n")
        await holds(lambda: house.servers[1].standing.passes)
        house.cluster.servers = [*house.servers[:2], late := Server("http://127.0.0.1:1")]
        await holds(lambda: not late.standing.passes)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_who_waits_for_a_server_that_is_frozen_is_taken_to_another_where_that_is_safe(
    origins: list[Origin],
) -> None:
    house = House([each.url for each in origins], replace(SHORT, answer_s=30))
    rules = CheckRules(every_s=60, again_s=0.05, within_s=0.1, silent_s=0.2)
    await house.start()
    watching = asyncio.create_task(Checks([house.cluster], Random(1), rules).watch())
    reads, writes = await Caller.to(house.port), await Caller.to(house.port)
    thawed = asyncio.Event()

    async def frozen(*asked: Any) -> bool:
        await thawed.wait()
        return await fixed(OK)(*asked)

    try:
        await holds(lambda: all(each.seen for each in origins))
        origins[0].answering = frozen
        house.cluster.servers = house.servers[:1]
        reads.send(get())
        writes.send(message("POST", body=b"x"))
        await holds(lambda: house.servers[0].in_flight == 2)
        house.cluster.servers = house.servers
        assert (await reads.reply()).status == 200
        assert house.cluster.left_out(house.servers[0])
        thawed.set()
        assert (await writes.reply()).status == 200
        assert sum(each.line.startswith(b"POST") for origin in origins for each in origin.seen) == 1
    finally:
        watching.cancel()
        await asyncio.gather(watching, reads.close(), writes.close(), return_exceptions=True)
        await house.stop()


async def test_balancers_are_told_whether_we_take_more(house: House) -> None:
    health = get("/health/ready")
    assert [reply.status for reply in await asked(house, health)] == [200]
    assert [reply.status for reply in await asked(house, get("/health/ready", X_Forwarded_For="1.2.3.4"))] == [404]
    house.traffic.draining = True
    assert [reply.status for reply in await asked(house, health)] == [503]
    house.traffic.draining = False
