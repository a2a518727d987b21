"""Messages to members' devices through gateways: over events and WebSocket, to whom they are meant for and to nobody else."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from gateway_house import SHORT, Caller, House, get, message, until
from msgspec.structs import replace

from matinee.gateway.wire.websocket import accept
from matinee.runtime.clock import SystemClock
from matinee.runtime.errors import Unavailable
from matinee.services.push.contract import Audience, Message
from matinee.services.push.service import Service
from matinee.terms.maturity import Maturity
from matinee.terms.standard_routes import STANDARD
from matinee.terms.viewer import Role

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
CLOCK = SystemClock()
COUNT = iter(range(10**9))
MEMBERS = {
    "lgn_1": {"account_id": "acc_1", "profile_id": "prf_1", "maturity": Maturity.EIGHTEEN},
    "lgn_2": {"account_id": "acc_2", "profile_id": "prf_2", "maturity": Maturity.EIGHTEEN},
    "lgn_kid": {
        "account_id": "acc_1",
        "profile_id": "prf_kid",
        "maturity": Maturity.SEVEN,
        "roles": frozenset({Role.EDITOR}),
    },
}


class Away:
    """A push service that can be cut off."""

    def __init__(self) -> None:
        self.service: Any = Service(CLOCK)
        self.cut = False

    def __getattr__(self, name: str) -> Any:
        async def call(message: Any) -> Any:
            if self.cut:
                raise Unavailable
            return await getattr(self.service, name)(message)

        return call


@pytest.fixture(autouse=True)
async def callers(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """All that were opened are closed."""
    opened: list[Caller] = []
    to = Caller.to

    async def kept(port: int, **options: Any) -> Caller:
        opened.append(await to(port, **options))
        return opened[-1]

    monkeypatch.setattr(Caller, "to", kept)
    yield
    for caller in opened:
        await caller.close()


def tell(account: str | None = "acc_1", **said: Any) -> Message:
    name = f"m{next(COUNT)}"
    return Message(name, "word", CLOCK.now() + timedelta(minutes=1), {"n": name}, account_id=account, **said)


class Device:
    """Events, as a browser takes them."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.last = ""

    async def next(self, within_s: float = 5) -> tuple[str, Any]:
        async with asyncio.timeout(within_s):
            while True:
                raw = (await self.caller.reader.readuntil(b"\n\n")).decode()
                fields = dict(line.partition(": ")[::2] for line in raw.strip("\n").split("\n"))
                self.last = fields.get("id", self.last)
                if "event" in fields:
                    return fields["event"], json.loads(fields["data"])


async def device(house: House, token: str = "good", **headers: str) -> Device:
    caller = await Caller.to(house.port)
    caller.send(get("/api/push/events", Cookie=f"matinee_session={token}", **headers))
    head = await caller.reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    assert b"content-type: text/event-stream\r\n" in head
    found = Device(caller)
    kind, _ = await found.next()
    assert kind == "hello"
    return found


def masked(opcode: int, payload: bytes = b"") -> bytes:
    mask = b"\x11\x92\x5a\xc3"
    return bytes((0x80 | opcode, 0x80 | len(payload))) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


async def frame(caller: Caller, within_s: float = 5) -> tuple[int, bytes]:
    async with asyncio.timeout(within_s):
        first, size = await caller.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await caller.reader.readexactly(2))
        return first & 15, await caller.reader.readexactly(size)


def opening(path: str = "/api/push", **headers: str) -> bytes:
    fields = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": KEY,
        "Cookie": "matinee_session=good",
        "Origin": "http://localhost",
        **headers,
    }
    return get(path, **{name: value for name, value in fields.items() if value})


async def socket(house: House, **headers: str) -> Caller:
    caller = await Caller.to(house.port)
    caller.send(opening(**headers))
    reply = await caller.reply()
    assert (reply.status, reply.headers["sec-websocket-accept"]) == (101, accept(KEY.encode()).decode())
    opcode, payload = await frame(caller)
    assert (opcode, json.loads(payload)["kind"]) == (1, "hello")
    return caller


@asynccontextmanager
async def standing(push: Any, name: str = "a", limits: Any = SHORT, **parts: Any) -> AsyncIterator[House]:
    house = House(["http://127.0.0.1:1"], limits, table=STANDARD, push=push, name=name, **parts)
    house.accounts.logins = {"good": "lgn_1", "other": "lgn_2", "kid": "lgn_kid"}
    house.accounts.members = dict(MEMBERS)
    await house.start()
    try:
        await until(lambda: house.lines.hub.cursor and not house.lines.relay._anew)
        yield house
    finally:
        await house.stop()


