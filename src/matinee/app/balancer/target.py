"""`matinee serve balancer`: haproxy (or nginx) before the gateways of all zones, its configuration written from the registry."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from matinee.app.balancer.engine import PROGRAMS, Engine, Program, choose
from matinee.app.balancer.known import Gateways, known, told
from matinee.app.balancer.plan import Plan, plain
from matinee.app.home import Home
from matinee.app.ports import claim
from matinee.app.process import Process
from matinee.config import Settings
from matinee.runtime.errors import Invalid, MatineeError

log = logging.getLogger(__name__)

LOOK_S, SETTLED_S = 0.25, 0.75
"""How often we look whether the configuration would be another, and how long it must have stayed the same then: a rolling
restart is one change, not ten."""


async def balancer(process: Process) -> None:
    """Starts the program last, and follows the registry while it runs."""
    settings = process.settings
    program, path = choose(settings.balancer.engine)
    gateways = told(process)
    zone, port = process.zone, process.options.get("port") or 0
    place = folder(process.home, process.name)

    def written() -> str:
        return text(program, settings, place, gateways(), zone, port)

    place.mkdir(mode=0o700, exist_ok=True)
    engine = Engine(program, path, place)
    written()  # what cannot be is said at the start

    async def open_door() -> None:
        for asked in filter(None, (port or settings.balancer.port, settings.balancer.redirect_port)):
            claim(settings.balancer.host, asked)

    process.at_last(open_door)
    process.run(program.name, lambda: engine.run(written()))
    process.run("gateways", lambda: follow(engine, written, settings.balancer.certificates))
    process.on_drain(program.name, lambda: engine.stop(process.drain_s - 1))


def printed(settings: Settings, home: Home, zone: str, port: int, name: str = "balancer") -> str:
    """The configuration for the gateways that the settings name, else for those that the process of this name knew last. It needs
    no program."""
    try:
        program, _ = choose(settings.balancer.engine)
    except MatineeError:
        program = PROGRAMS[settings.balancer.engine or "haproxy"]
    gateways = known(settings, home, name)
    return text(program, settings, folder(home, name), gateways, zone or settings.zone, port)


def text(program: Program, settings: Settings, place: Path, gateways: Gateways, zone: str, port: int = 0) -> str:
    """The configuration; `place` is for the program's own files. Raises Invalid for what the settings ask for and cannot be."""
    asked = settings.balancer
    if asked.redirect_port and not asked.certificates:
        raise Invalid("[balancer] redirect_port leads to https, which needs certificates")
    if asked.proxy_protocol and program.name == "nginx":
        raise Invalid(
            "nginx does not speak the PROXY protocol to gateways; install haproxy, or set proxy_protocol = false"
        )
    return program.configuration(
        Plan(
            host=asked.host,
            port=port or asked.port,
            zone=zone,
            gateways=tuple(sorted(gateways)),
            folder=place,
            certificates=plain(asked.certificates),
            redirect_port=asked.redirect_port,
            tells="proxy" if asked.proxy_protocol else settings.gateway.forwarded_by,
        )
    )


def folder(home: Home, name: str) -> Path:
    """For the own files of the program that the process of this name runs."""
    return home.sockets / name


async def follow(engine: Engine, written: Callable[[], str], certificates: Sequence[str]) -> None:
    """Gives the program each new configuration, and new certificates under the same names, until it is cancelled."""
    current = seen = _state(written, certificates)
    steady_s = 0.0
    while True:
        await asyncio.sleep(LOOK_S)
        state = _state(written, certificates)
        steady_s = steady_s + LOOK_S if state == seen else 0.0
        seen = state
        if state == current or steady_s < SETTLED_S:
            continue
        current = state
        try:
            await engine.reload(state[0])
        except Invalid as refused:
            log.error("the balancer stays as it is: %s", refused.detail)  # noqa: TRY400


def _state(written: Callable[[], str], certificates: Sequence[str]) -> tuple[str, tuple[float, ...]]:
    return written(), tuple(_changed_at(Path(path)) for path in certificates)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
