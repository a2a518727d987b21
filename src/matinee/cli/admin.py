"""Accounts and keys, by hand."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.terms.viewer import Role

app = typer.Typer(add_completion=False, help="Accounts and keys, by hand.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]


@app.command()
def password(email: Email, home: HomePath = DEFAULT_HOME) -> None:
    """Set a new password for who forgot theirs; every login of the account ends."""
    from matinee.app.process import Process
    from matinee.services.accounts.contract import Accounts, SetPassword

    new = _entered()

    async def work(process: Process) -> None:
        await process.client(Accounts).set_password(SetPassword(email, new))

    ask(home, work)
    print(f"New password for {email}: {new}" if not sys.stdin.isatty() else f"The password of {email} is set.")


@app.command()
def grant(
    email: Email,
    roles: Annotated[list[Role] | None, typer.Argument(help="The roles it shall have; none takes all away.")] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Say which roles an account has."""
    from matinee.app.process import Process
    from matinee.services.accounts.contract import Accounts, Grant

    async def work(process: Process) -> None:
        await process.client(Accounts).grant(Grant(email, frozenset(roles or [])))

    ask(home, work)
    print(f"{email}: {', '.join(roles or []) or 'no roles'}")


@app.command()
def create(
    email: Email,
    name: Annotated[str, typer.Option(help="How the account and its first profile are called.")] = "Member",
    roles: Annotated[list[Role] | None, typer.Option("--role", help="A role; may be given several times.")] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Open an account with a subscription that costs nothing."""
    from matinee.app.first import Person, open_account
    from matinee.app.process import Process

    person = Person(email, secrets.token_urlsafe(9), name, tuple(roles or ()))

    async def work(process: Process) -> None:
        await open_account(process, person)

    ask(home, work)
    print(f"{email} may log in with: {person.password}")


@app.command(name="rotate-keys")
def rotate_keys(home: HomePath = DEFAULT_HOME) -> None:
    """Make new signing keys, which count within seconds. The keys before them still count; rotate twice to end those too."""
    from matinee.app.home import Home
    from matinee.app.keys import rotate

    place = Home(home)
    place.known()
    for name, kid in rotate(place).items():
        print(f"{name}: {kid}")


@app.command(name="admit-worker")
def admit_worker(home: HomePath = DEFAULT_HOME) -> None:
    """Print what lets a worker on another machine in; it goes there as secrets/admission.json of its own data folder.

    The settings say where the door is: [internal] listen = "0.0.0.0:7443", names = ["this-machine.example"]. There, run
    `matinee serve worker --home FOLDER`. Keep it secret: who has it can read and write every film.
    """
    import msgspec

    from matinee.app.admission import granted
    from matinee.app.home import Home
    from matinee.config import read

    place = Home(home)
    place.known()
    print(msgspec.json.encode(granted(place, read(place.path).internal)).decode())


def _entered() -> str:
    """A password typed twice on a terminal, a made one elsewhere."""
    if sys.stdin.isatty():
        return typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    return secrets.token_urlsafe(9)
