"""The text tracks of a film: which of them are taken, and what viewers read of each."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from matinee.ingest.labels import Labelled, labels, named, unique
from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.subtitles.timing import checked
from matinee.terms.language import UNDETERMINED, Language
from matinee.terms.rendition import Role

_ORDER = [Role.MAIN, Role.CAPTION, Role.DESCRIPTION, Role.COMMENTARY, Role.FORCED]
_UNKNOWN = "Subtitles"


class Captions(Struct, frozen=True):
    """A text track. `label` is what its maker called it; once it is one of a film's `tracks`, what viewers read."""

    language: Language
    label: str
    cues: list[Cue]
    role: Role = Role.MAIN


def tracks(sent: Sequence[Captions], own: Sequence[Captions], duration_ms: int) -> tuple[list[Captions], list[str]]:
    """The tracks that a film of this length shows, in the order in which a menu lists them, each under a label of its own;
    and what its editor should know of them. What was `sent` beside a film replaces the film's `own` of that language and
    role; of two with the same cues one is taken, and none without any."""
    given = {(track.language, track.role) for track in sent}
    candidates = [*sent, *(track for track in own if (track.language, track.role) not in given)]
    taken: dict[tuple[Language, Role, tuple[Cue, ...]], Captions] = {}
    said: list[str] = []
    for track in candidates:
        cues, amiss = checked(track.cues, duration_ms)
        said += [f"{spoken(track)}: {sentence}" for sentence in amiss]
        if cues:
            taken.setdefault((track.language, track.role, tuple(cues)), replace(track, cues=cues))
        else:
            said.append(f"{spoken(track)}: no cue was left, so the film has no such subtitles.")
    return _labelled(_sorted(list(taken.values()))), said


def spoken(track: Captions) -> str:
    """A track as a sentence names it."""
    if track.language == UNDETERMINED:
        return _UNKNOWN
    return f"Subtitles in {named(track.language, track.role)}"


def folders(captions: Sequence[Captions]) -> list[str]:
    """A folder for each track, no two the same: "t-de", "t-de-caption", "t-de-2"."""
    names = [
        "-".join(["t", track.language.lower(), *([track.role] if track.role is not Role.MAIN else [])])
        for track in captions
    ]
    return unique(names, "-")


def _sorted(captions: list[Captions]) -> list[Captions]:
    seen = list(dict.fromkeys(track.language for track in captions))
    return sorted(captions, key=lambda track: (seen.index(track.language), _ORDER.index(track.role)))


def _labelled(captions: list[Captions]) -> list[Captions]:
    found = labels([Labelled(track.language, track.role, track.label) for track in captions], _UNKNOWN)
    return [replace(track, label=label) for track, label in zip(captions, found, strict=True)]
