from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from msgspec.structs import replace

from matinee.app.home import Home
from matinee.app.lock import SUPERVISOR, running
from matinee.app.process import Process
from matinee.cli.options import DEFAULT_HOME, HomePath, ask
from matinee.cli.progress import Progress
from matinee.ingest.contract import Again, ByPreparation, Ingest, Phase, Preparation, Protection, Start, Take, Taken
from matinee.ingest.folders import ordering, walk
from matinee.ingest.folders.ordering import Order
from matinee.ingest.folders.reading import HIDDEN, Found, Ignored, Place
from matinee.ingest.intake.inbox import Inbox
from matinee.runtime.errors import DeadlineExceeded, Invalid, MatineeError, OutOfSpace, Unavailable
from matinee.terms.line import one_line
from matinee.terms.maturity import Maturity

app = typer.Typer(add_completion=False)
T = TypeVar("T")

AGAIN, PAUSE_S = 40, 0.5
_MANY = 5
"""Of so many files that are left out for one reason, the rest is counted."""


class NotPrepared(MatineeError):
    type, title = "not-prepared", "A film could not be prepared"


@app.command()
def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Film files, and folders of films with the usual names: Film (2019).mkv, Series/Season 01/Series S01E02.mkv. "
            "Film cd1.avi and Film cd2.avi are one film. "
            "Subtitles, posters, NFO and JSON files named like a film go with it: film.en.srt, film-poster.jpg.",
        ),
    ],
    title: Annotated[str, typer.Option(help="The title; else what its files say, or its name.")] = "",
    synopsis: Annotated[str, typer.Option(help="What it is about.")] = "",
    year: Annotated[int | None, typer.Option(help="The year it was made.", min=1880, max=2200)] = None,
    genre: Annotated[list[str] | None, typer.Option(help="A genre; may be given several times.")] = None,
    maturity: Annotated[int | None, typer.Option(help="The least age: 0, 7, 10, 13, 16 or 18, the default.")] = None,
    language: Annotated[str, typer.Option(help="The language it is in: en, pt-BR.")] = "",
    series: Annotated[str, typer.Option(help="The series it is an episode of.")] = "",
    season: Annotated[int, typer.Option(help="Its season; 0 for specials.", min=0, max=9999)] = 1,
    episode: Annotated[int | None, typer.Option(help="Its number in the season.", min=0, max=99_999)] = None,
    poster: Annotated[Path | None, typer.Option(help="A picture for it: JPEG, PNG or WebP.")] = None,
    protection: Annotated[
        Protection,
        typer.Option(help="clearkey encrypts what is sent to players; signed keeps it open to every player."),
    ] = Protection.SIGNED,
    again: Annotated[bool, typer.Option("--again", help="Add films whose very bytes are here already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be added.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Come back when the films play.")] = False,
    home: HomePath = DEFAULT_HOME,
) -> None:
    """Add films. They are prepared by the running house, or by its next start."""
    if maturity is not None and maturity not in set(Maturity):
        raise Invalid(f"--maturity is one of {', '.join(str(int(level)) for level in Maturity)}, not {maturity}")
    words = {"title": title, "synopsis": synopsis, "year": year, "genres": genre, "language": language}
    told = {name: value for name, value in words.items() if value}
    told |= {} if maturity is None else {"maturity": Maturity(maturity)}
    found, ignored = _found(paths)
    _check_for_one(
        found, [name for name, value in (("title", title), ("episode", episode), ("poster", poster)) if value]
    )
    found = [_placed(film, series, season, episode) for film in found]
    batch = Batch(len(found), explicit=any(path.is_file() for path in paths))
    more = {"protection": protection, "poster": None if poster is None else str(poster.expanduser().absolute())}
    orders = list(batch.ordered(found, told, more))
    for sentence in left_out(ignored):
        print(one_line(sentence))
    if dry_run:
        for order in orders:
            print(_row(order.start))
    elif orders:
        _send(Home(home), orders, batch, again=Again.ALWAYS if again else Again.GONE, wait=wait)
    batch.end(dry_run=dry_run)


