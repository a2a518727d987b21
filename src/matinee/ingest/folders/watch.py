"""Watches folders: what comes to lie there is taken in once it has stopped changing. The files themselves stay as they are."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from matinee.ingest.contract import Again, Ingest, Take
from matinee.ingest.folders import ordering, walk
from matinee.ingest.folders.reading import HIDDEN, PARTIAL, Found, Ignored
from matinee.runtime.errors import MatineeError

_log = logging.getLogger(__name__)
_QUIET = frozenset({HIDDEN, PARTIAL})
"""Reasons that need no word: such files come and go."""

_FEW = 5


class _State(Struct, frozen=True):
    """What a film and all beside it looked like: path, size and time of change of each file."""

    files: tuple[tuple[str, int, int], ...]


class Watch:
    """`looks` is how many looks in a row must find a film and what lies beside it unchanged before it is taken."""

    def __init__(self, tops: Sequence[Path], ingest: Ingest, looks: int) -> None:
        self._tops = tops
        self._ingest = ingest
        self._looks = looks
        self._seen: dict[Path, tuple[_State, int]] = {}
        self._done: dict[Path, _State] = {}
        self._told: dict[Path, str] = {}
        self._known: list[str] = []

    async def look(self) -> list[str]:
        """One look at all folders; what it did, a sentence each."""
        said: list[str] = []
        self._known.clear()
        for top in self._tops:
            if not await asyncio.to_thread(top.is_dir):
                said += self._tell(top, f"the watched folder {top} is not there")
                continue
            self._told.pop(top, None)
            looked = await asyncio.to_thread(walk.look, top, bounded=True)
            for each in looked.ignored:
                said += self._ignored(top, each)
            for film in looked.films:
                said += await self._film(film)
            self._forget(top, {film.parts[0] for film in looked.films})
        if len(self._known) > _FEW:  # after a start
            said.append(f"{len(self._known)} films in watched folders came in before")
        else:
            said += self._known
        for sentence in said:
            _log.info("%s", sentence)
        return said

    async def _film(self, film: Found) -> list[str]:
        path = Path(film.path)
        state = await asyncio.to_thread(_state, film)
        if state is None or self._done.get(path) == state:
            return []
        known, times = self._seen.get(path, (None, 0))
        times = times + 1 if known == state else 1
        self._seen[path] = (state, times)
        if times < self._looks:
            return []
        sentence = ""
        try:
            sentence = await self._take(film)
        except MatineeError as wrong:
            if wrong.status >= 500:  # it is tried again at the next look
                return self._tell(path, f"{path} waits: {wrong.detail}")
            sentence = f"{path} is left out: {wrong.detail}"
        self._done[path] = state
        self._seen.pop(path, None)
        return self._tell(path, sentence) if sentence else []

    async def _take(self, film: Found) -> str:
        order = await asyncio.to_thread(ordering.order, film, f"watch:{uuid.uuid4().hex}")
        taken = await self._ingest.take(Take(order.start, Again.NEVER))
        if not taken.new:
            self._known += self._tell(Path(film.path), f"{film.path} came in before, as {taken.preparation.title}")
            return ""
        return " ".join([f"{film.path} is taken in as {taken.preparation.title}.", *order.notes])

    def _ignored(self, top: Path, each: Ignored) -> list[str]:
        if each.why in _QUIET:
            return []
        return self._tell(Path(each.path), f"{each.path.relative_to(top)} is left out: {each.why}")

    def _tell(self, path: Path, sentence: str) -> list[str]:
        """Once, though it is found again at every look."""
        if self._told.get(path) == sentence:
            return []
        self._told[path] = sentence
        return [sentence]

    def _forget(self, top: Path, there: set[object]) -> None:
        """What is gone from the folder comes anew when it comes back."""
        for memory in (self._seen, self._done):
            for path in [path for path in memory if path.is_relative_to(top) and path not in there]:
                del memory[path]


def _state(film: Found) -> _State | None:
    """None where a file of it has just vanished."""
    try:
        found = [(str(path), Path(path).stat()) for path in film.files]
    except OSError:
        return None
    return _State(tuple((path, each.st_size, each.st_mtime_ns) for path, each in found))
