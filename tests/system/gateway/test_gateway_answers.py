"""What becomes of an answer on its way: trailers, silence, interim heads, compression, bodies too large for their route."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gateway_house import Answering, Caller, House, Origin, Seen, fixed, get, message

from matinee.terms.routing import Match, Route, RouteTable

TABLE = RouteTable(
    [
        Route("text", Match("/api/text"), to="api", compress=True),
        Route("patient", Match("/api/patient"), to="api", silence_s=2),
        Route("small", Match("/api/small"), to="api", most_bytes=10),
        Route("api", Match("/api"), to="api"),
    ]
)
TEXT = b'{"word": "' + b"again and " * 200 + b'"}'


@asynccontextmanager
async def asking(answering: Answering, **parts: Any) -> AsyncIterator[tuple[Caller, Origin]]:
    origin = Origin(answering)
    await origin.start()
    house = House([origin.url], table=TABLE, **parts)
    await house.start()
    caller = await Caller.to(house.port)
    try:
        yield caller, origin
    finally:
        await caller.close()
        await house.stop()
        await origin.stop()


def answer(*lines: bytes, body: bytes = TEXT, sized: bool = True) -> bytes:
    head = [b"HTTP/1.1 200 OK", *(lines or (b"content-type: application/json", b'etag: "one"', b"vary: cookie"))]
    if sized:
        return b"\r\n".join([*head, b"content-length: %d" % len(body)]) + b"\r\n\r\n" + body
    return b"\r\n".join([*head, b"transfer-encoding: chunked"]) + b"\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


# ---- trailers


TRAILED = (
    b"HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n"
    b"2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\nX-Matinee-Passport: x\r\n\r\n"
)


async def test_trailers_reach_a_client_that_takes_them_without_what_may_not_be_one() -> None:
    async with asking(fixed(TRAILED)) as (caller, origin):
        caller.send(get(TE="trailers, deflate"))
        raw = await caller.reader.readuntil(b"\r\n\r\n") + await caller.reader.readuntil(b"\r\n\r\n")
        assert raw.endswith(b"2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n")
        assert origin.seen[0].header("te") == b"trailers"
        caller.send(get())
        raw = await caller.reader.readuntil(b"\r\n\r\n") + await caller.reader.readuntil(b"\r\n\r\n")
        assert raw.endswith(b"2\r\nok\r\n0\r\n\r\n")


async def test_trailers_split_at_every_byte() -> None:
    async def split(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        for byte in TRAILED:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        return True

    async with asking(split) as (caller, _):
        for _ in range(3):
            caller.send(get(TE="trailers"))
            raw = await caller.reader.readuntil(b"\r\n\r\n") + await caller.reader.readuntil(b"\r\n\r\n")
            assert raw.endswith(b"0\r\nX-Sum: 1\r\n\r\n")


async def test_a_requests_trailers_reach_the_server_without_what_may_not_be_one() -> None:
    body = b"2\r\nok\r\n0\r\nX-Sum: 1\r\nx-matinee-passport: forged\r\nHost: evil\r\nAuthorization: x\r\n\r\n"
    async with asking(fixed(answer())) as (caller, origin):
        request = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        assert (await caller.ask(request)).status == 200
        assert (origin.seen[0].body, origin.seen[0].trailers) == (b"ok", [b"X-Sum: 1"])


# ---- time and interim answers


async def test_a_route_may_be_more_patient_with_a_pause_in_an_answer() -> None:
    async def pauses(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab")
        await asyncio.sleep(0.9)  # more than the half second of the limits
        writer.write(b"cd")
        return True

    async with asking(pauses) as (caller, _):
        assert (await caller.ask(get("/api/patient"))).body == b"abcd"
        caller.send(get("/api/x"))
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await caller.reply()


async def test_interim_heads_lose_what_is_the_houses_own_and_have_an_end() -> None:
    hint = (
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nx-matinee-utilization: 0.9\r\nconnection: x-own\r\nx-own: 1\r\n\r\n"
    )
    async with asking(fixed(hint + answer())) as (caller, _):
        reply = await caller.ask(get())
        assert (reply.status, reply.headers) == (103, {"link": "</a>"})
        assert (await caller.reply()).status == 200
    async with asking(fixed(hint * 50)) as (caller, _):
        replies = [(await caller.ask(get())).status] + [(await caller.reply()).status for _ in range(16)]
        assert replies == [103] * 16 + [502]


# ---- answers that are none


CUT, NONSENSE = b"HTTP/1.1 200 OK\r\ncontent-le", b"\x16\x03\x01 this is no answer"


@pytest.mark.parametrize(("spoilt", "keep"), [(CUT, False), (NONSENSE, True)], ids=["cut in its head", "nonsense"])
async def test_what_only_reads_is_asked_again_where_the_answer_is_none(spoilt: bytes, keep: bool) -> None:
    async def first_spoilt(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = len(origin.seen) % 2
        return await fixed(spoilt if first else answer(), keep=keep or not first)(seen, reader, writer)

    async with asking(first_spoilt) as (caller, origin):
        assert [(await caller.ask(get())).status for _ in range(3)] == [200] * 3
        assert len(origin.seen) == 6
        assert (await caller.ask(message("POST", body=b"x"))).status == 502
        assert len(origin.seen) == 7


# ---- bodies too large


@pytest.mark.parametrize("expects", [{}, {"Expect": "100-continue"}])
async def test_a_body_too_large_for_its_route_is_refused_before_it_is_read(expects: dict[str, str]) -> None:
    async with asking(fixed(answer())) as (caller, origin):
        caller.send(b"POST /api/small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n")
        caller.send("".join(f"{name}: {value}\r\n" for name, value in expects.items()).encode() + b"\r\n")
        reply = await caller.reply()
        assert (reply.status, b'"most_bytes":10' in reply.body) == (413, True)
        assert not origin.seen


async def test_one_in_chunks_as_soon_as_it_is_too_large() -> None:
    async with asking(fixed(answer())) as (caller, origin):
        head = b"POST /api/small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await caller.ask(head + b"a\r\n0123456789\r\n0\r\n\r\n")).status == 200
        caller.send(head + b"6\r\n012345\r\n")
        await asyncio.sleep(0.05)
        assert (await caller.ask(b"5\r\n67890\r\n")).status == 413
        assert len(origin.seen) == 1


async def test_one_in_chunks_that_comes_with_its_head() -> None:
    async with asking(fixed(answer())) as (caller, origin):
        head = b"POST /api/small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await caller.ask(head + b"b\r\n01234567890\r\n0\r\n\r\n")).status == 413
        assert not origin.seen


# ---- compression


@pytest.mark.parametrize("sized", [True, False])
async def test_text_goes_out_compressed_to_who_takes_it(sized: bool) -> None:
    async with asking(fixed(answer(sized=sized))) as (caller, _):
        reply = await caller.ask(get("/api/text", Accept_Encoding="br;q=1.0, gzip;q=0.5"))
        assert gzip.decompress(reply.body) == TEXT
        assert (reply.headers["content-encoding"], reply.headers["etag"]) == ("gzip", 'W/"one"')
        plain = await caller.ask(get("/api/text", Accept_Encoding="gzip;q=0, br"))
        assert (plain.body, plain.headers["etag"], plain.headers["vary"]) == (TEXT, '"one"', "accept-encoding")
        assert "content-encoding" not in plain.headers
        head = await caller.ask(message("HEAD", "/api/text", Accept_Encoding="gzip"), head=True)
        assert "content-encoding" in head.headers or not sized


async def test_a_client_of_http_1_0_has_it_until_the_end_of_the_connection() -> None:
    async with asking(fixed(answer(sized=False))) as (caller, _):
        caller.send(b"GET /api/text HTTP/1.0\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
        head, _, body = (await caller.ended()).partition(b"\r\n\r\n")
        assert gzip.decompress(body) == TEXT
        assert b"transfer-encoding" not in head.lower()


@pytest.mark.parametrize(
    "lines",
    [
        [b"content-type: image/png"],
        [b"content-type: application/json", b"content-encoding: br"],
        [b"content-type: application/json", b"cache-control: private, no-transform"],
        [b"content-type: application/json", b"content-range: bytes 0-1/2"],
        [b"content-type: application/json", b"set-cookie: a=b"],
        [b"content-type: application/json", b"repr-digest: sha-256=:x:"],
        [b"content-type: application/jsonx"],
        [],
    ],
)
async def test_what_is_never_compressed(lines: list[bytes]) -> None:
    async with asking(fixed(answer(*lines or [b"x: y"]))) as (caller, _):
        reply = await caller.ask(get("/api/text", Accept_Encoding="gzip"))
        assert reply.body == TEXT
        assert reply.headers.get("content-encoding") != "gzip"


async def test_nothing_secret_is_compressed_for_another_sites_page() -> None:
    async with asking(fixed(answer())) as (caller, _):
        foreign = {"Cookie": "matinee_session=good", "Sec_Fetch_Site": "cross-site"}
        assert (await caller.ask(get("/api/text", Accept_Encoding="gzip", **foreign))).body == TEXT


async def test_each_event_arrives_when_it_is_sent() -> None:
    go_on = asyncio.Event()

    async def events(seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for number in range(3):
            event = b"data: %d\n\n" % number
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
            await go_on.wait()
            go_on.clear()
        writer.write(b"0\r\n\r\n")
        return True

    async with asking(events) as (caller, _):
        caller.send(get("/api/text", Accept_Encoding="gzip"))
        await caller.reader.readuntil(b"\r\n\r\n")
        reading = zlib.decompressobj(31)
        for number in range(3):
            got = b""
            while not got.endswith(b"\n\n"):
                size = int(await asyncio.wait_for(caller.reader.readline(), 2), 16)
                got += reading.decompress((await caller.reader.readexactly(size + 2))[:-2])
            assert got == b"data: %d\n\n" % number
            go_on.set()


async def test_a_bomb_from_a_server_is_passed_on_unopened() -> None:
    bomb = gzip.compress(bytes(20_000_000))
    async with asking(fixed(answer(b"content-type: text/plain", b"content-encoding: gzip", body=bomb))) as (caller, _):
        assert (await caller.ask(get("/api/text", Accept_Encoding="gzip"))).body == bomb
