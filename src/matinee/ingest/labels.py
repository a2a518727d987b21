"""What viewers read of a track of sound or text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matinee.ingest import languages
from matinee.terms.language import UNDETERMINED, Language
from matinee.terms.rendition import Role

_ROLES = {
    Role.CAPTION: "SDH",
    Role.DESCRIPTION: "audio description",
    Role.COMMENTARY: "commentary",
    Role.FORCED: "forced",
}


class Labelled(NamedTuple):
    """A track with the title that its maker gave it, if any."""

    language: Language
    role: Role
    title: str = ""


def named(language: Language, role: Role, unknown: str = "Original") -> str:
    """A track as "Deutsch", "English (SDH)", "English (forced)"; `unknown` stands for a language that nobody told."""
    name = unknown if language == UNDETERMINED else languages.name(language)
    return f"{name} ({_ROLES[role]})" if role in _ROLES else name


def labels(tracks: Sequence[Labelled], unknown: str = "Original") -> list[str]:
    """A label for each, no two the same: where two share language and role, their titles tell them apart, else numbers."""
    names = [named(track.language, track.role, unknown) for track in tracks]
    found: list[str] = []
    for track, name in zip(tracks, names, strict=True):
        told = names.count(name) > 1 and track.title not in {"", name}
        found.append(f"{name}: {track.title}" if told else name)
    return unique(found, " ")


def unique(names: Sequence[str], before: str) -> list[str]:
    """The second and later of the same name get a number."""
    taken: dict[str, str] = {}
    for name in names:
        number, candidate = 1, name
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{name}{before}{number}"
        taken[candidate.casefold()] = candidate
    return list(taken.values())
