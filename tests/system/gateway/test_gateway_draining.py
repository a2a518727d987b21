from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
import uvloop
from gateway_house import SHORT, Caller, House, Origin, get

from matinee.gateway.server import Gateway
from matinee.runtime import accepting


@pytest.fixture
async def house() -> AsyncIterator[House]:
    origin = Origin()
    await origin.start()
    built = House([origin.url], SHORT)
    await built.start()
    yield built
    await built.stop()
    await origin.stop()


def gateway(house: House) -> Gateway:
    assert house._gateway is not None
    return house._gateway


async def test_a_gateway_that_drains_asks_clients_to_go_elsewhere_and_still_serves_them(house: House) -> None:
    caller = await Caller.to(house.port)
    assert "connection" not in (await caller.ask(get())).headers
    gateway(house).drains(draining=True)
    reply = await caller.ask(get())
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await caller.ended() == b""
    another = await Caller.to(house.port)
    assert (await another.ask(get())).status == 200
    gateway(house).drains(draining=False)
    third = await Caller.to(house.port)
    assert "connection" not in (await third.ask(get())).headers
    for each in (caller, another, third):
        await each.close()


async def test_new_connections_are_taken_until_balancers_have_noticed(house: House) -> None:
    draining = asyncio.create_task(gateway(house).drain(5, notice_s=0.3))
    await asyncio.sleep(0)
    caller = await Caller.to(house.port)
    assert (await caller.ask(get())).headers["connection"] == "close"
    await draining
    with pytest.raises(ConnectionError):
        await Caller.to(house.port)
    await caller.close()


async def test_a_connection_on_which_nothing_comes_is_kept_for_a_moment(house: House) -> None:
    caller = await Caller.to(house.port)
    assert (await caller.ask(get())).status == 200
    began = time.monotonic()
    draining = asyncio.create_task(gateway(house).drain(5, quiet_s=0.3))
    await asyncio.sleep(0.1)
    idle = await caller.ask(get())
    assert (idle.status, idle.headers["connection"]) == (200, "close")
    await draining
    assert time.monotonic() - began < 4
    await caller.close()


def test_who_waits_in_the_queue_of_a_listener_that_closes_is_served() -> None:
    uvloop.run(_closed_with_one_in_the_queue())


async def _closed_with_one_in_the_queue() -> None:
    class Echo(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)  # type: ignore[attr-defined]
            self.transport.close()

    listener = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    place = listener.sockets[0].getsockname()
    waiting = socket.create_connection(place)  # and the loop has no moment to take it
    waiting.sendall(b"hello")
    await accepting.close(listener, Echo)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place)
    reader, writer = await asyncio.open_connection(sock=waiting)
    assert await asyncio.wait_for(reader.read(), 5) == b"hello"
    writer.close()
