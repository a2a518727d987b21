"""The routes of the front door: see them, ask which one a request takes, try a new table, apply it, go back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import unquote, urlsplit

import typer
from rich.markup import escape

from matinee.api.route_tables import Preview, RouteTables, TableVersion
from matinee.app.process import Process
from matinee.app.routing import FILE, route_tables, table_of
from matinee.cli.author import author
from matinee.cli.console import console, plain_table
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.runtime.errors import Invalid
from matinee.services.registry.contract import Property
from matinee.terms.route_check import remarks
from matinee.terms.route_choice import Asked, Choice, below, choose
from matinee.terms.route_text import conditions, end, toml
from matinee.terms.routing import RouteTable
from matinee.terms.territory import UNKNOWN

T = TypeVar("T")

app = typer.Typer(add_completion=False, help="The routes of the front door: see, explain, check, apply, roll back.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="A table in TOML, as `matinee routes show` prints it.")]
Comment = Annotated[str, typer.Option(help="Why; it stands in the list of versions.")]


@app.callback(invoke_without_command=True)
def routes(context: typer.Context, home: HomePath = DEFAULT_HOME) -> None:
    """List the routes in force. With a command, ask about them or change them."""
    if context.invoked_subcommand is None:
        now = _asked(home, lambda tables: tables.now())
        rows = [
            (
                route.name,
                route.match.prefix,
                escape(conditions(route.match)),
                escape(end(route)),
                route.priority.value,
                ", ".join(f"{rate.per_s:g}/s by {rate.by}" for rate in route.rates),
            )
            for route in now.table.routes
        ]
        console().print(plain_table(("Route", "Prefix", "Only for", "Goes to", "Priority", "Limits"), rows))
        console().print(_which(now))


@app.command()
def show(
    version: Annotated[int | None, typer.Option(help="An earlier version; 0: the table of the house.")] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Print the table as a file that `check` and `apply` take."""

    async def found(tables: RouteTables) -> RouteTable:
        return (await tables.now()).table if version is None else await tables.of_version(version)

    print(toml(_asked(home, found)), end="")


