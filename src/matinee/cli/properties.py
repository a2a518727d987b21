"""The properties that may change while the house runs: see them, set them, go back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.markup import escape

from matinee.api.property_check import check
from matinee.app.process import Process
from matinee.cli.author import author
from matinee.cli.console import console, plain_table
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.runtime.errors import Invalid
from matinee.services.registry.contract import ByProperty, Observe, Properties, Property, SetProperty
from matinee.services.registry.returning import returning

T = TypeVar("T")

app = typer.Typer(add_completion=False, help="What may change while the house runs: see it, set it, go back.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `matinee properties` shows it: gateway.limits.")]
Comment = Annotated[str, typer.Option(help="Why; it stands in the list of versions.")]
_WIDE = 60


@app.callback(invoke_without_command=True)
def properties(context: typer.Context, home: HomePath = DEFAULT_HOME) -> None:
    """List the properties that are set. With a command, act on one."""
    if context.invoked_subcommand is not None:
        return

    async def every(known: Properties) -> list[Property]:
        return (await known.observe(Observe())).properties

    found = _asked(home, every)
    if found:
        rows = [(escape(each.name), *_row(each)) for each in found]
        console().print(plain_table(("Property", "Version", "When", "Who", "Value", "Why"), rows))
    else:
        print("Nothing is set: the defaults count.")


@app.command()
def get(
    name: Name,
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Print a property's value as JSON."""
    known = _asked(home, lambda each: _versions(each, name))
    found = known[0] if version is None else next((each for each in known if each.version == version), None)
    if found is None:
        raise Invalid(f"there is no version {version} of {name}, or it is too old")
    print(msgspec.json.format(msgspec.json.encode(found.value)).decode())


@app.command(name="set")
def assign(
    name: Name,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="JSON; null takes the property away. - reads it from stdin.")
    ],
    comment: Comment = "",
    if_version: Annotated[int | None, typer.Option(help="Only where this is the newest version; 0: none.")] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Set a property; it counts everywhere within seconds."""
    read = _read(typer.get_text_stream("stdin").read() if value == "-" else value)
    check(name, read)
    given = SetProperty(name, read, author(), comment, if_version)
    _say(_asked(home, lambda known: known.set(given)))


@app.command()
def versions(name: Name, home: HomePath = DEFAULT_HOME) -> None:
    """List the last hundred versions of a property, the newest first."""
    known = _asked(home, lambda each: _versions(each, name))
    console().print(plain_table(("Version", "When", "Who", "Value", "Why"), [_row(each) for each in known]))


@app.command()
def rollback(
    name: Name,
    version: Annotated[int, typer.Argument(metavar="N", min=1)],
    comment: Comment = "",
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Set the value of an earlier version once more."""

    async def work(known: Properties) -> Property:
        given = returning(await _versions(known, name), version, author(), comment)
        check(name, given.value)
        return await known.set(given)

    _say(_asked(home, work))


async def _versions(known: Properties, name: str) -> list[Property]:
    return (await known.versions(ByProperty(name))).properties


def _asked(home: HomePath, work: Callable[[Properties], Awaitable[T]]) -> T:
    async def inside(process: Process) -> T:
        return await work(process.client(Properties))

    return ask(home, inside)


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as wrong:
        raise Invalid(f"the value is no JSON: {wrong}; a word stands in quotes, '\"like this\"'") from wrong


def _row(each: Property) -> tuple[str, ...]:
    value = msgspec.json.encode(each.value).decode()
    short = value if len(value) <= _WIDE else f"{value[: _WIDE - 1]}…"
    at = each.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return str(each.version), at, escape(each.by), escape(short), escape(each.comment)


def _say(written: Property) -> None:
    console().print(f"Version {written.version} of {escape(written.name)} counts.")
