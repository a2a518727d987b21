"""The filters of the front door: see what each has done, turn an operator's own on, off, or onto a share of members."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.text import Text

from matinee.app.process import Process
from matinee.cli.author import author
from matinee.cli.console import console, plain_table
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.cli.traffic import LAST_FIGURES
from matinee.runtime.errors import Invalid
from matinee.services.registry.contract import ByProperty, NoSuchProperty, Properties, SetProperty
from matinee.services.traffic.contract import FilterFigures, Live, LiveQuery, Traffic
from matinee.terms.gateway_properties import FILTERS

app = typer.Typer(add_completion=False, help="The filters of the front door: what each has done; on, off, a share.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `matinee filters` shows it.")]
Comment = Annotated[str, typer.Option(help="Why.")]


@app.callback(invoke_without_command=True)
def filters(context: typer.Context, home: HomePath = DEFAULT_HOME) -> None:
    """List the chain in the order in which it runs. With a command, switch one of your own filters."""
    if context.invoked_subcommand is not None:
        return
    live = ask(home, _live)
    rows = [
        (each.kind, escape(each.name), _on(each), _runs(each), str(each.failures), _mean(each), escape(each.source))
        for each in live.filters
    ]
    if live.old:
        console().print(Text(LAST_FIGURES, "bold"))
    console().print(plain_table(("List", "Filter", "On", "Runs", "Failures", "Mean", "From"), rows))


@app.command()
def on(name: Name, comment: Comment = "", home: HomePath = DEFAULT_HOME) -> None:
    """Run a filter for everyone."""
    _switch(home, name, {"on": True, "percent": 100.0}, comment)


@app.command()
def off(name: Name, comment: Comment = "", home: HomePath = DEFAULT_HOME) -> None:
    """Run a filter for no one."""
    _switch(home, name, {"on": False}, comment)


@app.command()
def share(
    name: Name,
    percent: Annotated[float, typer.Argument(min=0, max=100, help="Of members, the same ones each time.")],
    comment: Comment = "",
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Run a filter for a share of members."""
    _switch(home, name, {"on": True, "percent": percent}, comment)


@app.command()
def limit(
    name: Name,
    time_s: Annotated[float | None, typer.Option(help="Seconds that it may wait.")] = None,
    at_once: Annotated[int | None, typer.Option(help="Requests that may wait in it.")] = None,
    comment: Comment = "",
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Bound a filter that waits."""
    said = {"time_s": time_s, "at_once": at_once}
    _switch(home, name, {each: value for each, value in said.items() if value is not None}, comment)


def _switch(home: HomePath, name: str, change: dict[str, Any], comment: str) -> None:
    from matinee.terms.filter_switch import Switch

    async def work(process: Process) -> None:
        known = {each.name: each for each in (await _live(process)).filters}
        if name not in known:
            raise Invalid(f"there is no filter {name!r}; `matinee filters` lists them")
        if not known[name].source:
            raise Invalid(f"{name} is a filter of the house itself, which is always on")
        properties = process.client(Properties)
        stands, version = await _stands(properties, f"{FILTERS}.{name}")
        try:
            switch = msgspec.convert({**stands, **change}, Switch)
        except msgspec.ValidationError as wrong:
            raise Invalid(f"{name}: {wrong}") from wrong
        value = {each: said for each, said in msgspec.to_builtins(switch).items() if said is not None}
        await properties.set(SetProperty(f"{FILTERS}.{name}", value, author(), comment, version))

    ask(home, work)
    print(f"{name}: {', '.join(f'{key} {value}' for key, value in change.items())}")


async def _stands(properties: Properties, name: str) -> tuple[dict[str, Any], int]:
    try:
        newest = (await properties.versions(ByProperty(name))).properties[0]
    except NoSuchProperty:
        return {}, 0
    return newest.value or {}, newest.version


async def _live(process: Process) -> Live:
    return await process.client(Traffic).live(LiveQuery())


def _on(each: FilterFigures) -> str:
    if not each.source:
        return "always"
    return f"{each.percent:g} %" if each.on and each.percent < 100 else "on" if each.on else "off"


def _runs(each: FilterFigures) -> str:
    if each.source:
        return f"{each.runs:,}"
    return f"~{each.runs:,}" if each.runs else ""


def _mean(each: FilterFigures) -> str:
    if each.mean_s is None:
        return ""
    return f"{each.mean_s * 1e6:.1f} us" if each.mean_s < 1e-3 else f"{each.mean_s * 1e3:.1f} ms"