@pytest.fixture
def push() -> Away:
    return Away()


@pytest.fixture
async def house(push: Away) -> AsyncIterator[House]:
    async with standing(push) as started:
        yield started


async def known(push: Away, count: int, account: str = "acc_1") -> None:
    """Until the service knows of so many of an account's devices."""
    async with asyncio.timeout(5):
        while _devices(push, account) != count:
            await asyncio.sleep(0.01)


def _devices(push: Away, account: str) -> int:
    now, probe = CLOCK.monotonic(), tell(account)
    return sum(gateway.devices(probe, now) for gateway in push.service._gateways.values())


async def test_a_message_reaches_the_devices_at_two_gateways_and_no_others(push: Away, house: House) -> None:
    async with standing(push, "b") as second:
        mine = [await device(house), await device(second)]
        ear = await socket(second)
        theirs = await device(second, "other")
        await known(push, 3)
        await known(push, 1, "acc_2")
        message = tell()
        assert (await push.service.send(message)).devices == 3
        assert [await each.next() for each in mine] == [("word", {"n": message.id})] * 2
        opcode, payload = await frame(ear)
        assert (opcode, json.loads(payload)["data"]) == (1, {"n": message.id})
        for_all = tell(None)
        assert (await push.service.send(for_all)).devices == 4
        assert await theirs.next() == ("word", {"n": for_all.id}), "the first thing that the other member hears"


async def test_a_killed_gateways_devices_get_at_the_other_what_they_missed(push: Away) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(standing(push, "a"))
        second = await stack.enter_async_context(standing(push, "b"))
        there = await device(first)
        await known(push, 1)
        await push.service.send(heard := tell())
        assert await there.next() == ("word", {"n": heard.id})
        for client in list(first.traffic.clients):
            client.abort()
        await first.stop()
        missed = [tell(), tell("acc_2"), tell()]
        for message in missed:
            await push.service.send(message)
        again = await device(second, Last_Event_ID=there.last)
        await push.service.send(later := tell())
        assert [await again.next() for _ in range(3)] == [("word", {"n": m.id}) for m in (missed[0], missed[2], later)]
        ear = await Caller.to(second.port)
        ear.send(opening(f"/api/push?last_event_id={there.last}"))
        assert (await ear.reply()).status == 101
        told = [json.loads((await frame(ear))[1]) for _ in range(4)]
        assert [each["data"].get("n") for each in told] == [None, missed[0].id, missed[2].id, later.id]


async def test_what_comes_right_after_the_opening_is_not_lost(push: Away, house: House) -> None:
    for _ in range(10):
        there = await device(house)
        await push.service.send(message := tell())
        while await there.next() != ("word", {"n": message.id}):
            pass  # of the last moments it hears again: better twice than never
        there.caller.writer.close()


@pytest.mark.parametrize(
    ("asked", "status", "kind"),
    [
        (get("/api/push/events"), 401, "unauthenticated"),
        (get("/api/push/events", Cookie="matinee_session=wrong"), 401, "unauthenticated"),
        (get("/api/push/events", Authorization="Bearer wrong", Cookie="matinee_session=good"), 401, "unauthenticated"),
        (get("/api/push/events", Cookie="matinee_session=good", Origin="https://evil.example"), 403, "foreign-origin"),
        (get("/api/push/events", Cookie="matinee_session=good", Sec_Fetch_Site="cross-site"), 403, "foreign-origin"),
        (get("/api/push/events", Authorization="Bearer good", Origin="https://evil.example"), 403, "foreign-origin"),
        (get("/api/push", Cookie="matinee_session=good"), 426, "upgrade-required"),
        (get("/api/push"), 401, "unauthenticated"),
        (opening(Cookie=""), 401, "unauthenticated"),
        (opening(Cookie="matinee_session=wrong"), 401, "unauthenticated"),
        (opening(Origin="https://evil.example"), 403, "foreign-origin"),
        (opening(Origin=""), 403, "foreign-origin"),
        (opening(Origin="null"), 403, "foreign-origin"),
        (opening(Cookie="", Authorization="Bearer good", Origin="https://evil.example"), 403, "foreign-origin"),
        (opening(Sec_WebSocket_Key="short"), 400, "upgrade-refused"),
        (message("POST", "/api/push/events", b"", Authorization="Bearer good"), 405, "method-not-allowed"),
    ],
)  # fmt: skip
async def test_who_may_not_is_refused_before_anything_opens(house: House, asked: bytes, status: int, kind: str) -> None:
    caller = await Caller.to(house.port)
    reply = await caller.ask(asked)
    assert (reply.status, json.loads(reply.body)["type"]) == (status, kind)
    assert reply.headers["content-type"] == "application/problem+json"
    assert house.lines.hub.open == 0
    await caller.close()


