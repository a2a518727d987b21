"""What the name of a subtitle file says: Film.de.forced.srt, Film.en.sdh.srt, Film - English [CC].vtt, 2_German.srt."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from matinee.ingest import languages
from matinee.ingest.limits import SUBTITLE_SUFFIXES
from matinee.terms.language import UNDETERMINED, Language
from matinee.terms.rendition import Role

_ROLES = {
    Role.FORCED: "forced foreign narrative fn erzwungen forcé forces",
    Role.CAPTION: "sdh cc hoh hearing impaired deaf caption captions closed closedcaption closedcaptions hörgeschädigte",
    Role.COMMENTARY: "commentary comment comments kommentar",
    Role.DESCRIPTION: "description descriptive described ad",
}
_WORDS = {word: role for role, words in _ROLES.items() for word in words.split()}
_FILLERS = {"subtitle", "subtitles", "subs", "sub", "default", "full", "for", "the", "utf8", "utf", "track"}
_HEARING_OR_HINDI = "hi"
_UNDERSCORED = re.compile(r"(?<![^\W_])([a-z]{2})_([A-Z]{2})(?![^\W_])")
_APART = re.compile(r"[\s._()\[\]{}+,;]+|(?<=\W)-+|-+(?=\W|\Z)")


def languages_and_role_of(filename: str, film: str = "") -> tuple[Language, Role]:
    """The language and the role that a subtitle file's name ends with; `film` is its film's name without suffix, where that
    is known. `und` and MAIN where the name says nothing. `hi` beside a language means "hearing impaired", alone it is Hindi."""
    path = PurePosixPath(filename.replace("\\", "/"))
    stem = path.stem if path.suffix.lower() in SUBTITLE_SUFFIXES else path.name
    if film and stem.casefold().startswith(film.casefold()):
        stem = stem[len(film) :]
    found: list[Language] = []
    roles: list[Role] = []
    hearing = False
    for word in reversed(_words(stem)):
        tag = languages.recognised(word)
        if word.lower() in _WORDS:
            roles.append(_WORDS[word.lower()])
        elif word.lower() == _HEARING_OR_HINDI:
            hearing = True
        elif tag and not found:
            found.append(tag)
        elif not (word.lower() in _FILLERS or (word.isdigit() and len(word) < 3)):
            break
    if hearing and not found:
        return _HEARING_OR_HINDI, _first(roles)
    return (found or [UNDETERMINED])[0], _first([*roles, *([Role.CAPTION] if hearing else [])])


def role_of(text: str) -> Role:
    """The role that a track's own title, or what someone wrote in a form, names: "English SDH", "forced"; MAIN where none."""
    return _first([_WORDS[word.lower()] for word in re.split(r"[\W_]+", text) if word.lower() in _WORDS])


def _first(roles: list[Role]) -> Role:
    """Forced above all: who marks lines as forced means that nothing else is in the file."""
    return Role.FORCED if Role.FORCED in roles else next(iter(roles), Role.MAIN)


def _words(stem: str) -> list[str]:
    """Parts of the name; one with a hyphen stays whole where it is a language ("pt-BR"), and falls apart where it is not."""
    words: list[str] = []
    for part in _APART.split(_UNDERSCORED.sub(r"\1-\2", stem)):
        words += [part] if languages.recognised(part) else part.split("-")
    return [word for word in words if word]
