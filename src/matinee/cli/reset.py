from __future__ import annotations

import shutil
from typing import Annotated

import typer

from matinee.cli.options import DEFAULT_HOME, HomePath
from matinee.runtime.errors import Unavailable

app = typer.Typer(add_completion=False)


@app.command()
def reset(
    home: HomePath = DEFAULT_HOME,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete all data: members, films, history. Asks first."""
    from matinee.app.home import Home
    from matinee.app.lock import AlreadyRunning, running

    place = Home(home)
    if not place.path.exists():
        print(f"There is nothing at {place.path}.")
        return
    place.known()
    if running(place):
        raise AlreadyRunning(f"Matinee still runs on {place.path}; stop it first")
    if not yes:
        typer.confirm(f"Delete {place.path} with all members, films and history?", abort=True)
    try:
        shutil.rmtree(place.path)
    except OSError as wrong:
        raise Unavailable(f"cannot delete {wrong.filename}: {wrong.strerror}") from wrong
    shutil.rmtree(place.sockets, ignore_errors=True)
    print("Deleted.")