async def test_apps_come_with_a_token_and_without_an_origin(push: Away, house: House) -> None:
    ear = await socket(house, Cookie="", Origin="", Authorization="Bearer good")
    await push.service.send(message := tell())
    assert json.loads((await frame(ear))[1])["data"] == {"n": message.id}


async def test_a_child_hears_neither_the_households_business_nor_the_staffs(push: Away, house: House) -> None:
    kid, parent = await device(house, "kid"), await device(house)
    await known(push, 2)
    for not_theirs in (
        tell(audience=Audience.GUARDIAN),
        tell(None, audience=Audience.EDITOR),
        tell(profile_id="prf_1"),
    ):
        await push.service.send(not_theirs)
    await push.service.send(last := tell())
    assert await kid.next() == ("word", {"n": last.id}), "the first thing it hears"
    assert [(await parent.next())[1]["n"] == last.id for _ in range(3)] == [False, False, True]


async def test_a_login_that_ends_takes_its_lines_with_it_within_a_second(push: Away, house: House) -> None:
    mine, ear, theirs = await device(house), await socket(house), await device(house, "other")
    house.accounts.revoke("lgn_1")
    async with asyncio.timeout(1):
        assert (await mine.next())[1]["why"] == "logged-out"
        assert json.loads((await frame(ear))[1])["data"]["why"] == "logged-out"
        assert (await frame(ear))[0] == 8
        assert await mine.caller.reader.read() == b""
    assert house.lines.hub.open == 1
    await push.service.send(message := tell("acc_2"))
    assert await theirs.next() == ("word", {"n": message.id})


async def test_another_profile_of_the_same_login_hears_its_own(push: Away, house: House) -> None:
    there = await device(house)
    await known(push, 1)
    house.accounts.members["lgn_1"] = {"account_id": "acc_1", "profile_id": "prf_9", "maturity": Maturity.TEN}
    house.accounts.revoke("another login, so that this one's passport is asked for anew")
    house.passports.forget(b"good")
    house.lines.hub.revoked({"lgn_1"}, ())
    async with asyncio.timeout(5):
        while (await push.service.send(tell(profile_id="prf_9"))).devices == 0:
            await asyncio.sleep(0.01)
    kind, _ = await there.next()
    assert kind == "word"


async def test_where_accounts_was_away_everyone_is_asked_for_anew(push: Away) -> None:
    async with standing(push, ping_s=0.6) as house:
        there = await device(house)
        house.accounts.cut()
        await until(lambda: not house.passports.trusted)
        house.accounts.revoked.append("lgn_1")
        house.accounts.broken = False
        while (told := await there.next())[0] != "goaway":
            pass
        assert told[1]["why"] == "logged-out"


async def test_a_device_that_does_not_answer_is_let_go_and_one_that_does_stays(push: Away) -> None:
    async with standing(push, ping_s=0.6) as house:
        silent, answering = await socket(house), await socket(house)
        events = await device(house)

        async def answer() -> None:
            while True:
                opcode, payload = await frame(answering)
                assert (opcode, payload) == (9, b"")
                answering.send(masked(10))

        task = asyncio.create_task(answer())
        await until(lambda: house.lines.hub.closed["silent"] == 1)
        assert (await silent.ended())[:2] == b"\x89\x00"
        assert (await events.caller.reader.readuntil(b"\n\n")) == b": \n\n"
        assert house.lines.hub.open == 2
        task.cancel()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (masked(1, b"hello"), 1003),
        (masked(2), 1003),
        (bytes((0x01, 0x80)), 1003),
        (bytes((0x89, 0x00)), 1002),
        (bytes((0xC9, 0x80, 0, 0, 0, 0)), 1002),
        (bytes((0x8B, 0x80, 0, 0, 0, 0)), 1002),
        (bytes((0x09, 0x80, 0, 0, 0, 0)), 1002),
        (bytes((0x89, 0xFE, 1, 1)), 1002),
        (masked(8, b"x"), 1002),
        (masked(9) * 21, 1008),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "byte by byte"])
