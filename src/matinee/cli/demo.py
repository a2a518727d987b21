from __future__ import annotations

import typer

from matinee.cli.options import DEFAULT_HOME, HomePath, ask

app = typer.Typer(add_completion=False)


@app.command()
def demo(home: HomePath = DEFAULT_HOME) -> None:
    """Generate three short films and add them to the running house; what was added once is not added again."""
    from matinee.app.demo import add_films

    ask(home, lambda process: add_films(process, lambda text: print(text, flush=True)))
