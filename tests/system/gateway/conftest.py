from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

sys.path.insert(0, str(Path(__file__).parent))  # `gateway_house` is what these tests share
from gateway_house import Caller, House, Origin


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Both loops, since their transports differ: uvloop's is what runs in earnest."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    server = Origin()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def house(origin: Origin) -> AsyncIterator[House]:
    """As it comes; a file that needs another has a fixture of this name."""
    built = House([origin.url])
    await built.start()
    yield built
    await built.stop()


@pytest.fixture
async def caller(house: House) -> AsyncIterator[Caller]:
    made = await Caller.to(house.port)
    yield made
    await made.close()
