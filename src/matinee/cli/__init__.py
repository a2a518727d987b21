"""The command line: a file a group of commands."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperGroup

from matinee.runtime.errors import MatineeError


class Modules(Mapping[str, Any]):
    """A command a module, imported when it is asked for: a process that serves carries no other."""

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
        command = typer.main.get_command(import_module(f"matinee.cli.{name}").app)
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


def main() -> None:
    """Runs a command; what goes wrong is one sentence on stderr and exit code 1."""
    try:
        app()
    except MatineeError as wrong:
        print(f"matinee: {wrong.detail}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
