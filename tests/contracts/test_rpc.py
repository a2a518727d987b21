from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

import pytest
from msgspec import Meta, Struct

from matinee.runtime import trace
from matinee.runtime.errors import (
    Conflict,
    DeadlineExceeded,
    Invalid,
    MatineeError,
    Unauthenticated,
    Unavailable,
)
from matinee.runtime.http1 import Client
from matinee.runtime.rpc import deadline
from matinee.runtime.rpc.channel import connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.runtime.rpc.operation import operation
from matinee.runtime.rpc.server import App, app

Wired = Callable[[type["Cinema"], object], Awaitable["Cinema"]]
Served = Callable[[App], Awaitable[str]]


class SoldOut(Conflict):
    type, title = "test-sold-out", "No seat is left"


class Seat(Struct, frozen=True):
    row: Annotated[int, Meta(ge=1)]
    at: datetime
    note: bytes = b""


class Booking(Struct, frozen=True):
    seats: list[Seat]
    by: str | None = None


class Cinema(Protocol):
    @operation()
    async def book(self, message: Booking) -> Booking: ...

    @operation(idempotent=True)
    async def find(self, message: str) -> Seat | None: ...

    @operation(idempotent=True)
    async def ping(self, message: None) -> None: ...

    @operation()
    async def fail(self, message: str) -> None: ...

    @operation(idempotent=True, timeout_s=0.2)
    async def dawdle(self, message: float) -> None: ...

    @operation(idempotent=True)
    async def left(self, message: None) -> float: ...

    @operation(idempotent=True)
    async def traced(self, message: None) -> str | None: ...


SEAT = Seat(3, datetime(2026, 11, 21, 20, tzinfo=UTC), b"\x00\xff")


class Service:
    def __init__(self) -> None:
        self.calls = 0

    async def book(self, message: Booking) -> Booking:
        return message

    async def find(self, message: str) -> Seat | None:
        return SEAT if message == "best" else None

    async def ping(self, message: None) -> None:  # noqa: ARG002
        self.calls += 1

    async def fail(self, message: str) -> None:
        match message:
            case "sold out":
                raise SoldOut("Row 3 is gone", row=3, others=[4, 5])
            case "odd":
                raise MatineeError("odd", at=object())
            case _:
                raise ZeroDivisionError("a secret in a traceback")

    async def dawdle(self, message: float) -> None:
        await asyncio.sleep(message)

    async def left(self, message: None) -> float:  # noqa: ARG002
        return deadline.remaining(1000)

    async def traced(self, message: None) -> str | None:  # noqa: ARG002
        span = trace.current()
        return span.trace_id if span else None


@pytest.fixture
async def cinema(wired: Wired) -> Cinema:
    return await wired(Cinema, Service())


async def test_messages_arrive_as_they_were_sent(cinema: Cinema) -> None:
    booking = Booking([SEAT], "acc_1")
    assert await cinema.book(booking) == booking
    assert await cinema.find("best") == SEAT


async def test_none_goes_in_and_out(cinema: Cinema) -> None:
    assert await cinema.ping(None) is None
    assert await cinema.find("worst") is None


async def test_an_error_is_raised_again_as_its_class(cinema: Cinema) -> None:
    with pytest.raises(SoldOut) as caught:
        await cinema.fail("sold out")
    assert (caught.value.detail, caught.value.extra) == ("Row 3 is gone", {"row": 3, "others": [4, 5]})


async def test_an_operation_ends_at_its_own_bound(cinema: Cinema) -> None:
    with pytest.raises(DeadlineExceeded, match="cinema"):
        await cinema.dawdle(30)


async def test_an_operation_ends_at_its_callers_deadline(cinema: Cinema) -> None:
    with deadline.within(0.05), pytest.raises(DeadlineExceeded, match="cinema"):
        await cinema.dawdle(30)


async def test_a_passed_deadline_calls_nobody(wired: Wired) -> None:
    service = Service()
    cinema = await wired(Cinema, service)
    with deadline.within(-1), pytest.raises(DeadlineExceeded):
        await cinema.ping(None)
    assert service.calls == 0


async def test_the_deadline_goes_along(cinema: Cinema) -> None:
    with deadline.within(2):
        assert 1 < await cinema.left(None) <= 2
    assert 4 < await cinema.left(None) <= 5


async def test_the_trace_goes_along(cinema: Cinema) -> None:
    with trace.span() as span:
        assert await cinema.traced(None) == span.trace_id


async def test_many_calls_at_once(cinema: Cinema) -> None:
    bookings = [Booking([], str(n)) for n in range(200)]
    assert await asyncio.gather(*map(cinema.book, bookings)) == bookings


