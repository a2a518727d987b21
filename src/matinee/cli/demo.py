from __future__ import annotations

from matinee.cli.options import DEFAULT_HOME, HomePath


def demo(home: HomePath = DEFAULT_HOME) -> None:
    """Generate the demo films and add them to the running house."""
    raise NotImplementedError
