"""The command line: a file a group of commands."""

from __future__ import annotations

import sys

import typer

from matinee.cli import add, admin, demo, reset, serve, up
from matinee.runtime.errors import MatineeError

app = typer.Typer(
    name="matinee",
    help="Your own streaming service: films in, members watch.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(up.up)
app.command()(add.add)
app.add_typer(admin.app, name="admin")
app.command()(demo.demo)
app.command()(reset.reset)
app.command()(serve.serve)


def main() -> None:
    """Runs a command; what goes wrong is one sentence on stderr and exit code 1."""
    try:
        app()
    except MatineeError as wrong:
        print(f"matinee: {wrong.detail}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
