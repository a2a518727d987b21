from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from matinee.app.home import Home
from matinee.app.lock import SUPERVISOR, running
from matinee.app.process import Process
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.cli.progress import Progress
from matinee.ingest.contract import ByPreparation, Ingest, Phase, Preparation, Sidecar, Start
from matinee.ingest.inbox import Inbox
from matinee.ingest.limits import SUBTITLE_SUFFIXES
from matinee.runtime.errors import DeadlineExceeded, Invalid, MatineeError, OutOfSpace, Unavailable
from matinee.services.catalog.contract import Metadata
from matinee.terms.maturity import HIGHEST, Maturity

app = typer.Typer(add_completion=False)

AGAIN, PAUSE_S = 40, 0.5


class NotPrepared(MatineeError):
    type, title = "not-prepared", "A film could not be prepared"


@app.command()
def add(
    files: Annotated[
        list[Path], typer.Argument(help="Film files. Subtitles named like the film go with it: film.en.srt.")
    ],
    title: Annotated[str, typer.Option(help="The title; else the file's name.")] = "",
    synopsis: Annotated[str, typer.Option(help="What it is about.")] = "",
    year: Annotated[int | None, typer.Option(help="The year it was made.", min=1880, max=2200)] = None,
    genre: Annotated[list[str] | None, typer.Option(help="A genre; may be given several times.")] = None,
    maturity: Annotated[int, typer.Option(help="The least age: 0, 7, 10, 13, 16 or 18.")] = HIGHEST,
    wait: Annotated[bool, typer.Option("--wait", help="Come back when the films play.")] = False,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Add films. They are prepared by the running house, or by its next start."""
    if title and len(files) > 1:
        raise Invalid("--title names one film; add several files one by one, or without a title")
    orders = [_order(file, _metadata(file, title, synopsis, year, genre or [], maturity)) for file in files]
    place = Home(home)
    if "ingest" not in running(place) and SUPERVISOR not in running(place):
        _leave_in_inbox(place, orders, wait=wait)
        return
    ask(home, lambda process: _add(process, orders, wait=wait))


def _metadata(file: Path, title: str, synopsis: str, year: int | None, genres: list[str], maturity: int) -> Metadata:
    if maturity not in set(Maturity):
        raise Invalid(f"--maturity is one of {', '.join(str(int(level)) for level in Maturity)}, not {maturity}")
    named = title or file.stem.replace("_", " ").replace(".", " ").strip()
    return Metadata(named or file.name, synopsis, year, genres, Maturity(maturity))


def _order(file: Path, metadata: Metadata) -> Start:
    """The film with the subtitle files beside it. Raises Invalid where there is no readable file."""
    path = file.expanduser().absolute()
    try:
        with path.open("rb"):
            pass
    except OSError as wrong:
        raise Invalid(f"cannot read {file}: {wrong.strerror}") from wrong
    return Start(
        f"add:{uuid.uuid4().hex}",
        str(path),
        path.name,
        metadata,
        [Sidecar(str(p), language) for p, language in _sidecars(path)],
    )


def _sidecars(film: Path) -> list[tuple[Path, str]]:
    """`film.srt`, `film.en.vtt`, … with their language."""
    beside = sorted(path for path in film.parent.iterdir() if path.suffix.lower() in SUBTITLE_SUFFIXES)
    found = [(path, path.stem.removeprefix(film.stem).strip(".")) for path in beside if path.stem.startswith(film.stem)]
    return [
        (path, language or "und") for path, language in found if path.stem in {film.stem, f"{film.stem}.{language}"}
    ]


def _leave_in_inbox(place: Home, orders: list[Start], *, wait: bool) -> None:
    if wait:
        raise Unavailable("Matinee is not running, so there is nothing to wait for; start it with `matinee up`")
    place.make()
    inbox = Inbox(place.path)
    for order in orders:
        inbox.put(Path(order.path), order.metadata, order.sidecars)
        print(f"{order.filename}: in the inbox; the next `matinee up` prepares it.")


async def _add(process: Process, orders: list[Start], *, wait: bool) -> None:
    ingest = process.client(Ingest)
    begun = [await _patiently(partial(ingest.start, order)) for order in orders]
    if not wait:
        for preparation in begun:
            print(f"{preparation.filename}: in preparation; it plays when it is ready.")
        return
    ended = [await _ended(ingest, preparation) for preparation in begun]
    failed = [preparation for preparation in ended if preparation.phase is not Phase.PLAYABLE]
    if failed:
        raise NotPrepared("; ".join(f"{preparation.filename}: {preparation.message}" for preparation in failed))


async def _patiently(question: Callable[[], Coroutine[Any, Any, Preparation]]) -> Preparation:
    """The answer, also where the house is just coming back. Raises Unavailable when it stays away."""
    for _ in range(AGAIN):
        try:
            return await question()
        except (Unavailable, DeadlineExceeded) as away:
            if isinstance(away, OutOfSpace):
                raise
            await asyncio.sleep(PAUSE_S)
    return await question()


async def _ended(ingest: Ingest, preparation: Preparation) -> Preparation:
    """Shows the preparation's progress until it has ended."""
    with Progress(preparation.title) as progress:
        while preparation.phase in {Phase.UPLOADING, Phase.PREPARING}:
            progress.show(preparation.step, preparation.progress)
            await asyncio.sleep(0.5)
            preparation = await _patiently(partial(ingest.preparation, ByPreparation(preparation.id)))
        progress.end(preparation.phase)
    return preparation
