"""The chapters of a film in several files: their own, else a chapter a part."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matinee.terms.encode import Chapter

_SPECIAL = re.compile(r"([=;#\\\n])")


def joined(parts: Sequence[Sequence[Chapter]], starts_ms: Sequence[int]) -> list[Chapter]:
    """Each part's chapters, at the times of the whole film. A part without any is one itself, "Part 2"; chapters without a
    name, which are called by their number in the part, get that in the whole."""
    found: list[Chapter] = []
    for number, (own, start_ms) in enumerate(zip(parts, starts_ms, strict=True), 1):
        before = len(found)
        for place, chapter in enumerate(own or [Chapter(0, f"Part {number}")], 1):
            unnamed = chapter.title == f"Chapter {place}"
            name = f"Chapter {before + place}" if unnamed else chapter.title
            found.append(Chapter(start_ms + chapter.start_ms, name))
    return found


def written(chapters: Sequence[Chapter], end_ms: int) -> str:
    """As ffmpeg reads them (its documentation, "Metadata")."""
    ends = [chapter.start_ms for chapter in chapters[1:]] + [end_ms]
    entries = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={chapter.start_ms}\nEND={end}\ntitle={_escaped(chapter.title)}\n"
        for chapter, end in zip(chapters, ends, strict=True)
    ]
    return ";FFMETADATA1\n" + "".join(entries)


def _escaped(name: str) -> str:
    return _SPECIAL.sub(r"\\\1", name)
