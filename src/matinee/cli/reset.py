from __future__ import annotations

import shutil
from typing import Annotated

import typer

from matinee.cli.options import DEFAULT_HOME, HomePath


def reset(
    home: HomePath = DEFAULT_HOME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete all data: members, films, history. Asks first."""
    from matinee.app.home import Home
    from matinee.app.machine import AlreadyRunning, running

    place = Home(home)
    if not place.path.exists():
        print(f"There is nothing at {place.path}.")
        return
    if not (place.path / "secrets").is_dir():
        raise typer.BadParameter(f"{place.path} is not a data folder of Matinee", param_hint="--home")
    if running(place):
        raise AlreadyRunning("Matinee still runs on this data folder; stop it first")
    if not yes:
        typer.confirm(f"Delete {place.path} with all members, films and history?", abort=True)
    shutil.rmtree(place.path)
    shutil.rmtree(place.sockets, ignore_errors=True)
    print("Deleted.")