async def test_what_no_device_may_send_ends_its_line(house: House, sent: bytes, code: int, whole: bool) -> None:
    ear = await socket(house)
    for piece in [sent] if whole else [sent[at : at + 1] for at in range(len(sent))]:
        if not ear.writer.is_closing():
            ear.send(piece)
            await asyncio.sleep(0)
    if whole:  # what comes after the farewell may make the system lose it
        opcode, payload = await frame(ear)
        while opcode == 10:
            opcode, payload = await frame(ear)
        assert (opcode, struct.unpack("!H", payload[:2])[0]) == (8, code)
    await until(lambda: house.lines.hub.closed["refused"] == 1)
    await until(lambda: house.lines.hub.open == 0)


async def test_pings_are_answered_and_a_farewell_returned(house: House) -> None:
    ear = await socket(house)
    ear.send(masked(9, b"are you there") + masked(8, struct.pack("!H", 1000) + b"bye"))
    assert await frame(ear) == (10, b"are you there")
    assert await frame(ear) == (8, struct.pack("!H", 1000))
    assert await ear.ended() == b""
    await until(lambda: house.counted(route="push", status="101") == 1)


@pytest.mark.parametrize("opcode", [9, 10])
async def test_who_sends_thousands_of_control_frames_is_let_go(house: House, opcode: int) -> None:
    ear = await socket(house)
    ear.send(masked(opcode) * 5000)
    answers = [await frame(ear)]
    while answers[-1][0] != 8:
        answers.append(await frame(ear))
    assert len(answers) <= 21
    assert answers[-1][1][:2] == struct.pack("!H", 1008)
    await until(lambda: house.lines.hub.closed["refused"] == 1)


async def test_a_device_that_takes_nothing_is_closed_and_costs_no_memory(push: Away, house: House) -> None:
    caller = await Caller.to(house.port)
    caller.reader._limit = 1000  # what comes stays in the systems between
    caller.send(get("/api/push/events", Cookie="matinee_session=good"))
    await known(push, 1)
    big = {"x": "y" * 4000}
    async with asyncio.timeout(30):
        while not house.lines.hub.closed["slow"]:
            message = tell()
            await push.service.send(Message(message.id, "word", message.expires_at, big, account_id="acc_1"))
            await asyncio.sleep(0.0005)
    assert house.lines.hub.open == 0


async def test_an_account_and_the_gateway_have_only_so_many_lines(push: Away) -> None:
    limits = replace(SHORT, lines=3, lines_per_account=2)
    async with standing(push, limits=limits) as house:
        first, _ = await device(house), await socket(house)
        caller = await Caller.to(house.port)
        reply = await caller.ask(get("/api/push/events", Cookie="matinee_session=good"))
        assert (reply.status, json.loads(reply.body)["type"]) == (429, "rate-limited")
        await device(house, "other")
        reply = await caller.ask(get("/api/push/events", Cookie="matinee_session=kid"))
        assert (reply.status, json.loads(reply.body)["type"]) == (503, "overloaded")
        assert int(reply.headers["retry-after"]) >= 1
        first.caller.writer.close()
        await until(lambda: house.lines.hub.open == 2)
        await device(house)


async def test_a_gateway_that_drains_asks_its_devices_to_come_again_at_different_times(push: Away) -> None:
    async with standing(push) as house:
        devices = [await device(house) for _ in range(20)]
        stopping = asyncio.create_task(house.stop())
        told = [await each.next() for each in devices]
        assert {kind for kind, _ in told} == {"goaway"}
        assert {data["why"] for _, data in told} == {"draining"}
        again = {data["retry_ms"] for _, data in told}
        assert len(again) > 10
        assert all(1000 <= each <= 5000 for each in again)
        await stopping


async def test_a_service_that_is_away_closes_no_line_and_one_that_starts_anew_learns_who_is_there(
    push: Away, house: House
) -> None:
    there = await device(house)
    await known(push, 1)
    push.cut = True
    late = await device(house)
    push.service = Service(CLOCK)
    push.cut = False
    await known(push, 2)
    await push.service.send(message := tell())
    assert await there.next() == await late.next() == ("word", {"n": message.id})


async def test_lines_are_counted_and_no_request_is_left_under_way(house: House) -> None:
    there = await device(house)
    samples = {s.name: s.value for family in house.registry.collect() for s in family.samples}
    assert samples["matinee_gateway_push_lines"] == 1
    assert house.traffic.in_flight == 0
    there.caller.writer.close()
    await until(lambda: house.counted(route="push", status="200") == 1)
    seconds = [
        s.value
        for family in house.registry.collect()
        for s in family.samples
        if s.name == "matinee_gateway_request_seconds_sum" and s.labels["route"] == "push"
    ]
    assert seconds[0] < 0.5
