"""`matinee serve`: a process of a house. It reads its words without the library that the other commands use: each process would
carry that, and what it brings along, for as long as it lives (8 MiB)."""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from matinee.app.home import DEFAULT_HOME, Home
from matinee.app.run import run
from matinee.app.targets import ordered
from matinee.config import read
from matinee.runtime import telemetry

_YES = {"1", "true", "t", "yes", "y", "on"}


def main(words: Sequence[str]) -> None:
    """Runs any set of targets as one process, until it is told to stop."""
    asked = parser().parse_intermixed_args(words)
    order = ordered(asked.targets)
    name = asked.name or "-".join(asked.targets)
    place = Home(asked.home)
    if asked.show:
        from matinee.app.balancer.target import printed

        sys.stdout.write(printed(read(place.path), place, asked.zone, asked.port, name))
        return
    place.make()
    _let_many_connect()
    telemetry.configure(name, json=asked.json_log, file=place.logs / f"{name}.log", access=asked.access_log)
    options = {
        "port": asked.port,
        "gateway_port": 0 if "cdn" in order else asked.port,
        "listen": asked.listen,
        "admin": asked.admin,
        "zone": asked.zone,
        "drain": asked.drain,
        "test_clock": asked.test_clock,
    }
    uvloop.run(run(name, place, read(place.path), options, asked.targets))


def parser() -> argparse.ArgumentParser:
    """What `matinee serve` may be told."""
    made = argparse.ArgumentParser(
        prog="matinee serve", description="Run any set of targets as one process.", allow_abbrev=False
    )
    say, environment = made.add_argument, os.environ
    home = Path(environment.get("MATINEE_HOME") or DEFAULT_HOME)
    access_log = environment.get("MATINEE_ACCESS_LOG", "").lower() in _YES
    say("targets", nargs="+", metavar="TARGET", help="What this process runs: services by name, `all` for everything.")
    say("--home", type=Path, default=home, help="The data folder; else $MATINEE_HOME, else ./matinee-data.")
    say("--name", default="", help="The process's name; an appliance's id.")
    say("--port", type=_port, default=0, help="The port of an appliance, or of a gateway.")
    say("--listen", default="", help="Where the edge APIs answer beside their socket: 127.0.0.1:9000.")
    say("--admin", default="", help="Where its health and figures are told beside its socket: 127.0.0.1:9100.")
    say("--zone", default="", help="Where this process stands; else as in the settings.")
    say("--drain", type=_seconds, default=10.0, help="Seconds for what is under way when it stops.")
    say("--print", dest="show", action="store_true", help="Only print the balancer's configuration.")
    say("--test-clock", action="store_true", help="Calendar time can be moved.")
    say("--json-log", action="store_true", help="Log in JSON lines.")
    say(
        "--access-log",
        action=argparse.BooleanOptionalAction,
        default=access_log,
        help="A line for each request and operation, too; $MATINEE_ACCESS_LOG.",
    )
    return made


def _port(word: str) -> int:
    return int(_within(65535, word, whole=word.isdecimal()))


def _seconds(word: str) -> float:
    return _within(3600, word)


def _within(most: float, word: str, *, whole: bool = True) -> float:
    try:
        number = float(word)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most or not whole:
        raise argparse.ArgumentTypeError(f"{word} is not between 0 and {most:g}")
    return number


def _let_many_connect() -> None:
    """Each connection is an open file, of which many systems let a process have 1024 unless it asks for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
