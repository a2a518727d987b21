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
    port: Annotated[int, typer.Option(help="The port of an appliance, or of a gateway.", min=0, max=65535)] = 0,
    listen: Annotated[str, typer.Option(help="Where the edge APIs answer beside their socket: 127.0.0.1:9000.")] = "",
    zone: Annotated[str, typer.Option(help="Where this process stands; else as in the settings.")] = "",
    drain: Annotated[float, typer.Option(help="Seconds for what is under way when it stops.", min=0, max=3600)] = 10.0,
    show: Annotated[bool, typer.Option("--print", help="Only print the balancer's configuration.")] = False,
    test_clock: Annotated[bool, typer.Option("--test-clock", help="Calendar time can be moved.")] = False,
    json_log: Annotated[bool, typer.Option("--json-log", help="Log in JSON lines.")] = False,
    access_log: Annotated[
        bool,
        typer.Option("--access-log", envvar="MATINEE_ACCESS_LOG", help="A line for each request and operation, too."),
    ] = False,
) -> None:
    """Run any set of targets as one process."""
    import uvloop

    from matinee.app.home import Home
    from matinee.app.run import run
    from matinee.app.targets import ordered
    from matinee.config import read
    from matinee.runtime import telemetry

    order = ordered(targets)
    process_name = name or "-".join(targets)
    place = Home(Path(home))
    if show:
        from matinee.app.balancer.target import printed

        typer.echo(printed(read(place.path), place, zone, port), nl=False)
        return
    place.make()
    telemetry.configure(process_name, json=json_log, file=place.logs / f"{process_name}.log", access=access_log)
    options = {
        "port": port,
        "gateway_port": 0 if "cdn" in order else port,
        "listen": listen,
        "zone": zone,
        "drain": drain,
        "test_clock": test_clock,
    }
    uvloop.run(run(process_name, place, read(place.path), options, targets))
