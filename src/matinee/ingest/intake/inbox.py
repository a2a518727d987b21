"""The inbox: a folder a film, laid down while the server is away and taken in when it is there.

`inbox/{name}/film.json` says what lies beside it. A folder whose name begins with a dot is still being written; one that
cannot be taken stays, with `refused.txt` beside it to say why.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import uuid
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest.contract import Again, Ingest, InSeries, Preparation, Protection, Sidecar, Start, Take
from matinee.ingest.intake import originals
from matinee.runtime.errors import Invalid, MatineeError
from matinee.terms.title import Metadata

FOLDER = "inbox"
_NOTE, _REFUSED = "film.json", "refused.txt"
Name = Annotated[str, msgspec.Meta(pattern=r"^[^/\x00]+\Z", max_length=255)]
_log = logging.getLogger(__name__)


class Film(Struct, frozen=True, forbid_unknown_fields=True):
    """`film.json`. `file`, `further` (where the film is in several), `poster` and the sidecars' sources are names in the same
    folder; `filename` is what the film was called."""

    file: Name
    metadata: Metadata
    sidecars: list[Sidecar] = []
    publish: bool = True
    filename: str = ""
    poster: Name | None = None
    protection: Protection = Protection.SIGNED
    episode: InSeries | None = None
    again: Again = Again.GONE
    further: list[Name] = []


class Inbox:
    """The folder `inbox` of a home."""

    def __init__(self, home: Path) -> None:
        self._root = home / FOLDER
        self._told: dict[str, str] = {}

    def put(
        self,
        path: Path,
        metadata: Metadata,
        sidecars: list[Sidecar],
        *,
        publish: bool = True,
        move: bool = False,
        **more: Any,
    ) -> Path:
        """Lays a film and what lies beside it (sidecars' sources, `poster` and `further` are paths) down, whole; answers its folder
        there. `more` are further values of `Film`.

        Raises Invalid where a file is missing, empty, may not be read, or changes meanwhile.
        """
        poster, further = more.pop("poster", None), more.pop("further", [])
        texts = [replace(one, source=f"sidecar-{place}") for place, one in enumerate(sidecars)]
        laid = [(path, "film"), *((Path(one.source), text.source) for one, text in zip(sidecars, texts, strict=True))]
        laid += [(Path(poster), "poster")] if poster else []
        parts = [f"film-{place}" for place in range(2, len(further) + 2)]
        laid += [(Path(source), part) for source, part in zip(further, parts, strict=True)]
        for source, _ in laid:
            originals.checked(str(source.absolute()))
        note = Film("film", metadata, texts, publish, path.name, "poster" if poster else None, further=parts, **more)
        name = uuid.uuid4().hex
        part = self._root / f".{name}"
        part.mkdir(parents=True)
        try:
            for source, goal in laid:
                _lay(source, part / goal, move=move)
            (part / _NOTE).write_bytes(msgspec.json.format(msgspec.json.encode(note)))
            part.rename(self._root / name)
        except (OSError, Invalid) as error:
            shutil.rmtree(part, ignore_errors=True)
            if isinstance(error, Invalid):
                raise
            raise Invalid(f"{path.name} cannot be put into the inbox: {error.strerror}.") from error
        return self._root / name

    async def take(self, ingest: Ingest) -> list[Preparation]:
        """Starts the preparation of each film that lies there, and takes it away."""
        taken: list[Preparation] = []
        for folder in await asyncio.to_thread(self._waiting):
            try:
                taken.append((await ingest.take(await asyncio.to_thread(_noted, folder))).preparation)
            except Invalid as error:
                _log.warning("the inbox's %s is refused: %s", folder.name, error.detail)
                (folder / _REFUSED).write_text(error.detail + "\n")
            except MatineeError as error:
                self._tell(folder.name, error.detail)
            else:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return taken

    def _tell(self, name: str, why: str) -> None:
        """Once, though it is tried again every other moment."""
        if self._told.get(name) != why:
            self._told[name] = why
            _log.warning("the inbox's %s waits: %s", name, why)

    def _waiting(self) -> list[Path]:
        notes = sorted(self._root.glob(f"[!.]*/{_NOTE}"))
        return [note.parent for note in notes if not (note.parent / _REFUSED).exists()]


def _lay(path: Path, goal: Path, *, move: bool) -> None:
    if move:
        shutil.move(path, goal)
        return
    before = path.stat()
    shutil.copyfile(path, goal)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Invalid(f"The file {path} changed while it was read; add it again when it is whole.")


def _noted(folder: Path) -> Take:
    try:
        film = msgspec.json.decode((folder / _NOTE).read_bytes(), type=Film)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{_NOTE} cannot be read: {error}") from error
    beside = [replace(one, source=str(folder.absolute() / Path(one.source).name)) for one in film.sidecars]
    start = Start(
        key=f"{FOLDER}:{folder.name}",
        path=str(folder.absolute() / film.file),
        filename=film.filename or film.file,
        metadata=film.metadata,
        sidecars=beside,
        publish=film.publish,
        move=True,
        poster=None if film.poster is None else str(folder.absolute() / film.poster),
        protection=film.protection,
        episode=film.episode,
        further=[str(folder.absolute() / part) for part in film.further],
    )
    return Take(start, film.again)
