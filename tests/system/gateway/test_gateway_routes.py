"""Routes of a table in force: what becomes of requests, and what they see of a change."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from gateway_house import Caller, House, Origin, Seen, fixed, get, message

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.routing.compiling import compiled
from matinee.gateway.routing.table import Table
from matinee.runtime.clock import SystemClock
from matinee.services.accounts.contract import ByToken, Passport
from matinee.terms.route_check import BadTable
from matinee.terms.routing import RouteTable
from matinee.terms.share import in_share

API: dict[str, Any] = {"name": "api", "to": "api", "match": {"prefix": "/api"}}


class Street:
    """A house whose table can be changed, in front of the servers of two clusters."""

    def __init__(self, api: Origin, canary: Origin) -> None:
        self.api = api
        self.canary = canary
        self.house = House([api.url])
        servers = Cluster("api-canary", [Server(canary.url)], random.Random(1))
        clusters = {"api": self.house.cluster, "api-canary": servers}
        rows = partial(compiled, cluster_of=clusters.__getitem__, locate=lambda _: "DE")
        self.table = Table(self.house.parts.routes, rows, RouteTable())
        self.canaries = servers

    def set(self, *rows: dict[str, Any]) -> None:
        self.table.set({"routes": list(rows)})

    async def ask(self, request: bytes, **options: Any) -> Any:
        caller = await Caller.to(self.house.port)
        try:
            return await caller.ask(request, **options)
        finally:
            await caller.close()


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    api, canary = Origin(), Origin(fixed(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary"))
    await api.start()
    await canary.start()
    made = Street(api, canary)
    made.set(API)
    await made.house.start()
    yield made
    await made.house.stop()
    made.canaries.tidy(float("inf"))
    await api.stop()
    await canary.stop()


async def test_a_rewritten_path_keeps_what_follows_and_its_query(street: Street) -> None:
    street.set({"name": "old", "to": "api", "match": {"prefix": "/v1/films"}, "rewrite": "/api/titles"})
    for path in ("/v1/films/a%20b;c?x=%2F", "/v1/films", "/v1/%66ilms/y?z"):
        assert (await street.ask(get(path))).status == 200
    assert [seen.line.split(b" ")[1] for seen in street.api.seen] == [
        b"/api/titles/a%20b;c?x=%2F",
        b"/api/titles",
        b"/api/titles/y?z",
    ]


async def test_a_redirect_takes_path_and_query_along(street: Street) -> None:
    street.set(
        {
            "name": "moved",
            "match": {"prefix": "/old"},
            "redirect": {"to": "https://films.example/new/{path}", "status": 307},
        }
    )
    caller = await Caller.to(street.house.port)
    reply = await caller.ask(message("POST", "/old/a%20b/%C3%A4?x=1", b"hello"))
    assert (reply.status, reply.headers["location"]) == (307, "https://films.example/new/a%20b/%C3%A4?x=1")
    assert "content-security-policy" in reply.headers
    reply = await caller.ask(message("HEAD", "/old"), head=True)
    assert reply.headers["location"] == "https://films.example/new/"
    await caller.close()
    assert street.api.seen == []


@pytest.mark.parametrize("path", ["//evil.example", "/old//evil.example/x", "/old/%0d%0aset-cookie:x", "/old/\\evil"])
async def test_a_redirect_leads_nowhere_else(street: Street, path: str) -> None:
    street.set({"name": "moved", "match": {"prefix": "/old"}, "redirect": {"to": "/{path}"}})
    reply = await street.ask(get(path))
    assert "set-cookie" not in reply.headers
    assert not reply.headers.get("location", "/x").startswith(("//", "/\\"))


async def test_answers_of_the_table_itself(street: Street) -> None:
    street.set(
        {"name": "robots", "match": {"prefix": "/robots.txt"}, "answer": {"body": "User-agent: *\n"}},
        {"name": "gone", "match": {"prefix": "/gone"}, "answer": {"status": 410}},
        {"name": "shut", "match": {"prefix": "/api"}, "maintenance": {"message": "Back at noon", "retry_after_s": 90}},
    )
    robots = await street.ask(get("/robots.txt"))
    assert (robots.status, robots.body) == (200, b"User-agent: *\n")
    assert robots.headers["content-type"] == "text/plain; charset=utf-8"
    assert (await street.ask(get("/gone"))).status == 410
    shut = await street.ask(message("POST", "/api/x", b"{}"))
    assert (shut.status, shut.headers["retry-after"]) == (503, "90")
    assert b'"type":"under-maintenance"' in shut.body
    assert b"Back at noon" in shut.body
    assert street.house.counted(route="shut", status="503") == 1


async def test_servers_that_nobody_knows_are_a_problem(street: Street) -> None:
    street.canaries.servers = []
    street.set({**API, "to": "api-canary"})
    reply = await street.ask(get("/api/x"))
    assert (reply.status, b"no-servers" in reply.body) == (503, True)


# ---- a share of members


class Members:
    """Accounts where any token is a member of that name."""

    async def passport(self, message: ByToken) -> Passport:
        until = SystemClock().now() + timedelta(minutes=5)
        return Passport("jwt", f"lgn_{message.token}", message.token, until)


def canary(percent: float) -> dict[str, Any]:
    return {"name": "canary", "to": "api-canary", "match": {"prefix": "/api", "percent": percent}}


async def in_canary(street: Street, members: Sequence[str]) -> set[str]:
    caller = await Caller.to(street.house.port)
    found: set[str] = set()
    for member in members:
        reply = await caller.ask(get(Authorization=f"Bearer {member}"))
        assert reply.status == 200
        if reply.body == b"canary":
            found.add(member)
    await caller.close()
    return found


async def test_a_canary_has_its_share_of_members_and_the_same_ones(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(street.house.passports, "_accounts", Members())
    members = [f"acc_{place}" for place in range(60)]
    street.set(canary(30), API)
    first = await in_canary(street, members)
    assert first == {member for member in members if in_share(30, "api-canary", member)}
    assert 5 < len(first) < 35
    assert await in_canary(street, members) == first
    street.set(canary(60), API)
    assert await in_canary(street, members) > first
    street.set(canary(0), API)
    assert await in_canary(street, members) == set()


async def test_who_is_not_logged_in_stays_in_the_share_of_their_address(street: Street) -> None:
    street.set(canary(50), API)
    replies = [(await street.ask(get())).body == b"canary" for _ in range(10)]
    assert set(replies) == {in_share(50, "api-canary", "127.0.0.1")}


# ---- a change while requests are under way


async def test_a_change_is_whole_and_at_once_under_load(street: Street) -> None:
    """Every request is answered, by the one table or the other: each says in two places which it was."""

    def document(version: int) -> Sequence[dict[str, Any]]:
        return [
            {"name": f"a{version}", "to": "api", "match": {"prefix": "/api/a"}, "rewrite": f"/v{version}"},
            {"name": f"b{version}", "to": "api", "match": {"prefix": "/api/a/b"}, "rewrite": f"/v{version}/b"},
        ]

    async def echo(seen: Seen, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        path = seen.line.split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(path), path))
        return True

    street.api.answering = echo
    street.set(*document(0))
    over, answered = asyncio.Event(), 0

    async def hammer() -> None:
        nonlocal answered
        caller = await Caller.to(street.house.port)
        latest = 0
        while not over.is_set():
            reply = await caller.ask(get(f"/api/a/b/{latest}"))
            assert reply.status == 200
            version = int(reply.body.split(b"/")[1][1:])
            assert version >= latest, "an older table came back"
            latest = version
            answered += 1
        await caller.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(hammer())
        for version in range(1, 150):
            street.set(*document(version))
            assert (await street.ask(get("/api/a/x"))).body == b"/v%d/x" % version
        over.set()
    assert answered > 100


async def test_a_request_under_way_ends_as_it_began(street: Street) -> None:
    going, go_on = asyncio.Event(), asyncio.Event()

    async def slow(seen: Seen, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab")
        going.set()
        await go_on.wait()
        writer.write(b"cd")
        return True

    street.api.answering = slow
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(street.ask(get("/api/x")))
        await going.wait()
        street.set({"name": "gone", "match": {"prefix": "/api"}, "answer": {"status": 410}})
        go_on.set()
    assert (answer.result().status, answer.result().body) == (200, b"abcd")
    assert (await street.ask(get("/api/x"))).status == 410


async def test_a_bad_table_leaves_the_one_in_force(street: Street) -> None:
    with pytest.raises(BadTable, match=r"^route b: to: accounts is an inner service"):
        street.set({**API, "rewrite": "/other"}, {"name": "b", "to": "accounts"})
    assert (await street.ask(get("/api/x"))).status == 200
    assert street.api.seen[-1].line == b"GET /api/x HTTP/1.1"
