"""Which gateways and APIs run, and taking one out of work for a while."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from matinee.app.process import Process
from matinee.cli.console import console, plain_table
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.runtime.errors import Invalid
from matinee.services.registry.contract import Instance, Instances, InstanceState, Mark, Observe, Registry

app = typer.Typer(add_completion=False, help="Which gateways and APIs run: see them, drain one, take it back.")

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The instance's id, or as much of its beginning as tells it apart.")
]


@app.callback(invoke_without_command=True)
def instances(context: typer.Context, home: HomePath = DEFAULT_HOME) -> None:
    """List them. With a command, act on one."""
    if context.invoked_subcommand is not None:
        return
    told = ask(home, _told)
    rows = [
        (escape(each.id), each.service, each.zone, _state(each), each.version, _since(each), escape(each.url))
        for each in told.instances
    ]
    said = console()
    said.print(plain_table(("Instance", "Service", "Zone", "State", "Version", "Since", "Reached at"), rows))
    if not told.whole:
        said.print("The registry has just been started; those that it has not heard of yet are missing here.")


@app.command()
def drain(instance_id: Id, home: HomePath = DEFAULT_HOME) -> None:
    """Give one no new work; it ends what it has. That stands until `up`, also when it is started anew."""
    _mark(home, instance_id, InstanceState.DRAINING)


@app.command()
def up(instance_id: Id, home: HomePath = DEFAULT_HOME) -> None:
    """Give one work again that was drained by hand."""
    _mark(home, instance_id, None)


def _mark(home: HomePath, asked: str, state: InstanceState | None) -> None:
    async def work(process: Process) -> Instance:
        meant = _meant((await _told(process)).instances, asked)
        return await process.client(Registry).mark(Mark(meant.id, state))

    marked = ask(home, work)
    console().print(f"{escape(marked.id)}: {_state(marked)}")


def _meant(known: list[Instance], asked: str) -> Instance:
    """Raises Invalid unless exactly one instance is meant."""
    exact = [each for each in known if each.id == asked]
    meant = exact or [each for each in known if asked and each.id.startswith(asked)]
    if len(meant) != 1:
        raise Invalid(
            f"{'several' if meant else 'none'} of the instances that `matinee instances` lists begin with {asked!r}"
        )
    return meant[0]


async def _told(process: Process) -> Instances:
    return await process.client(Registry).observe(Observe())


def _state(instance: Instance) -> str:
    return f"{instance.state} (by hand)" if instance.marked is not None else instance.state.value


def _since(instance: Instance) -> str:
    return instance.since.astimezone().strftime("%Y-%m-%d %H:%M:%S") if instance.since else ""
