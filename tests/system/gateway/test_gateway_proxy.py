"""What passes through the gateway, and what a server behind it can do wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from gateway_house import (
    OK,
    SHORT,
    Caller,
    House,
    Origin,
    Seen,
    fixed,
    get,
    message,
    whole_body,
)
from msgspec.structs import replace

from matinee.gateway.routing.tries import Tries

Eventually = Callable[..., Awaitable[None]]


async def test_kept_connections_on_both_sides(caller: Caller, origin: Origin) -> None:
    for _ in range(5):
        reply = await caller.ask(get())
        assert (reply.status, reply.body) == (200, b"{}")
    assert origin.connections == 1


async def test_request_and_answer_split_at_every_byte(caller: Caller, origin: Origin) -> None:
    request = message("POST", "/api/echo?q=1", b"hello", X_Own="yes")

    async def trickle(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        for at in range(len(OK)):
            writer.write(OK[at : at + 1])
            await writer.drain()
            await asyncio.sleep(0)
        return True

    origin.answering = trickle
    for at in range(1, len(request)):
        caller.send(request[:at])
        await asyncio.sleep(0)
        reply = await caller.ask(request[at:])
        assert (reply.status, reply.body) == (200, b"{}")
    assert {seen.body for seen in origin.seen} == {b"hello"}
    assert {seen.line for seen in origin.seen} == {b"POST /api/echo?q=1 HTTP/1.1"}
    for byte in request:
        caller.send(bytes([byte]))
        await caller.writer.drain()
    assert (await caller.reply()).status == 200


async def test_chunked_request_is_framed_anew(caller: Caller, origin: Origin) -> None:
    head = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"
    for at in range(len(body)):
        caller.send(head + body[:at])
        await asyncio.sleep(0)
        assert (await caller.ask(body[at:])).status == 200
    assert {seen.body for seen in origin.seen} == {b"hello world"}
    assert all(seen.header("content-length") is None for seen in origin.seen)


async def test_pipelined_requests_pass_every_filter_one_after_the_other(caller: Caller, origin: Origin) -> None:
    inner = get("/api/second", X_Matinee_Passport="forged")
    caller.send(message("POST", "/api/first", b"body") + inner + get("/nothing") + get("/api/last"))
    statuses = [(await caller.reply()).status for _ in range(4)]
    assert statuses == [200, 200, 404, 200]
    assert [seen.line.split()[1] for seen in origin.seen] == [b"/api/first", b"/api/second", b"/api/last"]
    assert origin.seen[1].header("x-matinee-passport") is None
    assert all(seen.header("x-matinee-origin") == b"origin-1" for seen in origin.seen)


async def test_a_chunked_body_hides_no_second_request(caller: Caller, origin: Origin) -> None:
    hidden = get("/api/hidden", X_Matinee_Passport="forged")
    first = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    caller.send(first + hidden)
    assert (await caller.reply()).status == 200
    assert (await caller.reply()).status == 200
    assert origin.seen[1].header("x-matinee-passport") is None


async def test_thousands_of_pipelined_requests_do_not_nest(caller: Caller) -> None:
    caller.send(get("/nothing") * 3000)
    for _ in range(3000):
        assert (await caller.reply()).status == 404


async def test_who_pipelines_thousands_keeps_nobody_waiting(house: House, caller: Caller) -> None:
    other = await Caller.to(house.port)
    caller.send(get("/nothing") * 20_000)
    await caller.reply()
    asked = caller.reader._buffer.count(b"HTTP/1.1 404")
    assert (await other.ask(get("/nothing"))).status == 404
    between = caller.reader._buffer.count(b"HTTP/1.1 404") - asked
    assert between < 200
    await other.close()
    caller.writer.transport.abort()


async def test_what_only_the_gateway_may_say_is_removed(caller: Caller, origin: Origin) -> None:
    reply = await caller.ask(
        get(
            X_Matinee_Passport="forged",
            x_matinee_ORIGIN="forged",
            X_Forwarded_For="1.2.3.4",
            X_Forwarded_Proto="https",
            Forwarded="for=1.2.3.4",
            X_Real_IP="1.2.3.4",
            X_Request_Id="mine",
            Connection="keep-alive, X-Secret",
            X_Secret="1",
            Keep_Alive="timeout=5",
            TE="gzip",
            HTTP2_Settings="AAMAAABkAARAAAAAAAIAAAAA",
            Proxy_Authorization="x",
            X_Kept="kept",
        )
    )
    seen = origin.seen[0]
    names = {line.partition(b":")[0].lower() for line in seen.head.split(b"\r\n")[1:] if line}
    assert names == {b"host", b"x-kept", b"x-request-id", b"traceparent", b"x-matinee-origin"}
    assert seen.header("x-request-id") == reply.headers["x-request-id"].encode()
    assert b"forged" not in seen.head


async def test_underscored_names_do_not_pass_for_ours(caller: Caller, origin: Origin) -> None:
    await caller.ask(
        b"GET /api/x HTTP/1.1\r\nHost: localhost\r\nx_matinee_passport: forged\r\nX_Forwarded_For: 1\r\n\r\n"
    )
    assert b"forged" not in origin.seen[0].head
    assert b"orwarded" not in origin.seen[0].head


async def test_a_trace_goes_on_and_a_bad_one_begins_anew(caller: Caller, origin: Origin) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    await caller.ask(get(traceparent=f"00-{trace}-00f067aa0ba902b7-01"))
    await caller.ask(get(traceparent=f"00-{'0' * 32}-00f067aa0ba902b7-01"))
    first, second = (seen.header("traceparent") or b"" for seen in origin.seen)
    assert first.startswith(f"00-{trace}-".encode())
    assert first.endswith(b"-01")
    assert b"00f067aa0ba902b7" not in first
    assert second[3:35] == (origin.seen[1].header("x-request-id") or b"")[4:]


async def test_head_has_no_body_and_the_connection_goes_on(caller: Caller, origin: Origin) -> None:
    origin.answering = fixed(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
    reply = await caller.ask(message("HEAD"), head=True)
    assert reply.headers["content-length"] == "5"
    origin.answering = fixed(OK)
    assert (await caller.ask(get())).body == b"{}"
    assert origin.connections == 1


async def test_a_body_in_answer_to_head_is_cut_off(caller: Caller, origin: Origin) -> None:
    origin.answering = fixed(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong")
    await caller.ask(message("HEAD"), head=True)
    origin.answering = fixed(OK)
    assert (await caller.ask(get())).body == b"{}"
    assert origin.connections == 2


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_answers_without_a_body(caller: Caller, origin: Origin, status: str) -> None:
    origin.answering = fixed(f"HTTP/1.1 {status}\r\netag: x\r\n\r\n".encode())
    assert (await caller.ask(get())).headers["etag"] == "x"
    origin.answering = fixed(OK)
    assert (await caller.ask(get())).body == b"{}"
    assert origin.connections == 1


async def test_interim_answers_are_passed_on(caller: Caller, origin: Origin) -> None:
    origin.answering = fixed(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK)
    assert (await caller.ask(get())).status == 103
    assert (await caller.reply()).status == 102
    assert (await caller.reply()).body == b"{}"


async def test_expect_continue(caller: Caller, origin: Origin) -> None:
    async def continuing(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        seen.body = await whole_body(seen, reader)
        writer.write(OK)
        return True

    origin.early = continuing
    caller.send(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
    assert (await caller.reply()).status == 100
    assert (await caller.ask(b"body")).status == 200
    assert origin.seen[0].body == b"body"


async def test_another_expectation_is_refused(caller: Caller) -> None:
    assert (await caller.ask(get(Expect="miracles"))).status == 417


async def test_an_answer_before_the_end_of_the_request_ends_both_connections(caller: Caller, origin: Origin) -> None:
    origin.early = fixed(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")
    caller.send(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nfirst")
    reply = await caller.reply()
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    caller.send(b"GET /api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert await caller.ended() == b""
    assert len(origin.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world",
    ],
)
async def test_framed_answers_keep_the_connection(caller: Caller, origin: Origin, answer: bytes) -> None:
    origin.answering = fixed(answer)
    for _ in range(2):
        assert (await caller.ask(get())).body == b"hello world"
    assert origin.connections == 1


async def test_an_answer_that_ends_with_the_connection(caller: Caller, origin: Origin) -> None:
    origin.answering = fixed(b"HTTP/1.1 200 OK\r\n\r\nhello world", keep=False)
    reply = await caller.ask(get())
    assert (reply.body, reply.headers["connection"]) == (b"hello world", "close")


async def test_an_old_client_gets_no_chunks(caller: Caller, origin: Origin) -> None:
    origin.answering = fixed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")
    reply = await caller.ask(b"GET /api/x HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
    assert (reply.body, reply.headers["connection"]) == (b"hello!", "close")
    assert "transfer-encoding" not in reply.headers
    assert origin.seen[0].line == b"GET /api/x HTTP/1.1"


async def test_an_old_client_may_keep_its_connection(caller: Caller) -> None:
    for _ in range(2):
        reply = await caller.ask(b"GET /api/x HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
        assert reply.headers["connection"] == "keep-alive"
    assert (await caller.ask(b"GET /api/x HTTP/1.0\r\nHost: localhost\r\n\r\n")).headers["connection"] == "close"
    assert await caller.ended() == b""


async def test_a_server_that_dies_before_its_answer_is_asked_again_only_where_that_is_safe(
    caller: Caller, origin: Origin
) -> None:
    died: list[Seen] = []

    async def die(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        died.append(seen)
        return False

    origin.answering = die
    assert (await caller.ask(get())).status == 502
    assert len(died) == 3
    reply = await caller.ask(message("POST", body=b"x"))
    assert (reply.status, json.loads(reply.body)["type"]) == (502, "bad-gateway")
    assert (await caller.ask(message("POST"))).status == 502
    assert len(died) == 5
    assert (await caller.ask(message("PUT", body=b"x"))).status == 502
    assert [seen.body for seen in died[5:]] == [b"x"] * 3
    assert (await caller.ask(message("PUT", body=b"x" * 70_000))).status == 502
    assert len(died) == 9  # more than is kept for another try


async def test_a_server_that_says_it_is_busy_makes_way_for_another(origin: Origin) -> None:
    busy = Origin(answering=fixed(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"))
    await busy.start()
    house = House([busy.url, origin.url])
    await house.start()
    caller = await Caller.to(house.port)
    statuses = [(await caller.ask(get())).status for _ in range(20)]
    house.cluster.servers = house.servers[:1]
    asked = len(busy.seen)
    posted = await caller.ask(message("POST", body=b"x"))
    await caller.close()
    await house.stop()
    await busy.stop()
    assert statuses == [200] * 20
    assert (posted.status, len(busy.seen)) == (503, asked + 1)


async def test_a_try_that_takes_too_long_makes_way_for_another_server(origin: Origin) -> None:
    async def never(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(60)
        return False

    frozen = Origin(answering=never)
    await frozen.start()
    house = House([frozen.url, origin.url], tries=Tries(2, 0.1, 5))
    await house.start()
    caller = await Caller.to(house.port)
    statuses = [(await caller.ask(get())).status for _ in range(10)]
    house.cluster.servers = house.servers[:1]
    late = await caller.ask(get())
    await caller.close()
    await house.stop()
    await frozen.stop()
    assert statuses == [200] * 10
    assert len(frozen.seen) >= 1
    assert (late.status, json.loads(late.body)["type"]) == (504, "deadline-exceeded")


async def test_retries_are_a_share_of_the_requests(origin: Origin) -> None:
    bad = Origin(answering=fixed(b"", keep=False))
    await bad.start()
    house = House([bad.url])
    await house.start()
    caller = await Caller.to(house.port)
    for _ in range(100):
        assert (await caller.ask(get())).status == 502
    await caller.close()
    await house.stop()
    await bad.stop()
    assert 100 < len(bad.seen) <= 100 + 20 + 0.2 * 100 + 1


async def test_a_retry_finds_a_living_server(origin: Origin) -> None:
    bad = Origin(answering=fixed(b"", keep=False))
    await bad.start()
    house = House([bad.url, origin.url])
    await house.start()
    caller = await Caller.to(house.port)
    statuses = [(await caller.ask(get())).status for _ in range(20)]
    await caller.close()
    await house.stop()
    await bad.stop()
    assert statuses.count(200) >= 18


async def test_a_server_that_is_not_there_is_passed_over_for_any_method(origin: Origin) -> None:
    gone = Origin()
    await gone.start()
    await gone.stop()
    house = House([gone.url, origin.url])
    await house.start()
    caller = await Caller.to(house.port)
    statuses = [(await caller.ask(message("POST", body=b"x"))).status for _ in range(20)]
    assert statuses == [200] * 20
    house.cluster.servers = [house.servers[0]]
    reply = await caller.ask(get())
    assert (reply.status, json.loads(reply.body)["type"]) == (502, "bad-gateway")
    assert house.counted(category="FAILURE_ORIGIN_CONNECTIVITY") == 1
    house.cluster.servers = []
    assert (await caller.ask(get())).status == 503
    await caller.close()
    await house.stop()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nnonsense\r\n",
    ],
)
async def test_an_answer_that_breaks_off_breaks_the_connection(
    caller: Caller, house: House, origin: Origin, answer: bytes, eventually: Eventually
) -> None:
    origin.answering = fixed(answer, keep=False)
    caller.send(get())
    assert not (await caller.ended()).endswith(b"0\r\n\r\n")
    await eventually(lambda: house.counted(category="FAILURE_ORIGIN_RESET_CONNECTION") == 1)
    assert house.traffic.in_flight == 0


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\na",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\na",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000,
    ],
)
async def test_garbage_from_a_server_is_a_502(caller: Caller, origin: Origin, answer: bytes) -> None:
    origin.answering = fixed(answer)
    reply = await caller.ask(get())
    assert (reply.status, reply.headers["content-type"]) == (502, "application/problem+json")
    origin.answering = fixed(OK)
    assert (await caller.ask(get())).status == 200


async def test_bytes_nobody_asked_for_are_no_ones_answer(caller: Caller, origin: Origin) -> None:
    origin.answering = fixed(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison")
    assert (await caller.ask(get())).body == b"{}"
    origin.answering = fixed(OK)
    for _ in range(3):
        assert (await caller.ask(get())).body == b"{}"


async def test_a_silent_server_is_a_504(caller: Caller, house: House, origin: Origin) -> None:
    async def silence(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.read()
        return False

    origin.answering = silence
    reply = await caller.ask(get())
    assert (reply.status, json.loads(reply.body)["type"]) == (504, "deadline-exceeded")
    assert house.counted(category="FAILURE_ORIGIN_READ_TIMEOUT") == 1
    assert house.servers[0].in_flight == 0
    origin.answering = fixed(OK)
    assert (await caller.ask(get())).status == 200


async def test_a_client_that_goes_away_frees_its_server(
    caller: Caller, house: House, origin: Origin, eventually: Eventually
) -> None:
    gone = asyncio.Event()

    async def wait(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.read()
        gone.set()
        return False

    origin.answering = wait
    caller.send(get())
    await eventually(lambda: bool(origin.seen))
    await caller.close()
    await asyncio.wait_for(gone.wait(), 5)
    await eventually(lambda: house.traffic.in_flight == 0)
    assert house.counted(category="FAILURE_CLIENT_CANCELLED") == 1
    assert house.servers[0].in_flight == 0


async def test_a_unix_socket(tmp_path: Path) -> None:
    origin = Origin()
    await origin.start(str(tmp_path / "api.sock"))
    house = House([origin.url])
    await house.start()
    caller = await Caller.to(house.port)
    assert (await caller.ask(get())).status == 200
    await caller.close()
    await house.stop()
    await origin.stop()


async def test_too_many_at_once(origin: Origin, eventually: Eventually) -> None:
    release = asyncio.Event()

    async def wait(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await release.wait()
        writer.write(OK)
        return True

    origin.answering = wait
    house = House([origin.url], replace(SHORT, in_flight=2, answer_s=5))
    await house.start()
    callers = [await Caller.to(house.port) for _ in range(3)]
    for each in callers[:2]:
        each.send(get())
    await eventually(lambda: house.traffic.in_flight == 2)
    refused = await callers[2].ask(get())
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    release.set()
    assert [(await each.reply()).status for each in callers[:2]] == [200, 200]
    assert (await callers[2].ask(get())).status == 200
    for each in callers:
        await each.close()
    await house.stop()


async def test_stopping_lets_what_is_under_way_end(origin: Origin, eventually: Eventually) -> None:
    release = asyncio.Event()

    async def wait(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await release.wait()
        writer.write(OK)
        return True

    origin.answering = wait
    house = House([origin.url], replace(SHORT, answer_s=5))
    await house.start()
    idle, busy = await Caller.to(house.port), await Caller.to(house.port)
    busy.send(get())
    await eventually(lambda: house.traffic.in_flight == 1)
    stopping = asyncio.create_task(house.stop())
    assert await idle.ended() == b""
    with pytest.raises(ConnectionError):
        await Caller.to(house.port)
    release.set()
    reply = await busy.reply()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    await asyncio.wait_for(stopping, 5)
    await idle.close()
    await busy.close()
