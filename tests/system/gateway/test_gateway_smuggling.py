"""Ways to bring a request past the filters, or bytes to a server that it reads otherwise than the gateway did (RFC 9112 11.2).
The malformed messages themselves stand in `tests/conformance/http1_corpus.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from gateway_house import OK, SHORT, Caller, House, Origin, Seen, get, message
from msgspec.structs import replace

from matinee.terms.routing import Match, Rate, RateBy, Route, RouteTable

Eventually = Callable[..., Awaitable[None]]

EVIL = b"GET /api/evil HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

TABLE = RouteTable(
    [
        Route("once", Match("/api/once"), to="api", rates=[Rate(0.01, 1, RateBy.ADDRESS)]),
        Route("socket", Match("/api/socket"), to="api", tunnel=True),
        Route("small", Match("/api/small"), to="api", most_bytes=10),
        Route("api", Match("/api"), to="api"),
    ]
)


@pytest.fixture
async def house(origin: Origin) -> AsyncIterator[House]:
    built = House([origin.url], replace(SHORT, head_bytes=8192), table=TABLE)
    await built.start()
    yield built
    await built.stop()


def paths(origin: Origin) -> list[bytes]:
    return [seen.line.split()[1] for seen in origin.seen]


async def test_a_body_is_no_request(caller: Caller, origin: Origin) -> None:
    caller.send(POST + b"Content-Length: %d\r\n\r\n%s" % (len(EVIL), EVIL) + get("/api/next"))
    assert [(await caller.reply()).status for _ in range(2)] == [200, 200]
    assert paths(origin) == [b"/api/x", b"/api/next"]
    assert origin.seen[0].body == EVIL


async def test_chunks_go_on_framed_anew(caller: Caller, origin: Origin) -> None:
    caller.send(CHUNKED + b"%X;a=b\r\n%s\r\n000\r\n\r\n" % (len(EVIL), EVIL) + get("/api/next"))
    assert [(await caller.reply()).status for _ in range(2)] == [200, 200]
    assert paths(origin) == [b"/api/x", b"/api/next"]
    assert origin.seen[0].body == EVIL


@pytest.mark.parametrize("whole", [True, False])
async def test_the_body_of_a_refused_request_is_no_request(caller: Caller, origin: Origin, whole: bool) -> None:
    forged = b"Cookie: matinee_session=good\r\nOrigin: http://evil.example\r\nContent-Length: %d\r\n\r\n" % len(EVIL)
    caller.send(POST + forged + (EVIL if whole else b""))
    reply = await caller.reply()
    assert reply.status == 403
    assert ("close" in reply.headers.get("connection", "")) is not whole
    caller.send(get("/api/next") if whole else EVIL)
    if whole:
        assert (await caller.reply()).status == 200
        assert paths(origin) == [b"/api/next"]
    else:
        assert await caller.ended() == b""
        assert not origin.seen


async def test_each_of_pipelined_requests_passes_the_filters(house: House, caller: Caller, origin: Origin) -> None:
    forged = message("POST", "/api/forged", b"{}", Cookie="matinee_session=good", Origin="http://evil.example")
    spoofed = get("/api/spoofed", X_Matinee_Passport="evil", X_Matinee_Origin="evil")
    foreign = b"GET /api/foreign HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    raw = [get(), forged, get("/api/once"), get("/api/once"), spoofed, foreign, get("/api/last")]
    caller.send(b"".join(raw))
    statuses = [(await caller.reply()).status for _ in raw]
    assert statuses == [200, 403, 200, 429, 200, 421, 200]
    assert paths(origin) == [b"/api/x", b"/api/once", b"/api/spoofed", b"/api/last"]
    assert all(seen.header("x-matinee-origin") == b"origin-1" for seen in origin.seen)
    assert origin.seen[2].header("x-matinee-passport") is None
    assert house.traffic.in_flight == 0


async def test_pipelined_requests_in_every_piece_are_the_same(house: House, origin: Origin) -> None:
    raw = (
        POST
        + b"Content-Length: %d\r\n\r\n%s" % (len(EVIL), EVIL)
        + CHUNKED
        + b"5\r\nhello\r\n0\r\n\r\n"
        + get("/api/n")
    )
    for at in range(1, len(raw), 9):
        caller = await Caller.to(house.port)
        caller.send(raw[:at])
        await caller.writer.drain()
        await asyncio.sleep(0)
        caller.send(raw[at:])
        assert [(await caller.reply()).status for _ in range(3)] == [200, 200, 200]
        await caller.close()
    assert set(paths(origin)) == {b"/api/x", b"/api/n"}
    assert {seen.body for seen in origin.seen} == {EVIL, b"hello", b""}


SPOOFED = [
    "X-Matinee-Passport", "x_matinee_passport", "X-MATINEE_Origin", "X-Matinee-Anything", "X-Request-Id", "x_request_id",
    "traceparent", "X-Forwarded-For", "X_Forwarded_Host", "X-Forwarded-Proto", "X-Real-IP", "x_real_ip", "Forwarded",
    "Proxy-Connection", "Proxy-Authorization", "HTTP2-Settings", "Keep-Alive",
]  # fmt: skip


@pytest.mark.parametrize("name", SPOOFED)
async def test_only_the_gateway_says_who_asks(caller: Caller, origin: Origin, name: str) -> None:
    raw = (
        f"POST /api/x HTTP/1.1\r\nHost: localhost\r\n{name}: evil\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n"
    )
    assert (await caller.ask(raw.encode() + f"0\r\n{name}: evil\r\n\r\n".encode())).status == 200
    seen = origin.seen[0]
    assert b"evil" not in seen.head
    assert not [line for line in seen.trailers if b"evil" in line]


async def test_a_connection_header_cannot_take_away_what_the_gateway_says(caller: Caller, origin: Origin) -> None:
    named = "close, x-matinee-origin, x-matinee-passport, x-request-id, traceparent, host, content-length, cookie"
    raw = message("POST", body=b"{}", Authorization="Bearer good", Cookie="a=b", Connection=named)
    assert (await caller.ask(raw)).status == 200
    seen = origin.seen[0]
    for name in ("x-matinee-origin", "x-matinee-passport", "x-request-id", "traceparent", "host", "content-length"):
        assert seen.header(name), name
    assert seen.body == b"{}"


@pytest.mark.parametrize("count", [17, 8000])
async def test_a_connection_header_names_a_few(caller: Caller, origin: Origin, count: int) -> None:
    """Each option costs a look through all the header: eight thousand were half a second of everybody's time."""
    named = b"Connection: " + b",".join(b"x%d" % number for number in range(count)) + b"\r\n\r\n"
    reply = await caller.ask(b"GET /api/x HTTP/1.1\r\nHost: localhost\r\n" + named[: 8100 - 40] + b"\r\n\r\n")
    assert reply.status == 400
    assert not origin.seen