def _found(paths: list[Path]) -> tuple[list[Found], list[Ignored]]:
    """Every film named, each once. Raises Invalid where a path is not there."""
    films: dict[Path, Found] = {}
    ignored: list[Ignored] = []
    for path in (path.expanduser().absolute() for path in paths):
        if path.is_dir():
            looked = walk.look(path)
            films |= {Path(film.path): film for film in looked.films}
            ignored += looked.ignored
        else:
            film = walk.look_at(path)
            films[Path(film.path)] = film
    if not films:
        raise Invalid(f"there is no film in {', '.join(str(path) for path in paths)}")
    return list(films.values()), ignored


def _check_for_one(found: list[Found], options: list[str]) -> None:
    if options and len(found) > 1:
        raise Invalid(f"--{options[0]} is for one film, and these are {len(found)}; add it by itself")


def _placed(film: Found, series: str, season: int, episode: int | None) -> Found:
    """The film at the place that the options say, as far as they do."""
    if not series and episode is None:
        return film
    known = film.place
    number = episode if episode is not None else known and known.number
    name = series or (known.series if known else "")
    if number is None or not name:
        raise Invalid(f"{film.path.name} needs --series and --episode to be an episode")
    in_season = known.season if known and episode is None else season
    return replace(film, place=Place(name, in_season, number), series_nfo=None, series_notes=None)


def left_out(ignored: list[Ignored]) -> Iterator[str]:
    """A line for each file that is left out; of many for one reason, and of hidden ones, a count."""
    for why, files in walk.counted(ignored).items():
        if why == HIDDEN or len(files) > _MANY:
            yield f"left out: {len(files)} {'file' if len(files) == 1 else 'files'}: {why}"
        else:
            yield from (f"left out: {each.path}: {why}" for each in files)


def _row(start: Start) -> str:
    metadata, episode = start.metadata, start.episode
    name = metadata.title + (f" ({metadata.year})" if metadata.year else "")
    if episode is not None:
        last = f"-E{episode.number_to:02}" if episode.number_to else ""
        name = f"{episode.series} S{episode.season:02}E{episode.number:02}{last}: {name}"
    parts = [f"{len(start.paths)} parts"] if start.further else []
    beside = parts + [f"{one.language} {one.role}" for one in start.sidecars] + (["poster"] if start.poster else [])
    return "  ".join([f"{name:<50}", one_line(start.path), f"+ {', '.join(beside)}" if beside else ""]).rstrip()


class Batch:
    """What became of the films of one command."""

    def __init__(self, films: int, *, explicit: bool) -> None:
        self._films = films
        self._alone = films == 1 and explicit
        self._done = 0
        self.taken = 0
        self.known = 0
        self.failed = 0

    def ordered(self, found: list[Found], told: dict[str, Any], more: dict[str, Any]) -> Iterator[Order]:
        for film in found:
            order = self.tried(film.path.name, partial(ordering.order, film, f"add:{uuid.uuid4().hex}", told, **more))
            if order is not None:
                for note in order.notes:
                    print(one_line(f"{film.path.name}: {note}"))
                yield order

    def tried(self, filename: str, work: Callable[[], T]) -> T | None:
        """What the work gives. Where it fails the rest goes on; a film by itself is the command's own failure."""
        try:
            return work()
        except MatineeError as wrong:
            self.fail(filename, wrong)
        return None

    def fail(self, filename: str, wrong: MatineeError) -> None:
        sentence = one_line(wrong.detail if filename in wrong.detail else f"{filename}: {wrong.detail}")
        if self._alone:
            raise NotPrepared(sentence) from wrong
        self.failed += 1
        print(sentence, file=sys.stderr)

    def say(self, filename: str, sentence: str) -> None:
        self._done += 1
        place = f"[{self._done}/{self._films}] " if self._films > 1 else ""
        print(one_line(f"{place}{filename}: {sentence}"), flush=True)

    def end(self, *, dry_run: bool) -> None:
        """The sum, where there was more than one. Raises NotPrepared where a film could not be taken."""
        if dry_run:
            left = self._films - self.failed
            print(f"{left} {'film' if left == 1 else 'films'} would be added; nothing was.")
        elif self._films > 1:
            parts = [f"{self.taken} added", f"{self.known} here before", f"{self.failed} could not be added"]
            print(f"{self._films} films: {', '.join(part for part in parts if not part.startswith('0 '))}.")
        if self.failed:
            raise NotPrepared(f"{self.failed} of {self._films} films could not be added; see above")


