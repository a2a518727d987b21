"""Requests that take their time, and what the gateway answers of its own. What of RFC 9112 it takes and refuses, whole and in
pieces, stands in `tests/conformance/http1_corpus.py`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from gateway_house import SHORT, Caller, House, Origin, get, message
from msgspec.structs import replace

from matinee.gateway.answer import Answer, Response
from matinee.gateway.hosts import Hosts
from matinee.gateway.request import Request
from matinee.gateway.static import Static
from matinee.runtime.errors import Forbidden

Eventually = Callable[..., Awaitable[None]]

HOST = b"Host: localhost\r\n"
POST = b"POST /api/x HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


async def test_a_slow_head_is_a_408_and_ends_the_connection(caller: Caller) -> None:
    caller.send(b"GET /api/x HTTP/1.1\r\nHo")
    reply = await caller.reply()
    assert (reply.status, reply.headers["connection"]) == (408, "close")
    assert await caller.ended() == b""


async def test_bytes_now_and_then_do_not_extend_the_time_for_a_head(caller: Caller) -> None:
    async def drip() -> None:
        for byte in b"GET /api/x HTTP/1.1\r\nX-Slow: " + b"a" * 1000:
            caller.send(bytes([byte]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    assert (await caller.reply(within_s=2)).status == 408
    dripping.cancel()


async def test_a_body_that_stops_is_a_408(house: House, caller: Caller, eventually: Eventually) -> None:
    caller.send(POST + b"Content-Length: 10\r\n\r\nhalf")
    assert (await caller.reply()).status == 408
    assert await caller.ended() == b""
    assert house.counted(category="FAILURE_CLIENT_TIMEOUT") == 1
    await eventually(lambda: house.servers[0].in_flight == 0)


async def test_a_silent_connection_is_closed(house: House, caller: Caller) -> None:
    assert await caller.ended(within_s=3) == b""
    used = await Caller.to(house.port)
    await used.ask(get())
    assert await used.ended(within_s=3) == b""
    await used.close()


async def test_a_half_open_request_does_not_leak(house: House, eventually: Eventually) -> None:
    for raw in (b"GET /api", POST + b"Content-Length: 10\r\n\r\nhalf", CHUNKED + b"5\r\nhe"):
        caller = await Caller.to(house.port)
        caller.send(raw)
        await caller.close()
    await eventually(lambda: not house.traffic.clients and house.traffic.in_flight == 0)


# ---- filters


async def test_a_filter_that_raises_is_a_500_and_counted(origin: Origin, caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: Request) -> None:
        if request.path.endswith(b"/sync"):
            raise RuntimeError("boom")

    def waits(request: Request) -> Any:
        return breaks() if request.path.endswith(b"/async") else None

    async def breaks() -> None:
        raise RuntimeError("boom")

    def nonsense(request: Request) -> Any:
        return 7 if request.path.endswith(b"/nonsense") else None

    def out(request: Request, response: Response) -> None:
        if request.path.endswith(b"/out"):
            raise RuntimeError("boom")

    house = House([origin.url])
    house.extend(inbound=[broken, waits, nonsense], outbound=[out])
    await house.start()
    caller = await Caller.to(house.port)
    with caplog.at_level(logging.CRITICAL, "matinee.gateway"):
        for path in ("sync", "async", "nonsense", "out", "out"):
            reply = await caller.ask(get(f"/api/{path}"))
            assert (reply.status, json.loads(reply.body)["type"]) == (500, "internal")
    assert (await caller.ask(get())).status == 200
    failures = {
        sample.labels["filter"]: sample.value
        for family in house.registry.collect()
        for sample in family.samples
        if sample.name == "matinee_gateway_filter_failures_total" and sample.value
    }
    assert failures == {"inbound.broken": 1, "inbound.waits": 1, "inbound.nonsense": 1, "outbound.out": 2}
    assert house.traffic.in_flight == 0
    await caller.close()
    await house.stop()


async def test_filters_answer_refuse_and_wait(origin: Origin) -> None:
    async def later(request: Request) -> Answer | None:
        await asyncio.sleep(0)
        return Answer(418, body=b"tea") if request.path.endswith(b"/tea") else None

    def refuses(request: Request) -> None:
        if request.path.endswith(b"/no"):
            raise Forbidden("Not today", day="Monday")

    house = House([origin.url])
    house.extend(inbound=[later, refuses])
    await house.start()
    caller = await Caller.to(house.port)
    caller.send(get("/api/tea") + message("POST", "/api/x", b"body") + get("/api/no"))
    tea, through, no = [await caller.reply() for _ in range(3)]
    assert (tea.status, tea.body, through.status, no.status) == (418, b"tea", 200, 403)
    assert json.loads(no.body) == {
        "type": "forbidden",
        "title": "This is not allowed",
        "status": 403,
        "detail": "Not today",
        "day": "Monday",
    }
    assert [seen.body for seen in origin.seen] == [b"body"]
    await caller.close()
    await house.stop()


# ---- security


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:1"}, 403),
        ({"Origin": "https://localhost"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "http://localhost"}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "null"}, 200),
    ],
)
async def test_a_foreign_page_cannot_act_for_a_member(
    caller: Caller, origin: Origin, headers: dict[str, str], status: int
) -> None:
    reply = await caller.ask(message("POST", body=b"{}", Cookie="a=b; matinee_session=good", **headers))
    assert reply.status == status
    assert len(origin.seen) == (1 if status == 200 else 0)


async def test_reading_and_apps_need_no_origin(caller: Caller) -> None:
    assert (await caller.ask(get(Cookie="matinee_session=good"))).status == 200
    assert (await caller.ask(message("POST", body=b"{}", Authorization="Bearer good"))).status == 200
    assert (await caller.ask(message("POST", body=b"{}"))).status == 200


async def test_the_signed_origin(house: House, caller: Caller, origin: Origin) -> None:
    for _ in range(3):
        await caller.ask(get())
    assert {seen.header("x-matinee-origin") for seen in origin.seen} == {b"origin-1"}
    claims = house.signed[0]
    assert (claims["territory"], claims["address"], claims["host"], claims["scheme"]) == (
        "DE",
        "127.0.0.1",
        "localhost",
        "http",
    )
    await caller.ask(b"GET /api/x HTTP/1.1\r\nHost: FILMS.example:81\r\n\r\n")
    assert house.signed[1]["host"] == "films.example:81"


async def test_a_fixed_public_url_is_what_servers_are_told(origin: Origin) -> None:
    house = House([origin.url], hosts=Hosts([], url="https://films.example"))
    await house.start()
    caller = await Caller.to(house.port)
    await caller.ask(get())
    assert (house.signed[0]["host"], house.signed[0]["scheme"]) == ("films.example", "https")
    good = message("POST", Cookie="matinee_session=good", Origin="https://films.example")
    assert (await caller.ask(good)).status == 200
    await caller.close()
    await house.stop()


async def test_a_page_of_a_server_gets_the_policy_and_one_of_its_own_stays(
    house: House, caller: Caller, origin: Origin
) -> None:
    house.appliances = ["http://localhost:8081", "http://localhost:8082; script-src *"]
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\ncontent-length: 0\r\n%s\r\n"

    async def pages(seen: Any, reader: Any, writer: asyncio.StreamWriter) -> bool:
        own = b"Content-Security-Policy: default-src 'none'\r\n" if seen.line.startswith(b"GET /api/own") else b""
        writer.write(page % own)
        return True

    origin.answering = pages
    policy = (await caller.ask(get())).headers["content-security-policy"]
    assert "connect-src 'self' http://localhost:8081;" in policy
    assert "media-src 'self' blob: http://localhost:8081;" in policy
    assert "frame-src 'self'" in policy
    assert "8082" not in policy
    assert (await caller.ask(get("/api/own"))).headers["content-security-policy"] == "default-src 'none'"


async def test_the_access_log_shows_no_tokens(house: House, caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "matinee.gateway.access"):
        await caller.ask(get("/api/play/sessions/s/manifest.mpd?token=secret&x=1", Authorization="Bearer good"))
    line = json.loads(caplog.records[-1].getMessage())
    assert line["target"] == "/api/play/sessions/s/manifest.mpd?token=...&x=1"
    assert (line["method"], line["status"], line["route"], line["account"]) == ("GET", 200, "api", "acc_1")
    assert "secret" not in caplog.text
    assert "good" not in caplog.text


# ---- passports


async def test_a_credential_becomes_a_passport(
    house: House, caller: Caller, origin: Origin, eventually: Eventually
) -> None:
    await eventually(lambda: house.passports.trusted)
    for headers in (
        {"Cookie": "x=1; matinee_session=good"},
        {"Authorization": "bearer good"},
        {"Authorization": "Bearer no"},
        {},
    ):
        assert (await caller.ask(get(**headers))).status == 200
    passports = [seen.header("x-matinee-passport") for seen in origin.seen]
    assert passports == [b"jwt-of-lgn_1", b"jwt-of-lgn_1", None, None]
    assert house.accounts.asked == 2


async def test_a_revocation_counts_within_a_second(
    house: House, caller: Caller, origin: Origin, eventually: Eventually
) -> None:
    await eventually(lambda: house.passports.trusted)
    await caller.ask(get(Authorization="Bearer good"))
    house.accounts.revoke("lgn_1")

    async def refused() -> bool:
        await caller.ask(get(Authorization="Bearer good"))
        return origin.seen[-1].header("x-matinee-passport") is None

    await eventually(refused, within_s=1)


async def test_dead_accounts_stop_only_those_with_a_credential(
    house: House, caller: Caller, origin: Origin, eventually: Eventually
) -> None:
    await eventually(lambda: house.passports.trusted)
    await caller.ask(get(Authorization="Bearer good"))
    house.accounts.cut()

    async def unavailable() -> bool:
        reply = await caller.ask(get(Authorization="Bearer good"))
        return reply.status == 503 and "retry-after" in reply.headers

    await eventually(unavailable, within_s=1.5)
    assert (await caller.ask(get())).status == 200
    house.accounts.broken = False

    async def back() -> bool:
        return (await caller.ask(get(Authorization="Bearer good"))).status == 200

    await eventually(back, within_s=5)
    await eventually(lambda: house.passports.trusted)


async def test_many_requests_of_one_token_ask_once(house: House, eventually: Eventually) -> None:
    await eventually(lambda: house.passports.trusted)
    house.accounts.slow_s = 0.2
    callers = [await Caller.to(house.port) for _ in range(10)]
    replies = await asyncio.gather(*(each.ask(get(Authorization="Bearer good")) for each in callers))
    assert {reply.status for reply in replies} == {200}
    assert house.accounts.asked == 1
    for each in callers:
        await each.close()


async def test_a_client_that_leaves_while_its_token_is_asked_for(house: House, eventually: Eventually) -> None:
    house.accounts.slow_s = 0.3
    caller = await Caller.to(house.port)
    caller.send(get(Authorization="Bearer good"))
    await eventually(lambda: house.accounts.asked == 1)
    await caller.close()
    await eventually(lambda: house.traffic.in_flight == 0)
    assert house.counted(category="FAILURE_CLIENT_CANCELLED") == 1


# ---- metrics, static


async def test_metrics_tell_how_requests_ended(house: House, caller: Caller) -> None:
    await caller.ask(get())
    await caller.ask(get("/nowhere"))
    assert house.counted(route="api", category="SUCCESS", status="200") == 1
    assert house.counted(route="static", category="SUCCESS_LOCAL_NO_ROUTE", status="404") == 1
    values = {
        (sample.name, sample.labels.get("route"), sample.labels.get("le")): sample.value
        for family in house.registry.collect()
        for sample in family.samples
    }
    assert values["matinee_gateway_request_seconds_bucket", "api", "+Inf"] == 1
    assert values["matinee_gateway_request_seconds_count", "api", None] == 1
    assert values["matinee_gateway_in_flight", None, None] == 0
    assert values["matinee_gateway_connections", None, None] == 1


async def test_the_client_is_served(origin: Origin, tmp_path: Any) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Matinee</title>")
    house = House([origin.url], replace(SHORT, idle_s=5), static=Static.load(tmp_path))
    house.appliances = ["http://localhost:8081"]
    await house.start()
    caller = await Caller.to(house.port)
    for path in ("/", "/title/ttl_1?x=1"):
        page = await caller.ask(get(path, Accept="text/html,*/*"))
        assert (page.status, page.headers["cache-control"]) == (200, "no-store")
        assert page.body.startswith(b"<!doctype")
        assert "http://localhost:8081" in page.headers["content-security-policy"]
    head = await caller.ask(message("HEAD", "/", Accept="text/html"), head=True)
    assert head.headers["content-length"] == str(len(page.body))
    assert (await caller.ask(get("/missing.js", Accept="*/*"))).status == 404
    posted = await caller.ask(message("POST", "/", b"x"))
    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")
    await caller.close()
    await house.stop()
