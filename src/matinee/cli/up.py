"""`matinee up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from matinee.app import films
from matinee.app.first import logins
from matinee.app.home import Home
from matinee.app.lock import SUPERVISOR, hold, wait_until_free
from matinee.app.machine import Address, children
from matinee.app.process import Process
from matinee.app.ready import wait_ready
from matinee.app.supervisor import Child, Supervisor
from matinee.cli.options import DEFAULT_HOME, HomePath
from matinee.cli.screen import Screen
from matinee.config import Settings, read

app = typer.Typer(add_completion=False)


@app.command()
def up(
    home: HomePath = DEFAULT_HOME,
    host: Annotated[str | None, typer.Option(help="What to listen on; 0.0.0.0 lets phones and TVs in.")] = None,
    port: Annotated[int | None, typer.Option(help="The front door's port.", min=1, max=65535)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Generate films to watch at the first start.")] = False,
    test_clock: Annotated[bool, typer.Option("--test-clock", help="Calendar time can be moved, for tests.")] = False,
) -> None:
    """Start Matinee on this machine; Ctrl-C ends it."""
    place = Home(Path(home))
    place.make()
    settings = read(place.path)
    address = Address(host or settings.gateway.host, port or settings.gateway.port)
    held = hold(place, SUPERVISOR)
    try:
        wait_until_free(place)
        house = House(place, settings, address, test_clock=test_clock)
        code = asyncio.run(house.live(demo=demo))
    finally:
        os.close(held)
    raise SystemExit(code)


class House:
    """The supervisor with its screen."""

    def __init__(self, place: Home, settings: Settings, address: Address, *, test_clock: bool) -> None:
        self._place = place
        self._settings = settings
        self._address = address
        self._screen = Screen()
        self._children = children(place, settings, address, test_clock=test_clock, say=self._screen.line)

    async def live(self, *, demo: bool) -> int:
        """Until a signal; the exit code is 1 where the house could not be opened."""
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        supervisor = Supervisor(self._children)
        supervisor.start()
        opening = asyncio.create_task(self._open(supervisor, demo=demo))
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({opening, stopped}, return_when=asyncio.FIRST_COMPLETED)
        failed = opening.done() and opening.exception()
        if failed:
            self._screen.failed(failed)
        else:
            await stopped
        self._screen.stopping()
        opening.cancel()
        await supervisor.stop()
        await asyncio.gather(opening, stopped, return_exceptions=True)
        self._screen.stopped()
        return 1 if failed else 0

    async def _open(self, supervisor: Supervisor, *, demo: bool) -> None:
        self._screen.starting(self._place)
        await wait_ready(self._place, [child.name for child in self._children])
        process = Process("up", self._place, self._settings, {})
        people = await logins(process)
        self._screen.welcome(self._place, self._address, people)
        async with asyncio.TaskGroup() as group:
            group.create_task(films.tell(process, self._screen.film))
            if demo:
                arguments = ["demo", "--home", str(self._place.path)]
                group.create_task(supervisor.once(Child("demo", arguments, dict(os.environ), self._screen.line)))
