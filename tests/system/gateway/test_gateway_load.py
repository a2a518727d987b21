"""What the gateway refuses to keep going: too much at once, too often, too slowly, from whom it does not know."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from gateway_house import OK, SHORT, Caller, House, Origin, Reply, Seen, get, message
from msgspec.structs import replace

from matinee.terms.routing import Match, Priority, Rate, RateBy, Route, RouteTable

Eventually = Callable[..., Awaitable[None]]

TABLE = RouteTable(
    [
        Route("play", Match("/api/play"), to="api", priority=Priority.PLAY),
        Route("beacon", Match("/api/beacon"), to="api", priority=Priority.BEACON),
        Route("log-in", Match("/api/session", methods=["POST"]), to="api", rates=[Rate(0.01, 3, RateBy.ADDRESS)]),
        Route("search", Match("/api/search"), to="api", rates=[Rate(0.01, 2)]),
        Route("all", Match("/api/all"), to="api", rates=[Rate(0.01, 2, RateBy.ROUTE)]),
        Route("api", Match("/api"), to="api"),
    ]
)


class Gate:
    """A server that answers when it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.holds = 0

    async def __call__(self, _: Seen, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.holds += 1
        await self.open.wait()
        writer.write(OK)
        return True


@pytest.fixture
async def built(origin: Origin) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    """A house with settings of a test's own."""
    houses: list[House] = []

    async def build(**parts: Any) -> House:
        house = House([origin.url], parts.pop("limits", SHORT), table=TABLE, **parts)
        await house.start()
        houses.append(house)
        return house

    yield build
    for house in houses:
        await house.stop()


Built = Callable[..., Awaitable[House]]


async def callers(house: House, count: int) -> list[Caller]:
    return [await Caller.to(house.port) for _ in range(count)]


async def close(callers: Sequence[Caller]) -> None:
    for each in callers:
        await each.close()


def problem(reply: Reply) -> dict[str, Any]:
    return json.loads(reply.body)


# ---- overload

FEW = replace(SHORT, origin_in_flight=12, origin_least=4, answer_s=5)  # a limit of 8, and 4 more for play


async def crowd(house: House, origin: Origin, eventually: Eventually, paths: str = "/api/x") -> list[Caller]:
    """As many requests under way as are let in."""
    gate = Gate()
    origin.answering = gate
    crowd = await callers(house, 8)
    for number, caller in enumerate(crowd, 1):
        caller.send(get(paths))
        await eventually(lambda number=number: gate.holds == number or house.counted(status="503") > 0)
    return crowd


async def test_play_is_let_in_where_all_else_is_refused(built: Built, origin: Origin, eventually: Eventually) -> None:
    house = await built(limits=FEW)
    under_way = await crowd(house, origin, eventually)
    for path, priority, least_s in (("/api/x", "browse", 2), ("/api/beacon", "beacon", 30)):
        caller = await Caller.to(house.port)
        reply = await caller.ask(get(path))
        assert reply.status == 503
        told = problem(reply)
        assert (told["type"], told["priority"]) == ("origin-busy", priority)
        assert least_s <= told["retry_after_s"] < 2 * least_s
        assert reply.headers["retry-after"] == str(told["retry_after_s"])
        assert "max_retries" in told
        await caller.close()
    player = await Caller.to(house.port)
    player.send(get("/api/play/ttl_1"))
    await eventually(lambda: len([seen for seen in origin.seen if b"/api/play" in seen.line]) == 1)
    gate = origin.answering
    assert isinstance(gate, Gate)
    gate.open.set()
    assert (await player.reply()).status == 200
    assert house.counted(category="FAILURE_LOCAL_THROTTLED_ORIGIN_CONCURRENCY", status="503") >= 2
    await close([*under_way, player])
    await eventually(lambda: house.traffic.guard.origins["api"].in_flight == 0)
    assert house.traffic.guard.gateway.in_flight == 0
    told = {
        (sample.name, sample.labels["at"], sample.labels.get("priority")): sample.value
        for family in house.registry.collect()
        for sample in family.samples
        if "at" in sample.labels
    }
    assert told["matinee_gateway_limit", "api", None] == 8
    assert told["matinee_gateway_shed_total", "api", "beacon"] == 1
    assert told["matinee_gateway_shed_total", "api", "play"] == 0


async def test_it_is_refused_before_its_body_is_read_and_its_sender_asked_for(
    built: Built, origin: Origin, eventually: Eventually
) -> None:
    house = await built(limits=FEW)
    under_way = await crowd(house, origin, eventually)
    asked = house.accounts.asked
    caller = await Caller.to(house.port)
    caller.send(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Length: 9\r\n\r\n")
    reply = await caller.reply()
    assert (reply.status, reply.headers["connection"]) == (503, "close")
    assert house.accounts.asked == asked
    await close([*under_way, caller])


async def test_places_are_free_again_however_a_request_ends(
    built: Built, origin: Origin, eventually: Eventually
) -> None:
    house = await built(limits=replace(FEW, answer_s=0.4))
    guard = house.traffic.guard
    under_way = await crowd(house, origin, eventually)
    held = guard.origins["api"].in_flight
    assert held >= 4
    await close(under_way[:2])  # clients that go away
    await eventually(lambda: guard.origins["api"].in_flight <= held - 1)
    await eventually(lambda: guard.origins["api"].in_flight == 0)  # servers that never answer
    await close(under_way)
    await origin.stop()  # a server that cannot be reached
    caller = await Caller.to(house.port)
    assert (await caller.ask(get())).status == 502
    assert (guard.origins["api"].in_flight, guard.gateway.in_flight) == (0, 0)
    await caller.close()


async def test_who_reads_slowly_holds_no_place(built: Built, origin: Origin, eventually: Eventually) -> None:
    async def large(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n" + bytes(9_000_000))
        return True

    house = await built(limits=replace(SHORT, write_s=5))
    origin.answering = large
    caller = await Caller.to(house.port)
    caller.send(get())
    await eventually(lambda: house.traffic.in_flight == 1 and bool(house.traffic.guard.origins))
    await eventually(lambda: house.traffic.guard.origins["api"].in_flight == 0)
    assert house.traffic.in_flight == 1
    await caller.close()


async def test_limits_change_while_it_runs(built: Built, origin: Origin, eventually: Eventually) -> None:
    house = await built()
    caller = await Caller.to(house.port)
    assert (await caller.ask(get())).status == 200
    house.traffic.adopt(replace(FEW, head_bytes=1024))
    assert (await caller.ask(get(X_Long="a" * 1100))).status == 431
    under_way = await crowd(house, origin, eventually)
    assert house.traffic.guard.origins["api"].in_flight <= 8
    await close([caller, *under_way])


# ---- rates


async def test_an_address_may_log_in_so_often(built: Built, origin: Origin) -> None:
    house = await built()
    caller = await Caller.to(house.port)
    log_in = message("POST", "/api/session", b"{}", Authorization="Bearer good")
    assert [(await caller.ask(log_in)).status for _ in range(3)] == [200] * 3
    asked = house.accounts.asked
    reply = await caller.ask(log_in)
    assert reply.status == 429
    assert reply.headers["ratelimit-policy"] == '"log-in";q=3;w=300'
    wait_s = int(reply.headers["retry-after"])
    assert 90 < wait_s <= 100
    assert reply.headers["ratelimit"] == f'"log-in";r=0;t={wait_s}'
    assert (problem(reply)["type"], problem(reply)["retry_after_s"]) == ("rate-limited", wait_s)
    assert house.accounts.asked == asked, "nobody is asked who sends it"
    assert (await caller.ask(get("/api/session"))).status == 200, "another route"
    assert house.counted(category="FAILURE_LOCAL_THROTTLED", route="log-in") == 1
    await caller.close()


async def test_members_do_not_use_up_each_others_rate(built: Built) -> None:
    house = await built()
    house.accounts.logins["other"] = "lgn_2"
    caller = await Caller.to(house.port)

    async def ask(**headers: str) -> int:
        return (await caller.ask(get("/api/search?q=a", **headers))).status

    assert [await ask(Authorization="Bearer good") for _ in range(3)] == [200, 200, 429]
    assert [await ask() for _ in range(3)] == [200, 200, 429], "who is not logged in counts by address"
    assert [await ask(Authorization="Bearer nobody") for _ in range(2)] == [429, 429]
    await caller.close()


async def test_a_route_has_a_rate_for_all(built: Built) -> None:
    house = await built(trusted=["127.0.0.1"])
    caller = await Caller.to(house.port)
    statuses = [(await caller.ask(get("/api/all", X_Forwarded_For=f"203.0.113.{n}"))).status for n in range(3)]
    assert statuses == [200, 200, 429]
    await caller.close()


# ---- who asks


async def address_of(house: House, origin: Origin, **headers: str) -> tuple[str, str]:
    """What servers are told of who asks, and of the scheme."""
    caller = await Caller.to(house.port)
    assert (await caller.ask(get(**headers))).status == 200
    await caller.close()
    token = origin.seen[-1].header("x-matinee-origin")
    assert token is not None
    claims = house.signed[int(token.removeprefix(b"origin-")) - 1]
    assert origin.seen[-1].header("x-forwarded-for") is None
    return claims["address"], claims["scheme"]


async def test_what_strangers_say_of_addresses_is_not_believed(built: Built, origin: Origin) -> None:
    house = await built(trusted=["192.0.2.0/24"])
    spoofed = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https", "Forwarded": "for=203.0.113.9"}
    assert await address_of(house, origin, **spoofed) == ("127.0.0.1", "http")


@pytest.mark.parametrize(
    ("noted", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("10.0.0.1, 10.1.2.3", "10.0.0.1"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("6.6.6.6, nonsense, 10.1.2.3", "10.1.2.3"),
        ("nonsense", "127.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
async def test_the_client_is_the_last_that_is_no_proxy_of_ours(
    built: Built, origin: Origin, noted: str, address: str
) -> None:
    house = await built(trusted=["127.0.0.1", "10.0.0.0/8"])
    told = await address_of(house, origin, X_Forwarded_For=noted, X_Forwarded_Proto="https", Forwarded="for=6.6.6.6")
    assert told == (address, "https")


async def test_the_standard_header_where_it_is_the_proxies_own(built: Built, origin: Origin) -> None:
    house = await built(trusted=["127.0.0.1"], standard_forwarded=True)
    noted = 'for=6.6.6.6, for="[2001:db8::7]:4711";proto=https;by=10.0.0.1'
    told = await address_of(house, origin, Forwarded=noted, X_Forwarded_For="6.6.6.6")
    assert told == ("2001:db8::7", "https")


def binary_opening(source: str, destination: str, *, tls: bool = False, command: int = 0x21) -> bytes:
    """Version 2 of the PROXY protocol."""
    ends = ip_address(source).packed + ip_address(destination).packed + struct.pack("!HH", 4711, 443)
    values = (b"\x01\x00\x02h2" + b"\x20\x00\x05\x01\x00\x00\x00\x00") if tls else b""
    family = 0x11 if ip_address(source).version == 4 else 0x21
    head = b"\r\n\r\n\x00\r\nQUIT\n" + bytes([command, family])
    return head + struct.pack("!H", len(ends) + len(values)) + ends + values


OPENINGS = [
    (b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n", "203.0.113.9", "http"),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 80\r\n", "2001:db8::1", "http"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1", "http"),
    (binary_opening("203.0.113.9", "192.0.2.1"), "203.0.113.9", "http"),
    (binary_opening("2001:db8::1", "2001:db8::2", tls=True), "2001:db8::1", "https"),
    (binary_opening("203.0.113.9", "192.0.2.1", command=0x20), "127.0.0.1", "http"),
    (b"", "127.0.0.1", "http"),
    (b"\r\n", "127.0.0.1", "http"),
]


@pytest.mark.parametrize(("opening", "address", "scheme"), OPENINGS)
async def test_a_balancer_says_who_connects(
    built: Built, origin: Origin, opening: bytes, address: str, scheme: str
) -> None:
    house = await built(trusted=["127.0.0.1"])
    raw = opening + get()
    for at in {0, 1, 5, 13, len(opening)}:
        caller = await Caller.to(house.port)
        caller.send(raw[:at])
        await caller.writer.drain()
        await asyncio.sleep(0)
        assert (await caller.ask(raw[at:] + get())).status == 200
        assert (await caller.reply()).status == 200
        claims = house.signed[-1]
        assert (claims["address"], claims["scheme"]) == (address, scheme)
        await caller.close()


@pytest.mark.parametrize(
    "opening",
    [
        b"PROXY TCP4 203.0.113.9 192.0.2.1 4711\r\n",
        b"PROXY TCP4 999.0.113.9 192.0.2.1 4711 80\r\n",
        b"PROXY " + b"a" * 200,
        b"\r\n\r\n\x00\r\nQUIT\n\x11\x11\x00\x0c" + bytes(12),
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x02" + bytes(2),
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\xff\xff",
    ],
)
async def test_a_broken_opening_is_a_400(built: Built, origin: Origin, opening: bytes) -> None:
    house = await built(trusted=["127.0.0.1"])
    caller = await Caller.to(house.port)
    assert (await caller.ask(opening + get())).status == 400
    assert not origin.seen
    await caller.close()


async def test_a_strangers_opening_is_no_http(built: Built, origin: Origin) -> None:
    house = await built()
    for opening in (OPENINGS[0][0], OPENINGS[3][0]):
        caller = await Caller.to(house.port)
        assert (await caller.ask(opening + get())).status == 400
        await caller.close()
    assert not origin.seen


async def test_the_clock_is_not_moved_through_a_proxy_on_this_machine(built: Built) -> None:
    house = await built()
    caller = await Caller.to(house.port)
    clock = "/api/operations/clock"
    assert (await caller.ask(message("POST", clock, b"{}"))).status == 200
    for header in ("X_Forwarded_For", "Forwarded", "X_Real_IP", "Via"):
        assert (await caller.ask(message("POST", clock, b"{}", **{header: "127.0.0.1"}))).status == 403
    await caller.close()


# ---- connections and slow clients


async def test_connections_of_one_address_are_bounded(built: Built, eventually: Eventually) -> None:
    house = await built(trusted=["127.0.0.1"], limits=replace(SHORT, connections_per_address=2, idle_s=5))

    async def connect(address: str) -> Caller:
        caller = await Caller.to(house.port)
        caller.send(f"PROXY TCP4 {address} 192.0.2.1 4711 80\r\n".encode() + get())
        return caller

    first, second = [await connect("203.0.113.9") for _ in range(2)]
    assert [(await each.reply()).status for each in (first, second)] == [200, 200]
    third = await connect("203.0.113.9")
    assert await third.ended() == b""
    other = await connect("203.0.113.10")
    assert (await other.reply()).status == 200
    await first.close()
    await eventually(lambda: len(house.traffic.clients) == 2)
    again = await connect("203.0.113.9")
    assert (await again.reply()).status == 200
    await close([second, third, other, again])
    await eventually(lambda: house.traffic.connections.open == 0)


async def test_all_connections_are_bounded(built: Built, eventually: Eventually) -> None:
    house = await built(limits=replace(SHORT, connections=2))
    first, second = await callers(house, 2)
    assert (await second.ask(get())).status == 200
    third = await Caller.to(house.port)
    assert await third.ended() == b""
    await close([first, second, third])
    await eventually(lambda: house.traffic.connections.open == 0)


async def drip(caller: Caller, data: bytes, pause_s: float) -> None:
    for byte in data:
        caller.send(bytes([byte]))
        await asyncio.sleep(pause_s)


async def test_a_body_drop_by_drop_is_a_408(built: Built, eventually: Eventually) -> None:
    house = await built(limits=replace(SHORT, body_s=0.5, bytes_per_s=1000))
    caller = await Caller.to(house.port)
    caller.send(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n\r\n")
    dripping = asyncio.create_task(drip(caller, bytes(1000), 0.02))
    assert (await caller.reply(within_s=3)).status == 408
    dripping.cancel()
    assert house.counted(category="FAILURE_CLIENT_TIMEOUT") == 1
    await eventually(lambda: house.traffic.in_flight == 0)
    await caller.close()


async def test_a_body_may_take_long_that_comes_quickly_enough(built: Built, origin: Origin) -> None:
    house = await built(limits=replace(SHORT, body_s=0.4, bytes_per_s=1000))
    caller = await Caller.to(house.port)
    caller.send(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n")
    for _ in range(20):
        caller.send(bytes(100))
        await asyncio.sleep(0.05)
    assert (await caller.reply()).status == 200
    assert len(origin.seen[0].body) == 2000
    await caller.close()


async def test_who_takes_an_answer_drop_by_drop_is_let_go(built: Built, origin: Origin, eventually: Eventually) -> None:
    async def endless(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 90000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(bytes(100_000))
            await writer.drain()
        return False

    house = await built(limits=replace(SHORT, write_s=0.6, bytes_per_s=1_000_000))
    origin.answering = endless
    caller = await Caller.to(house.port)
    caller.send(get())
    await caller.reader.readexactly(1000)

    async def sip() -> None:
        while True:
            await caller.reader.readexactly(100)
            await asyncio.sleep(0.05)

    sipping = asyncio.create_task(sip())
    await eventually(lambda: not house.traffic.clients, within_s=8)
    sipping.cancel()
    await eventually(lambda: house.servers[0].in_flight == 0)
    await caller.close()


# ---- pages of other sites


async def test_pages_of_other_sites_are_refused_by_default(built: Built, origin: Origin) -> None:
    house = await built()
    caller = await Caller.to(house.port)
    asked = {"Origin": "https://tv.example", "Access_Control_Request_Method": "POST"}
    preflight = await caller.ask(message("OPTIONS", "/api/x", None, **asked))
    assert preflight.status == 403
    reply = await caller.ask(get(Origin="https://tv.example"))
    assert not [name for name in (*preflight.headers, *reply.headers) if name.startswith("access-control-")]
    assert len(origin.seen) == 1
    await caller.close()


async def test_pages_of_sites_that_are_allowed_may_with_a_token_of_their_own(built: Built, origin: Origin) -> None:
    house = await built(app_origins=["https://TV.example"])
    caller = await Caller.to(house.port)
    asked = {"Origin": "https://tv.example", "Access_Control_Request_Method": "POST"}
    preflight = await caller.ask(message("OPTIONS", "/api/x", None, **asked))
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "https://tv.example"
    wanted = {"authorization", "last-event-id", "upload-checksum", "upload-defer-length"}
    assert wanted <= set(preflight.headers["access-control-allow-headers"].split(", "))
    assert "access-control-allow-credentials" not in preflight.headers
    reply = await caller.ask(message("POST", body=b"{}", Origin="https://tv.example", Authorization="Bearer good"))
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://tv.example")
    assert reply.headers["vary"] == "origin"
    forged = await caller.ask(message("POST", body=b"{}", Origin="https://tv.example", Cookie="matinee_session=good"))
    assert forged.status == 403
    own = await caller.ask(get())
    assert (own.headers["vary"], "access-control-allow-origin" in own.headers) == ("origin", False)
    refused = await caller.ask(message("OPTIONS", "/api/x", None, **{**asked, "Origin": "https://evil.example"}))
    assert refused.status == 403
    assert len(origin.seen) == 2
    await caller.close()


# ---- with a real balancer before it

HAPROXY = """
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen door
    bind 127.0.0.1:{door}
    server one 127.0.0.1:{port} {speaks}
"""


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
@pytest.mark.parametrize(
    "speaks", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl check inter 100ms check-send-proxy"]
)
async def test_haproxy_says_who_connects(
    built: Built, origin: Origin, tmp_path: Path, eventually: Eventually, speaks: str
) -> None:
    house = await built(trusted=["127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        door = probe.getsockname()[1]
    settings = tmp_path / "haproxy.cfg"
    settings.write_text(HAPROXY.format(door=door, port=house.port, speaks=speaks))
    balancer = await asyncio.create_subprocess_exec(
        "haproxy", "-db", "-f", str(settings), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:

        async def answers() -> bool:
            try:
                caller = await Caller.to(door, local_addr=("127.0.0.77", 0))
            except OSError:
                return False
            reply = await caller.ask(get())
            await caller.close()
            return reply.status == 200

        await eventually(answers, within_s=10)
        assert house.signed[-1]["address"] == "127.0.0.77"
    finally:
        balancer.kill()
        await balancer.wait()
