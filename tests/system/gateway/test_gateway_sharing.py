"""One answer for many: what is kept and given to others, and above all what is not."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

import pytest
from gateway_house import SHORT, Answering, Caller, House, Origin, Reply, Seen, get, message, until
from msgspec.structs import replace

from matinee.terms.routing import Caching, Match, Route, RouteTable

TABLE = RouteTable(
    [
        Route("kept", Match("/api/kept"), to="api", caching=Caching(most_s=60), compress=True),
        Route("once", Match("/api/once"), to="api", collapse=True),
        Route("api", Match("/api"), to="api"),
    ]
)


class Shop:
    """A server whose answers say which one they are. `fields` go with each; `gate` holds answers back while it is closed."""

    def __init__(self, *fields: str, status: int = 200, body: str = "") -> None:
        self.fields = list(fields)
        self.status = status
        self.body = body
        self.gate = asyncio.Event()
        self.gate.set()
        self.answered = 0

    async def __call__(self, seen: Seen, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.answered += 1
        body = f"{self.answered} {seen.header('cookie') or b''!r} {self.body}".encode()
        await self.gate.wait()
        told = seen.header("if-none-match")
        fields = [*self.fields, f"date: {formatdate(usegmt=True)}"]
        if told == b'"one"' and 'etag: "one"' in self.fields:
            writer.write("\r\n".join(["HTTP/1.1 304 Not Modified", *fields]).encode() + b"\r\n\r\n")
        else:
            head = [f"HTTP/1.1 {self.status} Said", *fields, f"content-length: {len(body)}"]
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return True


@asynccontextmanager
async def selling(shop: Answering, **parts: Any) -> AsyncIterator[tuple[House, Origin]]:
    origin = Origin(shop)
    await origin.start()
    house = House([origin.url], table=TABLE, **parts)
    await house.start()
    try:
        yield house, origin
    finally:
        await house.stop()
        await origin.stop()


async def ask(house: House, path: str = "/api/kept/x", method: str = "GET", **headers: str) -> Reply:
    caller = await Caller.to(house.port)
    try:
        return await caller.ask(message(method, path, **headers), head=method == "HEAD")
    finally:
        await caller.close()


ALL = "cache-control: public, max-age=60"


async def test_a_public_answer_is_kept_for_all() -> None:
    shop = Shop(ALL, 'etag: "one"', "x-served: 1")
    async with selling(shop) as (house, origin):
        first = await ask(house, Cookie="matinee_session=good")
        second = await ask(house)
        assert first.body == second.body
        assert (shop.answered, second.headers["age"], second.headers["x-served"]) == (1, "0", "1")
        assert first.headers["x-request-id"] != second.headers["x-request-id"]
        head = await ask(house, method="HEAD")
        assert (head.status, head.headers["content-length"]) == (200, str(len(first.body)))
        assert (await ask(house, If_None_Match='W/"other", W/"one"')).status == 304
        assert (await ask(house, If_None_Match='"two"')).status == 200
        assert len(origin.seen) == 1


@pytest.mark.parametrize(
    "fields",
    [
        ["cache-control: max-age=60"],
        ["cache-control: private, max-age=60"],
        ["cache-control: public, private, max-age=60"],
        ["cache-control: public, no-store, max-age=60"],
        ["cache-control: public, max-age=0"],
        ["cache-control: public, max-age=x"],
        ["cache-control: public, s-maxage=0, max-age=60"],
        ["cache-control: public, max-age=60, max-age=0"],
        ['cache-control: public, max-age=60, "'],
        [ALL, "set-cookie: a=b"],
        [ALL, "vary: *"],
        [ALL, "vary: accept-language, cookie"],
        [ALL, "vary: Authorization"],
        [ALL, "vary: x-matinee-origin"],
        [ALL, "age: 60"],
        [],
    ],
)
async def test_what_is_not_kept(fields: list[str]) -> None:
    shop = Shop(*fields)
    async with selling(shop) as (house, _):
        bodies = {(await ask(house)).body for _ in range(3)}
        assert len(bodies) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Original_URL": "/admin"},
        {"X_HTTP_Method_Override": "DELETE"},
        {"X_Host": "evil.example"},
        {"Range": "bytes=0-1"},
        {"If_Match": '"x"'},
        {"Cache_Control": "no-store"},
    ],
)
async def test_nobody_plants_an_answer_by_what_it_is_not_kept_under(headers: dict[str, str]) -> None:
    shop = Shop(ALL)
    async with selling(shop) as (house, _):
        planted = (await ask(house, **headers)).body
        clean = (await ask(house)).body
        assert planted != clean
        assert (await ask(house, **headers)).body not in {planted, clean}
        assert (await ask(house)).body == clean


async def test_host_query_and_the_asking_page_are_part_of_the_key() -> None:
    async with selling(Shop(ALL)) as (house, _):
        replies = [
            await ask(house),
            await ask(house, "/api/kept/x?a"),
            await ask(house, Origin="https://other.example"),
        ]
        caller = await Caller.to(house.port)
        replies.append(await caller.ask(b"GET /api/kept/x HTTP/1.1\r\nHost: films.example\r\n\r\n"))
        await caller.close()
        assert len({reply.body for reply in replies}) == 4


async def test_vary_keeps_answers_apart() -> None:
    shop = Shop(ALL, "vary: accept-language")
    async with selling(shop) as (house, _):
        german, english = (await ask(house, Accept_Language="de")).body, (await ask(house, Accept_Language="en")).body
        assert german != english
        assert (await ask(house, Accept_Language="de")).body == german
        assert (await ask(house)).body not in {german, english}


async def test_a_change_makes_it_void() -> None:
    shop = Shop(ALL)
    async with selling(shop) as (house, _):
        first = (await ask(house)).body
        await ask(house, method="DELETE")
        second = (await ask(house)).body
        assert second != first
        shop.status = 404
        await ask(house, method="DELETE")
        assert (await ask(house)).body == second


async def test_the_request_may_ask_for_a_fresh_one_or_only_for_a_kept_one() -> None:
    shop = Shop(ALL)
    async with selling(shop) as (house, _):
        assert (await ask(house, Cache_Control="only-if-cached")).status == 504
        first = (await ask(house)).body
        assert (await ask(house, Cache_Control="only-if-cached")).body == first
        second = (await ask(house, Cache_Control="no-cache")).body
        assert second != first
        assert (await ask(house)).body == second


async def test_a_stale_one_is_asked_about_and_good_again() -> None:
    shop = Shop("cache-control: public, no-cache", 'etag: "one"')
    async with selling(shop) as (house, origin):
        first = await ask(house)
        shop.fields.append("x-renewed: yes")
        second = await ask(house, If_None_Match='"foreign"')
        assert (second.status, second.body, second.headers["x-renewed"]) == (200, first.body, "yes")
        assert origin.seen[1].header("if-none-match") == b'"one"'
        assert (await ask(house, If_None_Match='"one"')).status == 304


async def test_a_stale_one_is_given_while_a_new_one_is_fetched() -> None:
    shop = Shop("cache-control: public, max-age=0, stale-while-revalidate=30", 'etag: "two"')
    async with selling(shop) as (house, _):
        first = (await ask(house)).body
        assert (await ask(house)).body == first
        await until(lambda: shop.answered == 2)
        await until(lambda: not house.traffic.under_way)
        assert (await ask(house)).body != first


@pytest.mark.parametrize(("word", "status"), [("stale-if-error=30", 200), ("must-revalidate, stale-if-error=30", 500)])
async def test_after_an_error_a_stale_one_where_that_is_allowed(word: str, status: int) -> None:
    shop = Shop(f"cache-control: public, max-age=0, {word}", 'etag: "two"')
    async with selling(shop) as (house, _):
        first = (await ask(house)).body
        shop.status = 500
        reply = await ask(house)
        assert reply.status == status
        assert (reply.body == first) is (status == 200)


async def test_memory_is_bounded_whoever_asks_for_what() -> None:
    shop = Shop(ALL, "vary: user-agent", body="x" * 1000)
    async with selling(shop, limits=replace(SHORT, kept_bytes=50_000, kept_answer_bytes=5000)) as (house, _):
        caller = await Caller.to(house.port)
        for number in range(300):
            await caller.ask(get(f"/api/kept/{number % 7}", User_Agent=str(number)))
        await caller.close()
        store = next(stage.run.__self__ for stage in house.chain.endpoint if stage.name == "Kept")._sharing.store
        assert 0 < store.bytes <= 50_000
        counted = sum(stored.weighed for ways in store._kept.values() for each in ways.values() for stored in each)
        assert store.bytes == counted
        shop.body = "y" * 6000  # too large to be kept
        assert len({(await ask(house, "/api/kept/large")).body for _ in range(2)}) == 2


async def test_a_kept_answer_goes_out_compressed() -> None:
    shop = Shop(ALL, "content-type: application/json", 'etag: "one"', body="word " * 200)
    async with selling(shop) as (house, _):
        plain = await ask(house)
        packed = await ask(house, Accept_Encoding="gzip")
        assert gzip.decompress(packed.body) == plain.body
        assert (packed.headers["etag"], plain.headers["vary"]) == ('W/"one"', "accept-encoding")


# ---- one fetch for many


async def together(house: House, shop: Shop, requests: list[bytes]) -> list[Reply]:
    """The answers to requests that stand side by side at a closed gate."""
    shop.gate.clear()
    callers = [await Caller.to(house.port) for _ in requests]
    for caller, request in zip(callers, requests, strict=True):
        caller.send(request)
        await asyncio.sleep(0.01)
    await until(lambda: shop.answered)
    await asyncio.sleep(0.1)
    shop.gate.set()
    replies = [await caller.reply() for caller in callers]
    for caller in callers:
        await caller.close()
    return replies


@pytest.mark.parametrize("path", ["/api/once", "/api/kept/x"])
async def test_equal_requests_at_the_same_time_go_to_a_server_once(path: str) -> None:
    shop = Shop(ALL)
    async with selling(shop) as (house, _):
        replies = await together(house, shop, [get(path, Cookie=f"matinee_session=m{who}") for who in range(10)])
        assert len({reply.body for reply in replies}) == 1
        assert shop.answered == 1


@pytest.mark.parametrize("said", ["cache-control: private", "cache-control: max-age=60", "x: y"])
async def test_never_one_members_answer_to_another(said: str) -> None:
    shop = Shop(said)
    async with selling(shop) as (house, _):
        for _ in range(2):  # the second time it is known that these are each member's own
            shop.answered = 0
            requests = [get("/api/once", Cookie=f"matinee_session=m{who % 3}") for who in range(9)]
            replies = await together(house, shop, requests)
            for who, reply in enumerate(replies):
                assert f"m{who % 3}".encode() in reply.body
        assert shop.answered == 3


async def test_what_may_not_be_stored_is_not_shared_at_all() -> None:
    shop = Shop("cache-control: no-store")
    async with selling(shop) as (house, _):
        replies = await together(house, shop, [get("/api/once")] * 4)
        assert len({reply.body for reply in replies}) == 4


async def test_it_goes_on_for_the_others_when_the_first_leaves() -> None:
    shop = Shop(ALL)
    async with selling(shop) as (house, _):
        shop.gate.clear()
        first, second = await Caller.to(house.port), await Caller.to(house.port)
        first.send(get("/api/once"))
        await until(lambda: shop.answered)
        second.send(get("/api/once"))
        await asyncio.sleep(0.1)
        await first.close()
        await asyncio.sleep(0.1)
        shop.gate.set()
        assert (await second.reply()).status == 200
        assert shop.answered == 1
        await until(lambda: not house.traffic.under_way)
        assert all(not server.in_flight for server in house.servers)
        await second.close()


async def test_all_who_wait_hear_of_a_failure_and_the_next_one_asks_again() -> None:
    shop = Shop(ALL)
    async with selling(shop) as (house, _):
        shop.gate.clear()
        callers = [await Caller.to(house.port) for _ in range(3)]
        for caller in callers:
            caller.send(get("/api/once"))
            await asyncio.sleep(0.01)
        assert [(await caller.reply()).status for caller in callers] == [504, 504, 504]
        shop.gate.set()
        assert (await ask(house, "/api/once")).status == 200
        for caller in callers:
            await caller.close()


async def test_a_slow_reader_keeps_nobody_waiting() -> None:
    shop = Shop(ALL, body="x" * 700_000)
    async with selling(shop) as (house, _):
        shop.gate.clear()
        slow = await Caller.to(house.port)
        slow.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
        slow.send(get("/api/once"))
        await until(lambda: shop.answered)
        others = [asyncio.create_task(ask(house, "/api/once")) for _ in range(3)]
        await asyncio.sleep(0.1)
        shop.gate.set()
        replies = await asyncio.wait_for(asyncio.gather(*others), 5)
        assert {len(reply.body) > 700_000 for reply in replies} == {True}
        assert shop.answered == 1
        await slow.close()
