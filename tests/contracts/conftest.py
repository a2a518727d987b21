"""How a service's suite runs on both wirings. What takes the fixture `wired` runs twice, `local` and `http`:

    @pytest.fixture
    async def accounts(wired: Callable[..., Awaitable[Any]]) -> Accounts:
        return await wired(Accounts, Service(database, clock, ids))  # as often as you like
`local` calls the object in this process; `http` serves it by uvicorn on a unix socket in this loop, by way of HttpChannel.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
import uvicorn

from matinee.runtime.rpc.channel import LocalChannel, connect
from matinee.runtime.rpc.http import HttpChannel
from matinee.runtime.rpc.server import App, app

C = TypeVar("C")


class Wired(Protocol):
    def __call__(self, contract: type[C], implementation: object) -> Awaitable[C]: ...


Served = Callable[[App], Awaitable[str]]


@asynccontextmanager
async def serving(application: App, path: Path) -> AsyncIterator[str]:
    """The app on a unix socket in this loop, without uvicorn's ticking main loop, signal handlers and pauses."""
    config = uvicorn.Config(application, uds=str(path), lifespan="off", log_config=None, http="httptools", ws="none")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield f"unix:{path}"
    finally:
        for listener in server.servers:
            listener.close()
        for connection in [*server.server_state.connections]:
            connection.shutdown()
        for task in server.server_state.tasks:  # long polls, above all
            task.cancel()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """`url = await served(asgi_app)` serves any ASGI app until the test ends."""
    folder = Path(tempfile.mkdtemp(prefix="mt"))  # a socket's path has at most 107 bytes
    async with AsyncExitStack() as stack:

        async def serve(application: App) -> str:
            path = Path(tempfile.mktemp(dir=folder))
            return await stack.enter_async_context(serving(application, path))

        yield serve
    shutil.rmtree(folder)


@pytest.fixture(params=["local", "http"])
async def wired(request: pytest.FixtureRequest, served: Served) -> AsyncIterator[Wired]:
    channels: list[HttpChannel] = []

    async def wire(contract: type[C], implementation: object) -> C:
        if request.param == "local":
            return connect(contract, LocalChannel(implementation))
        channels.append(HttpChannel(await served(app({contract: implementation}))))
        return connect(contract, channels[-1])

    yield wire
    for channel in channels:
        await channel.close()
