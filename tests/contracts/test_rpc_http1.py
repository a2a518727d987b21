from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from matinee.runtime.errors import DeadlineExceeded, Invalid, TooLarge, Unavailable
from matinee.runtime.http1 import Client

Eventually = Callable[..., Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Scripted:
    """A server that answers each request, in the order in which they come, with the next piece of its script.

    A piece is bytes to write; `None` closes the connection instead; a callable is awaited with the writer. The last piece
    is used over and over.
    """

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
                self.requests.append(head + await reader.readexactly(length))
                piece = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if piece is None:
                    break
                if callable(piece):
                    await piece(writer)
                else:
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def talking(server: Scripted, **options: Any) -> AsyncIterator[Client]:
    tls = options.pop("server_tls", None)
    listener = await asyncio.start_server(server, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    client = Client(f"{'https://localhost' if tls else 'http://127.0.0.1'}:{port}", **options)
    try:
        yield client
    finally:
        await client.close()
        listener.close()
        async with asyncio.timeout(5):
            while server.open:
                await asyncio.sleep(0.005)


async def close_after(writer: asyncio.StreamWriter) -> None:
    """Answers as if the connection stayed open, and closes it all the same."""
    writer.write(OK)
    await writer.drain()
    writer.close()
    await asyncio.sleep(0)


async def never(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def test_requests_share_a_connection() -> None:
    server = Scripted(OK)
    async with talking(server) as client:
        for _ in range(5):
            answer = await client.request("GET", "/a?b=c", {"x-one": "1"})
            assert (answer.status, answer.headers, answer.body) == (200, {"content-length": "2"}, b"ok")
        await client.request("POST", "/p", body=b"body")
    assert server.connections == 1
    head = server.requests[0].split(b"\r\n")
    assert head[0] == b"GET /a?b=c HTTP/1.1"
    assert b"x-one: 1" in head
    assert any(line.startswith(b"host: 127.0.0.1:") for line in head)
    assert server.requests[5].endswith(b"content-length: 4\r\n\r\nbody")


async def test_a_unix_socket() -> None:
    server = Scripted(OK)
    with TemporaryDirectory() as folder:
        listener = await asyncio.start_unix_server(server, f"{folder}/s.sock")
        client = Client(f"unix:{folder}/s.sock")
        assert (await client.request("GET", "/")).body == b"ok"
        await client.close()
        listener.close()


async def test_a_path_in_the_url_goes_first() -> None:
    server = Scripted(OK)
    async with talking(server) as client:
        under = Client(client._base_url + "/prefix/")
        await under.request("GET", "/x")
        await under.close()
    assert server.requests[0].startswith(b"GET /prefix/x ")


@pytest.mark.parametrize(
    ("method", "answer", "status", "body"),
    [
        (
            "GET",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: u\r\n\r\n",
            200,
            b"abcde",
        ),
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 500\r\n\r\n", 304, b""),
        ("POST", b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\n" + OK, 200, b"ok"),
        (
            "GET",
            b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            404,
            b"",
        ),
    ],
)
async def test_every_framing_keeps_the_connection(method: str, answer: bytes, status: int, body: bytes) -> None:
    server = Scripted(answer)
    async with talking(server) as client:
        for _ in range(3):
            found = await client.request(method, "/")
            assert (found.status, found.body) == (status, body)
            assert not {"link", "x", "t"} & set(found.headers)
    assert server.connections == 1


async def test_an_answer_may_come_byte_by_byte() -> None:
    async def slowly(writer: asyncio.StreamWriter) -> None:
        for n in range(len(OK)):
            writer.write(OK[n : n + 1])
            await writer.drain()
            await asyncio.sleep(0)

    async with talking(Scripted(slowly)) as client:
        assert (await client.request("GET", "/")).body == b"ok"


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async def until_the_end(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        writer.close()
        await asyncio.sleep(0)

    server = Scripted(until_the_end)
    async with talking(server) as client:
        assert [(await client.request("GET", "/")).body for _ in range(2)] == [b"all of it"] * 2
    assert server.connections == 2


async def test_a_header_that_came_twice_is_joined() -> None:
    answer = b"HTTP/1.1 200 OK\r\nVia: a\r\nvia: b\r\ncontent-length: 0\r\n\r\n"
    async with talking(Scripted(answer)) as client:
        assert (await client.request("GET", "/")).headers["via"] == "a, b"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        OK + b"and more",
        OK + OK,
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ],
)
async def test_a_connection_that_is_not_clean_is_not_used_again(answer: bytes) -> None:
    server = Scripted(answer)
    async with talking(server) as client:
        for _ in range(3):
            assert (await client.request("GET", "/")).body == b"ok"
    assert server.connections == 3


async def test_bytes_that_nobody_asked_for_end_an_idle_connection(eventually: Eventually) -> None:
    async def and_later(writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        asyncio.get_running_loop().call_later(0.02, writer.write, OK.replace(b"ok", b"no"))

    server = Scripted(and_later, OK)
    async with talking(server) as client:
        await client.request("GET", "/")
        await eventually(lambda: server.open == 0)
        assert (await client.request("GET", "/")).body == b"ok"


@pytest.mark.parametrize(
    ("method", "idempotent", "repeated"),
    [("GET", None, True), ("POST", True, True), ("POST", None, False), ("GET", False, False)],
)
async def test_a_stale_connection_is_replaced_where_that_is_harmless(
    method: str, idempotent: bool | None, repeated: bool
) -> None:
    server = Scripted(OK, None, OK)
    async with talking(server) as client:
        await client.request("GET", "/first")
        if repeated:
            assert (await client.request(method, "/second", idempotent=idempotent)).body == b"ok"
        else:
            with pytest.raises(Unavailable):
                await client.request(method, "/second", idempotent=idempotent)
    assert len(server.requests) == (3 if repeated else 2)


async def test_a_fresh_connection_that_breaks_is_not_tried_again() -> None:
    server = Scripted(None)
    async with talking(server) as client:
        with pytest.raises(Unavailable):
            await client.request("GET", "/")
    assert len(server.requests) == 1


async def test_one_that_the_server_closed_is_not_taken(eventually: Eventually) -> None:
    server = Scripted(close_after)
    async with talking(server) as client:
        for _ in range(3):
            assert (await client.request("POST", "/", body=b"x")).body == b"ok"
            await eventually(lambda: server.open == 0)
            await asyncio.sleep(0.01)
    assert server.connections == 3


async def test_an_old_idle_connection_is_not_taken() -> None:
    server = Scripted(OK)
    async with talking(server, idle_s=0.0) as client:
        for _ in range(3):
            await client.request("GET", "/")
    assert server.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok",
        b"",
    ],
)
async def test_a_broken_answer_is_unavailable(answer: bytes) -> None:
    async def breaks_off(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()
        await asyncio.sleep(0)

    async with talking(Scripted(breaks_off)) as client:
        with pytest.raises(Unavailable):
            await client.request("GET", "/")


async def test_too_large_answers_are_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"a" * 1000 + b"\r\n"
    endless = head + b"".join(b"x-%d: %s\r\n" % (n, b"a" * 1000) for n in range(200))
    async with talking(Scripted(OK, endless)) as client:
        with pytest.raises(TooLarge):
            await client.request("GET", "/", most_bytes=1)
        with pytest.raises((TooLarge, Unavailable)):
            await client.request("GET", "/", timeout_s=3)


async def test_silence_is_a_deadline_and_frees_the_connection(eventually: Eventually) -> None:
    server = Scripted(never)
    async with talking(server) as client:
        with pytest.raises(DeadlineExceeded):
            await client.request("GET", "/", timeout_s=0.05)
        assert not client._busy
        assert not client._idle
        with pytest.raises(DeadlineExceeded):
            await client.request("GET", "/", timeout_s=0)
        await client.close()
        server.open = 0  # its handler sleeps; the client's side is closed, as asserted above


async def test_a_cancelled_request_takes_its_connection_along(eventually: Eventually) -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await writer.drain()

    server = Scripted(half)
    async with talking(server) as client:
        asking = [asyncio.ensure_future(client.request("GET", "/", timeout_s=30)) for _ in range(10)]
        await eventually(lambda: len(server.requests) == 10)
        for each in asking:
            each.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*asking, return_exceptions=True)
        )
        await eventually(lambda: server.open == 0)
        assert not client._busy
        assert not client._idle


async def test_cancelled_at_any_moment_nothing_is_left_open(eventually: Eventually) -> None:
    server = Scripted(OK)
    async with talking(server, connections=3) as client:
        for turns in range(60):
            asking = asyncio.ensure_future(client.request("GET", "/"))
            for _ in range(turns % 12):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        assert not client._busy
        assert (await client.request("GET", "/")).body == b"ok"
        await eventually(lambda: server.open == len(client._idle))


async def test_no_more_connections_than_asked_for() -> None:
    server = Scripted(OK)
    async with talking(server, connections=3) as client:
        answers = await asyncio.gather(*(client.request("GET", "/") for _ in range(50)))
    assert [answer.status for answer in answers] == [200] * 50
    assert 1 <= server.most_open <= 3


async def test_closing_ends_what_is_under_way(eventually: Eventually) -> None:
    async def head_only(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()

    server = Scripted(head_only)
    async with talking(server) as client:
        asking = asyncio.ensure_future(client.request("GET", "/", timeout_s=30))
        await eventually(lambda: server.requests)
        await client.close()
        with pytest.raises(Unavailable):
            await asking
        with pytest.raises(Unavailable):
            await client.request("GET", "/")


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a b", {}),
        ("/a\r\nx: y", {}),
        ("", {}),
        ("http://elsewhere/", {}),
        ("/é", {}),
        ("/", {"x": "a\r\ny: z"}),
        ("/", {"x": "a\x00"}),
        ("/", {"x\r\ny": "z"}),
    ],
)
async def test_nothing_is_smuggled_into_the_head(target: str, headers: dict[str, str]) -> None:
    server = Scripted(OK)
    async with talking(server) as client:
        with pytest.raises(Invalid):
            await client.request("GET", target, headers)
    assert not server.requests


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "unix:", "nonsense"])
def test_an_unknown_url_is_one_sentence(url: str) -> None:
    with pytest.raises(Invalid, match="unix:/path"):
        Client(url)


