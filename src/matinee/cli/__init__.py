"""The command line: a file a group of commands."""

from __future__ import annotations

import sys

from matinee.runtime.errors import MatineeError


def main() -> None:
    """Runs a command; what goes wrong is one sentence on stderr and exit code 1."""
    try:
        _run(sys.argv[1:])
    except MatineeError as wrong:
        print(f"matinee: {wrong.detail}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _run(words: list[str]) -> None:
    if words[:1] == ["serve"]:
        from matinee.cli.serve import main as serve

        serve(words[1:])
    else:
        from matinee.cli.commands import app

        app()
