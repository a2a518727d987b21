"""Which files are one film together: those of one folder whose names differ in "cd1", "cd2", … alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from msgspec import Struct

from matinee.ingest.folders import names
from matinee.ingest.folders.names import Part

_Numbered = dict[int, tuple[Part, PurePath]]


class Together(Struct, frozen=True):
    """A film's files in order, most often one; `missing` are the numbers of those that should lie before or between them."""

    parts: tuple[PurePath, ...]
    missing: tuple[int, ...] = ()

    @property
    def stems(self) -> list[str]:
        """The names by which others show that they belong to it: its own, the one that its parts share, each part's."""
        first, *others = [part.stem for part in self.parts]
        return [first, self.name, *others] if others else [first]

    @property
    def name(self) -> str:
        """What the whole is called: without "cd1"."""
        stem = self.parts[0].stem
        shared = names.part(stem) if len(self.parts) > 1 else None
        return stem if shared is None else shared.stem


def together(films: Sequence[PurePath]) -> list[Together]:
    """Each film's files, by the path of the first. A film whose parts are there twice is told apart by its suffix."""
    groups: dict[tuple[PurePath, str], list[tuple[Part, PurePath]]] = defaultdict(list)
    for path in films:
        if (part := names.part(path.stem)) is not None:
            groups[path.parent, part.stem.casefold()].append((part, path))
    sets = [one for group in groups.values() for each in _versions(group) if (one := _set(each)) is not None]
    taken = {path for one in sets for path in one.parts}
    return sorted([*sets, *(Together((path,)) for path in films if path not in taken)], key=lambda one: one.parts)


def _versions(group: list[tuple[Part, PurePath]]) -> Iterator[_Numbered]:
    numbered: _Numbered = {part.number: (part, path) for part, path in group}
    if len(numbered) == len(group):
        yield numbered
        return
    by_suffix: dict[str, _Numbered] = defaultdict(dict)
    for part, path in group:
        by_suffix[path.suffix.casefold()].setdefault(part.number, (part, path))
    yield from by_suffix.values()


def _set(found: _Numbered) -> Together | None:
    """None of a film by itself, and of "Part 2" and "Part 3", which are films in a row: a disc is no film by itself."""
    if len(found) < 2 or (1 not in found and not all(part.disc for part, _ in found.values())):
        return None
    missing = [number for number in range(1, max(found)) if number not in found]
    return Together(tuple(found[number][1] for number in sorted(found)), tuple(missing))
