from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matinee.cli.options import DEFAULT_HOME, HomePath

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    targets: Annotated[
        list[str], typer.Argument(help="What this process runs: services by name, `all` for everything.")
    ],
    home: HomePath = DEFAULT_HOME,
    name: Annotated[str, typer.Option(help="The process's name; an appliance's id.")] = "",
    port: Annotated[int, typer.Option(help="The port of an appliance or an origin.", min=0, max=65535)] = 0,
    test_clock: Annotated[bool, typer.Option("--test-clock", help="Calendar time can be moved.")] = False,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log in JSON lines.")] = False,
) -> None:
    """Run any set of targets as one process."""
    import uvloop

    from matinee.app.home import Home
    from matinee.app.run import run
    from matinee.app.targets import ordered
    from matinee.config import read
    from matinee.runtime import telemetry

    ordered(targets)
    process_name = name or "-".join(targets)
    place = Home(Path(home))
    place.make()
    telemetry.configure(process_name, json=json_log, file=place.logs / f"{process_name}.log")
    options = {"port": port, "test_clock": test_clock}
    uvloop.run(run(process_name, place, read(place.path), options, targets))