@app.command()
def explain(
    method: Annotated[str, typer.Argument(metavar="METHOD")],
    url: Annotated[str, typer.Argument(metavar="URL", help="A URL, or its path alone.")],
    header: Annotated[list[str] | None, typer.Option("-H", "--header", help="`Name: value`, as curl takes it.")] = None,
    member: Annotated[str, typer.Option(help="Who asks, by account id: shares go by it.")] = "",
    address: Annotated[
        str, typer.Option(help="The client's address: shares go by it for who is not logged in.")
    ] = "127.0.0.1",
    territory: Annotated[str, typer.Option(help="Where the address is.")] = UNKNOWN,
    file: Annotated[Path | None, typer.Option(help="Ask this table, not the one in force.")] = None,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Say which route a request takes, and why not the others."""
    asked = _request(method, url, _headers(header or []), member, address, territory)
    table = table_of(file) if file is not None else _asked(home, lambda tables: tables.now()).table
    _explain(table, choose(table, asked), asked)


@app.command()
def check(file: File) -> None:
    """Say whether a table can be used, without a running house."""
    table = table_of(file)
    print(f"{file}: {_counted(table)}, nothing is wrong")
    for remark in remarks(table):
        print(f"mind: {remark}")


@app.command()
def apply(
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    comment: Comment = "",
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Put a table in force at every gateway, whole and at once."""
    table = table_of(file)

    async def work(tables: RouteTables) -> tuple[Preview, Property | None]:
        preview = await tables.preview(table)
        if dry_run or preview.changes.nothing:
            return preview, None
        return preview, await tables.apply(table, author(), comment or file.name, preview.version)

    preview, applied = _asked(home, work)
    _print(preview)
    if applied is not None:
        print(f"Version {applied.version} is in force; `matinee routes rollback {preview.version}` goes back.")


@app.command()
def versions(home: HomePath = DEFAULT_HOME) -> None:
    """List the tables that were set, the newest first."""
    found = _asked(home, lambda tables: tables.versions())
    rows = [
        (str(each.version), each.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"), escape(each.by), escape(each.comment))
        for each in found
    ]
    console().print(plain_table(("Version", "When", "Who", "Why"), rows) if rows else "None was ever set.")


@app.command()
def rollback(
    version: Annotated[int, typer.Argument(metavar="N", min=0, help="0: the table of the house.")],
    comment: Comment = "",
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Put the table of an earlier version in force once more."""

    async def work(tables: RouteTables) -> tuple[Preview, Property]:
        preview = await tables.preview(await tables.of_version(version))
        return preview, await tables.roll_back(version, author(), comment)

    preview, applied = _asked(home, work)
    _print(preview)
    print(f"Version {applied.version} is in force: {applied.comment}.")


def _asked(home: HomePath, work: Callable[[RouteTables], Awaitable[T]]) -> T:
    async def inside(process: Process) -> T:
        return await work(route_tables(process))

    return ask(home, inside)


def _headers(lines: Sequence[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise Invalid(f"a header is `Name: value`, not {line!r}")
        found[name.strip().lower()] = value.strip()
    return found


def _request(method: str, url: str, headers: Mapping[str, str], member: str, address: str, territory: str) -> Asked:
    """Raises Invalid for what is no URL."""
    parts = urlsplit(url)
    if not (parts.path or parts.netloc).startswith("/") and not parts.netloc:
        raise Invalid(f"a URL is `http://host/path`, or a path that begins with /, not {url!r}")
    cookies = dict(re.findall(r"([^=;\s]+)=([^;]*)", headers.get("cookie", "")))
    return Asked(
        path=re.sub("//+", "/", unquote(parts.path)) or "/",
        method=method.upper(),
        host=headers.get("host") or parts.netloc or "localhost",
        headers=headers,
        cookies=cookies,
        territory=territory.upper(),
        address=address,
        member=member,
    )


def _explain(table: RouteTable, choice: Choice, asked: Asked) -> None:
    said, request, route = console(), escape(f"{asked.method} {asked.path}"), choice.route
    if route is None:
        said.print(f"{request} takes no route: the gateway answers with the client's own pages.")
    else:
        said.print(f"{request} takes the route [bold]{route.name}[/]: {escape(end(route))}; priority {route.priority}.")
    looked = [(look.route, escape(look.why_not) or "[bold]taken[/]") for look in choice.looks]
    tried = {name for name, _ in looked}
    for other in table.routes:
        if other.name not in tried:
            prefix = other.match.prefix
            why = f"{route.name} comes first" if route and below(asked.path, prefix) else f"not below {escape(prefix)}"
            looked.append((other.name, why))
    said.print(plain_table(("Route", "Why, or why not"), looked))


def _print(preview: Preview) -> None:
    changes = preview.changes
    for name in changes.added:
        print(f"+ {name}")
    for name in changes.removed:
        print(f"- {name}")
    for each in changes.changed:
        print(f"~ {each.name}: {', '.join(each.fields)}")
    if changes.reordered:
        print("~ the order of the routes")
    if changes.nothing:
        print("Nothing changes.")
    if changes.moved:
        rows = [(escape(each.request), each.before or "(pages)", each.after or "(pages)") for each in changes.moved]
        console().print(plain_table(("Request", "Before", "After"), rows))
    for remark in preview.remarks:
        print(f"mind: {remark}")


def _which(now: TableVersion) -> str:
    if now.of_house:
        return f"This is the table of the house: {FILE} in its home where it is there, else the standard one."
    return f"This is version {now.version}; `matinee routes versions` lists them."


def _counted(table: RouteTable) -> str:
    return f"{len(table.routes)} route{'s' if len(table.routes) != 1 else ''}"
