"""`matinee up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from matinee.app import films
from matinee.app.certificates import front
from matinee.app.first import logins
from matinee.app.home import Home
from matinee.app.lock import SUPERVISOR, hold, wait_until_free
from matinee.app.machine import Address, children
from matinee.app.ports import free
from matinee.app.process import Process
from matinee.app.ready import wait_ready
from matinee.app.secure import LOCAL, fingerprint, names
from matinee.app.supervisor import Child, Supervisor
from matinee.cli.options import DEFAULT_HOME, HomePath
from matinee.cli.screen import Screen
from matinee.config import Settings, read

app = typer.Typer(add_completion=False)

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what `--lan` asks for


@app.command()
def up(
    home: HomePath = DEFAULT_HOME,
    host: Annotated[str | None, typer.Option(help="What to listen on; 0.0.0.0 lets phones and TVs in.")] = None,
    port: Annotated[int | None, typer.Option(help="The front door's port.", min=1, max=65535)] = None,
    lan: Annotated[
        bool,
        typer.Option("--lan", help="For the devices of this home network: https, with a root that they install once."),
    ] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Generate films to watch at the first start.")] = False,
    test_clock: Annotated[bool, typer.Option("--test-clock", help="Calendar time can be moved, for tests.")] = False,
) -> None:
    """Start Matinee on this machine; Ctrl-C ends it."""
    place = Home(Path(home))
    place.make()
    settings = read(place.path)
    address = _address(settings, host, port, lan=lan)
    held = hold(place, SUPERVISOR)
    try:
        wait_until_free(place)
        if address.certificate == LOCAL:
            front(place, names(settings))  # before several processes ask for it at once
        house = House(place, settings, address, test_clock=test_clock)
        code = asyncio.run(house.live(demo=demo))
    finally:
        os.close(held)
    raise SystemExit(code)


def _address(settings: Settings, host: str | None, port: int | None, *, lan: bool) -> Address:
    door = settings.gateway
    at, number = host or (EVERYWHERE if lan else door.host), port or door.port
    certificate = door.certificate or (LOCAL if lan else "")
    trust_port = door.trust_port or (free(at, number + 1000, {number}) if certificate == LOCAL else 0)
    return Address(at, number, certificate, trust_port)


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
        if self._address.certificate == LOCAL:
            self._screen.trust(self._address, fingerprint(self._place, self._settings))
        async with asyncio.TaskGroup() as group:
            group.create_task(films.tell(process, self._screen.film))
            if demo:
                arguments = ["demo", "--home", str(self._place.path)]
                group.create_task(supervisor.once(Child("demo", arguments, dict(os.environ), self._screen.line)))