def _send(place: Home, orders: list[Order], batch: Batch, *, again: Again, wait: bool) -> None:
    if "ingest" not in running(place) and SUPERVISOR not in running(place):
        _leave_in_inbox(place, orders, batch, again=again, wait=wait)
    else:
        ask(place.path, lambda process: _add(process, orders, batch, again=again, wait=wait))


def _leave_in_inbox(place: Home, orders: list[Order], batch: Batch, *, again: Again, wait: bool) -> None:
    if wait:
        raise Unavailable("Matinee is not running, so there is nothing to wait for; start it with `matinee up`")
    place.make()
    inbox = Inbox(place.path)
    for start in (order.start for order in orders):
        more = {"poster": start.poster, "protection": start.protection, "episode": start.episode, "again": again}
        more |= {"further": start.further}
        laid = batch.tried(start.filename, partial(inbox.put, Path(start.path), start.metadata, start.sidecars, **more))
        if laid is not None:
            batch.taken += 1
            batch.say(start.filename, "in the inbox; the next `matinee up` prepares it.")


async def _add(process: Process, orders: list[Order], batch: Batch, *, again: Again, wait: bool) -> None:
    ingest = process.client(Ingest)
    begun: list[Preparation] = []
    for start in (order.start for order in orders):
        try:
            taken = await _patiently(partial(ingest.take, Take(start, again)))
        except MatineeError as wrong:
            batch.fail(start.filename, wrong)
            continue
        batch.taken, batch.known = batch.taken + taken.new, batch.known + (not taken.new)
        if taken.new:
            begun.append(taken.preparation)
        if not wait or not taken.new:
            batch.say(start.filename, _sentence(taken))
    if wait:
        for preparation in begun:
            await _waited(ingest, preparation, batch)


def _sentence(taken: Taken) -> str:
    if taken.new:
        return "in preparation; it plays when it is ready."
    known = f"here already as “{taken.preparation.title}”; nothing was changed"
    if not taken.differs:
        return f"{known}."
    return f"{known}, though it is told otherwise now: {', '.join(taken.differs)}. The studio changes it; --again adds it anew."


async def _waited(ingest: Ingest, preparation: Preparation, batch: Batch) -> None:
    ended = await _ended(ingest, preparation)
    if ended.phase not in {Phase.PLAYABLE, Phase.IMPROVING}:
        batch.taken -= 1
        batch.fail(ended.filename, NotPrepared(ended.message or "it was canceled"))


async def _patiently(question: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The answer, also where the house is just coming back. Raises Unavailable when it stays away."""
    away_for = 0
    while True:
        try:
            return await question()
        except DeadlineExceeded:  # a large file is still being copied
            await asyncio.sleep(PAUSE_S)
        except Unavailable as away:
            away_for += 1
            if isinstance(away, OutOfSpace) or away_for > AGAIN:
                raise
            await asyncio.sleep(PAUSE_S)


async def _ended(ingest: Ingest, preparation: Preparation) -> Preparation:
    """Shows the preparation's progress until it has ended."""
    with Progress(preparation.title) as progress:
        while preparation.phase in {Phase.UPLOADING, Phase.PREPARING}:
            progress.show(preparation.doing, preparation.progress)
            await asyncio.sleep(0.5)
            preparation = await _patiently(partial(ingest.preparation, ByPreparation(preparation.id)))
        progress.end(preparation.phase)
    return preparation
