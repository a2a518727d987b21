from __future__ import annotations

import os

import typer

from matinee.cli.options import DEFAULT_HOME, HomePath, ask

app = typer.Typer(add_completion=False)
_NICENESS = 5
"""Beside the encoders' own: what is drawn next waits for what is prepared now."""


@app.command()
def demo(home: HomePath = DEFAULT_HOME) -> None:
    """Generate eight short titles and add them to the running house; what was added once is not added again."""
    from matinee.app.demo import add_films

    os.nice(_NICENESS)
    ask(home, lambda process: add_films(process, lambda text: print(text, flush=True)))
