"""The text tracks of a film in several files: what each part says, at the times of the whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from matinee.ingest.subtitles import Captions, Cue

_SLACK_MS = 1000


def joined(told: Sequence[tuple[int | None, Captions]], starts_ms: Sequence[int]) -> list[Captions]:
    """The tracks, each with the part, from 0 on, that its times count from; what is of the whole film (None) stays as it is.
    Those of the same language and role become one. `starts_ms` are the parts' starts and the film's end."""
    whole = [captions for part, captions in told if part is None]
    tracks: dict[tuple[str, str, int], dict[int, Captions]] = defaultdict(dict)
    seen: Counter[tuple[int, str, str]] = Counter()
    for part, captions in told:
        if part is not None:
            seen[part, captions.language, captions.role] += 1
            place = seen[part, captions.language, captions.role]
            tracks[captions.language, captions.role, place][part] = captions
    return [*whole, *(_one(parts, starts_ms) for parts in tracks.values())]


def _one(parts: dict[int, Captions], starts_ms: Sequence[int]) -> Captions:
    last = max(parts)
    cues: list[Cue] = []
    for part in sorted(parts):
        start, end = starts_ms[part], starts_ms[part + 1]
        moved = [replace(cue, start_ms=cue.start_ms + start, end_ms=cue.end_ms + start) for cue in parts[part].cues]
        shown = parts[part].cues if _of_the_whole(parts[part].cues, start, end) else moved
        cues += shown if part == last else _within(shown, end)
    return replace(parts[min(parts)], cues=cues)


def _of_the_whole(cues: Sequence[Cue], start: int, end: int) -> bool:
    """Whether a later part's times go on from those of the part before: so they fit, and counted from the part they cannot."""
    first, last = min(cue.start_ms for cue in cues), max(cue.end_ms for cue in cues)
    return 0 < start <= first + _SLACK_MS and last > end - start + _SLACK_MS


def _within(cues: Sequence[Cue], end: int) -> list[Cue]:
    """What is shown before the next part begins."""
    return [replace(cue, end_ms=min(cue.end_ms, end)) for cue in cues if cue.start_ms < end]
