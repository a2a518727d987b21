"""The commands: a module each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup


class Modules(Mapping[str, Any]):
    """A command a module, imported when it is asked for: none carries the others."""

    _names = (
        "up",
        "add",
        "jobs",
        "instances",
        "properties",
        "routes",
        "filters",
        "traffic",
        "requests",
        "admin",
        "doctor",
        "demo",
        "reset",
        "serve",
    )

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        command = typer.main.get_command(_serve if name == "serve" else import_module(f"matinee.cli.{name}").app)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Commands(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("Any", Modules())


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def matinee() -> None:
    """Your own streaming service: films in, members watch."""


_serve = typer.Typer(add_completion=False)


@_serve.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
def serve(context: typer.Context) -> None:
    """Run any set of targets as one process."""
    from matinee.cli.serve import main

    main(context.args)