async def test_who_is_not_there_is_unavailable() -> None:
    for url in ("http://127.0.0.1:1", "unix:/nowhere.sock", "http://no-such-host.invalid"):
        client = Client(url)
        with pytest.raises(Unavailable):
            await client.request("GET", "/")
        with pytest.raises(Unavailable):
            await client.stream("GET", "/", Pieces())
        await client.close()


class Pieces:
    """A sink that counts, and waits where it is told to."""

    def __init__(self) -> None:
        self.count = 0
        self.size = 0
        self.go = asyncio.Event()
        self.go.set()
        self.error: Exception | None = None

    async def __call__(self, piece: bytes) -> None:
        self.count += 1
        self.size += len(piece)
        if self.error:
            raise self.error
        await self.go.wait()


def sending(size: int, *, chunked: bool = False, sent: list[int] | None = None) -> Callable[..., Awaitable[None]]:
    async def send(writer: asyncio.StreamWriter) -> None:
        framing = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % size
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
        for _ in range(size // 65536):
            writer.write(b"10000\r\n" + bytes(65536) + b"\r\n" if chunked else bytes(65536))
            await writer.drain()
            if sent is not None:
                sent[0] += 65536
        writer.write(b"0\r\n\r\n" if chunked else b"")

    return send


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_stream_hands_over_every_byte_and_keeps_the_connection(chunked: bool) -> None:
    server = Scripted(sending(10 << 20, chunked=chunked))
    async with talking(server) as client:
        for _ in range(3):
            sink = Pieces()
            answer = await client.stream("GET", "/", sink)
            assert (answer.status, answer.body, sink.size) == (200, b"", 10 << 20)
            assert sink.count > 10
    assert server.connections == 1


async def test_a_slow_sink_slows_the_server(eventually: Eventually) -> None:
    sent, sink = [0], Pieces()
    sink.go.clear()
    async with talking(Scripted(sending(64 << 20, sent=sent))) as client:
        streaming = asyncio.ensure_future(client.stream("GET", "/", sink))
        before = -1
        async with asyncio.timeout(10):
            while sent[0] != before or not before:
                before = sent[0]
                await asyncio.sleep(0.1)
        assert sent[0] < 32 << 20
        assert client._busy
        assert next(iter(client._busy))._exchange._waiting_bytes < 1 << 20
        sink.go.set()
        assert (await streaming).status == 200
    assert sink.size == 64 << 20


async def test_another_status_is_not_streamed() -> None:
    sink = Pieces()
    async with talking(Scripted(b"HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone", OK)) as client:
        answer = await client.stream("GET", "/", sink)
        assert (answer.status, answer.body) == (404, b"none")
        assert (await client.stream("GET", "/", sink, {"range": "bytes=0-1"}, expect=206)).body == b"ok"
    assert sink.count == 0


async def test_a_stream_that_is_too_large_ends() -> None:
    sink = Pieces()
    async with talking(Scripted(sending(10 << 20))) as client:
        with pytest.raises(TooLarge):
            await client.stream("GET", "/", sink, most_bytes=1 << 20)
    assert sink.size <= 1 << 20


async def test_a_stream_that_breaks_off_is_unavailable() -> None:
    async def half(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        writer.close()
        await asyncio.sleep(0)

    sink = Pieces()
    async with talking(Scripted(half)) as client:
        with pytest.raises(Unavailable):
            await client.stream("GET", "/", sink)
    assert sink.size == 4


async def test_a_stream_bounds_each_silence_and_not_the_whole() -> None:
    async def drips(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n")
        for _ in range(9):
            writer.write(b"x")
            await asyncio.sleep(0.05)

    sink = Pieces()
    async with talking(Scripted(drips)) as client:
        with pytest.raises(DeadlineExceeded):
            await client.stream("GET", "/", sink, timeout_s=0.3)
    assert sink.size == 9


async def test_what_the_sink_raises_ends_the_stream(eventually: Eventually) -> None:
    server, sink = Scripted(sending(10 << 20)), Pieces()
    sink.error = KeyError("the sink's own")
    async with talking(server) as client:
        with pytest.raises(KeyError):
            await client.stream("GET", "/", sink)
        await eventually(lambda: server.open == 0)
        assert not client._busy


async def test_a_stream_replaces_a_stale_connection() -> None:
    server, sink = Scripted(OK, None, sending(65536)), Pieces()
    async with talking(server) as client:
        await client.request("GET", "/")
        assert (await client.stream("GET", "/", sink)).status == 200
    assert sink.size == 65536


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + pem)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cadata=pem.decode())
    server.load_cert_chain(folder / "both.pem")
    return server, client


async def test_tls_and_only_to_whom_it_trusts(tmp_path: Path) -> None:
    server_tls, client_tls = certified(tmp_path)
    async with talking(Scripted(OK), server_tls=server_tls, tls=client_tls) as client:
        assert [(await client.request("GET", "/")).body for _ in range(2)] == [b"ok"] * 2
        stranger = Client(client._base_url)
        with pytest.raises(Unavailable):
            await stranger.request("GET", "/")
        await stranger.close()