async def test_a_head_byte_by_byte_is_looked_through_once(caller: Caller, origin: Origin) -> None:
    raw = get(X_Long="a" * 300)
    for number in range(len(raw)):
        caller.send(raw[number : number + 1])
        await caller.writer.drain()
        await asyncio.sleep(0)
    assert (await caller.reply()).status == 200
    for at, bad in ((30, b"\n"), (200, b"\r"), (200, b"\n")):
        other = await Caller.to(caller.writer.get_extra_info("peername")[1])
        for piece in (raw[:at], bad, raw[at:]):
            other.send(piece)
            await other.writer.drain()
            await asyncio.sleep(0)
        assert (await other.reply()).status == 400
        await other.close()
    assert len(origin.seen) == 1


async def test_empty_lines_before_a_request_are_let_pass_however_many(caller: Caller, origin: Origin) -> None:
    caller.send(b"\r\n" * 50_000 + get() + b"\r\n" * 3 + get())
    assert [(await caller.reply()).status for _ in range(2)] == [200, 200]
    assert len(origin.seen) == 2


async def test_many_small_chunks_are_one_body(caller: Caller, origin: Origin) -> None:
    caller.send(CHUNKED + b"1\r\na\r\n2;x\r\nbc\r\n" * 3000 + b"0\r\n\r\n")
    assert (await caller.reply()).status == 200
    assert origin.seen[0].body == b"abc" * 3000


async def test_no_upgrade_is_passed_on_but_a_websocket_where_a_route_has_them(caller: Caller, origin: Origin) -> None:
    for offered in ("h2c", "HTTP/2.0", "TLS/1.0", "h2c, foo"):
        raw = get("/api/socket", Connection="Upgrade, HTTP2-Settings", Upgrade=offered, HTTP2_Settings="AAMAAABk")
        assert (await caller.ask(raw)).status == 200
        seen = origin.seen[-1]
        assert (seen.header("upgrade"), seen.header("connection"), seen.header("http2-settings")) == (None, None, None)


@pytest.mark.parametrize(
    ("origin_header", "status"), [("http://evil.example", 403), ("", 403), ("null", 403), ("http://localhost", 200)]
)
async def test_a_foreign_page_opens_no_websocket_in_a_members_name(
    caller: Caller, origin: Origin, origin_header: str, status: int
) -> None:
    opening = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec_WebSocket_Version": "13",
        "Cookie": "matinee_session=good",
    }
    from_page = {"Origin": origin_header} if origin_header else {}
    reply = await caller.ask(get("/api/socket", **opening, **from_page))
    assert reply.status == status
    assert len(origin.seen) == (status == 200)


async def test_an_answer_cannot_bring_a_second_one(
    house: House, caller: Caller, origin: Origin, eventually: Eventually
) -> None:
    """Bytes behind a server's answer are of nobody's: the connection they came on is not used again."""

    async def two(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(OK + OK.replace(b"{}", b"[]"))
        return True

    origin.answering = two
    replies = [await caller.ask(get(f"/api/{number}")) for number in range(3)]
    assert [reply.body for reply in replies] == [b"{}"] * 3
    assert origin.connections == 3
    await eventually(lambda: not house.servers[0].idle)


async def test_a_servers_headers_cannot_say_what_only_the_gateway_does(caller: Caller, origin: Origin) -> None:
    async def spoofing(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(OK.replace(b"content-length", b"X-Request-Id: evil\r\nX-Matinee-Secret: evil\r\ncontent-length"))
        return True

    origin.answering = spoofing
    reply = await caller.ask(get())
    assert reply.status == 200
    assert "evil" not in reply.headers.values()


async def test_a_body_over_what_its_route_takes_is_refused_before_it_is_read(caller: Caller, origin: Origin) -> None:
    caller.send(b"POST /api/small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n")
    assert (await caller.reply()).status == 413
    assert not origin.seen