@pytest.fixture
async def url(served: Served) -> str:
    return await served(app({Cinema: Service()}, token="s3cret"))


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    client = Client(url)
    yield client
    await client.close()


async def channelled(url: str, token: str | None, call: Any) -> Any:
    channel = HttpChannel(url, token)
    try:
        return await call(connect(Cinema, channel))
    finally:
        await channel.close()


async def test_the_service_token_is_asked_for(url: str) -> None:
    assert await channelled(url, "s3cret", lambda cinema: cinema.find("best")) == SEAT
    for token in (None, "", "s3cre", "s3cret2"):
        with pytest.raises(Unauthenticated):
            await channelled(url, token, lambda cinema: cinema.find("best"))


async def test_an_unknown_exception_tells_nothing_and_is_logged(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(MatineeError) as caught:
        await channelled(url, "s3cret", lambda cinema: cinema.fail("boom"))
    assert (caught.value.type, caught.value.detail) == ("internal", MatineeError.title)
    assert "a secret in a traceback" in caplog.text


async def test_a_fault_that_cannot_be_sent_whole_is_sent_without_its_extras(url: str) -> None:
    with pytest.raises(MatineeError) as caught:
        await channelled(url, "s3cret", lambda cinema: cinema.fail("odd"))
    assert (caught.value.detail, caught.value.extra) == ("odd", {})


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"seats": [{"row": 0, "at": SEAT.at}]}, "seats[0].row"),
        ({"seats": 3}, "seats"),
        ({}, "seats"),
        ({"seats": [{"row": 1}]}, "seats[0].at"),
    ],
)
async def test_a_message_of_another_shape_names_the_field(url: str, message: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        await channelled(url, "s3cret", lambda cinema: cinema.book(message))
    assert caught.value.extra["field"] == field


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/rpc/cinema/burn", {}, b"\xc0", 404),
        ("POST", "/rpc/cinema/__init__", {}, b"\xc0", 404),
        ("POST", "/rpc/bank/ping", {}, b"\xc0", 404),
        ("GET", "/rpc/cinema/ping", {}, b"", 404),
        ("POST", "/rpc/cinema/ping", {}, b"", 400),
        ("POST", "/rpc/cinema/ping", {}, b"\xc1", 400),
        ("POST", "/rpc/cinema/find", {}, b"\xa1\xff", 400),
        ("POST", "/rpc/cinema/book", {}, b"\x91" * 100_000, 400),
        ("POST", "/rpc/cinema/ping", {"x-matinee-deadline-ms": "soon"}, b"\xc0", 400),
        ("POST", "/rpc/cinema/ping", {"x-matinee-deadline-ms": "-5"}, b"\xc0", 400),
        ("POST", "/rpc/cinema/ping", {"x-matinee-deadline-ms": "0"}, b"\xc0", 504),
        ("POST", "/rpc/cinema/ping", {"traceparent": "00-nonsense"}, b"\xc0", 200),
        ("POST", "/rpc/cinema/ping", {}, b"\x00" * (17 << 20), 413),
    ],
)
async def test_whatever_is_posted_is_answered(
    client: Client, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await client.request(method, path, {"authorization": "Bearer s3cret"} | headers, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/x-msgpack"


async def test_who_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await channelled("unix:/nowhere/at.sock", None, lambda cinema: cinema.ping(None))
    with pytest.raises(Unavailable):
        await channelled("unix:/nowhere/at.sock", None, lambda cinema: cinema.book(Booking([])))


async def resetting(times: int) -> tuple[asyncio.Server, str, list[int]]:
    """A server that resets the first connections, then answers None."""
    seen: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(len(await reader.readuntil(b"\xc0")))
        if len(seen) > times:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-msgpack\r\ncontent-length: 1\r\n\r\n\xc0")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


@pytest.mark.parametrize(("times", "reached"), [(1, True), (2, False)])
async def test_an_idempotent_operation_is_tried_once_more(times: int, reached: bool) -> None:
    server, url, seen = await resetting(times)
    async with server:
        if reached:
            assert await channelled(url, None, lambda cinema: cinema.ping(None)) is None
        else:
            with pytest.raises(Unavailable):
                await channelled(url, None, lambda cinema: cinema.ping(None))
    assert len(seen) == 2


async def test_another_operation_is_never_sent_twice() -> None:
    server, url, seen = await resetting(1)
    async with server:
        with pytest.raises(Unavailable):
            await channelled(url, None, lambda cinema: cinema.fail(None))
    assert len(seen) == 1


async def test_an_answer_that_is_no_message_is_unavailable(served: Served) -> None:
    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 502, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<h1>Bad gateway</h1>"})

    with pytest.raises(Unavailable, match="502"):
        await channelled(await served(proxy), None, lambda cinema: cinema.ping(None))
