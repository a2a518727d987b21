"""How text becomes what is searched: the same at index and at query, so that both meet."""

# ruff: noqa: RUF001, RUF002 - letters of many scripts are its subject

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby, pairwise

from msgspec import Struct

# Marks that readers leave out when they type: of Latin, Greek and Cyrillic; of Hebrew; of Arabic.
_LEFT_OUT = (("\u0300", "\u036f"), ("\u0591", "\u05c7"), ("\u064b", "\u065f"), ("\u0670", "\u0670"))
_LETTERS = str.maketrans(
    {"ё": "е", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss"}
)
_SHORT_I = "й"
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_HANGUL = ("\uac00", "\ud7a3")
_UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Myanmar
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3005", "\u3007"),  # Han iteration mark
    ("\u3040", "\u30ff"),  # Kana
    ("\u3400", "\u9fff"),  # Han
    ("\uf900", "\ufaff"),  # Han, compatibility
    ("\U00020000", "\U000323af"),  # Han, extensions
)
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_LONGEST = 40  # letters of a word that count
_WORDS_ASKED = 12  # of a query; more tell nothing new


class Word(Struct, frozen=True):
    """A word of a title or a query. `letters` is how it is searched whole, by its beginning, or with slips; "" for scripts
    without spaces. `run` is how any part of it is found; "" for those with spaces. Hangul has both, its letters taken apart,
    so that a syllable that is still being typed finds its title."""

    letters: str
    run: str


def fold(text: str) -> str:
    """NFKC, lower case, without marks except that of й; ё is е."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKC", text).lower().translate(_LETTERS)
    kept = (letter if letter.isascii() or letter == _SHORT_I else _without_marks(letter) for letter in letters)
    return unicodedata.normalize("NFC", "".join(kept))


def words(text: str) -> list[Word]:
    """The words of a text, folded: letters, digits and the marks that belong to them."""
    return [word for piece in _split(fold(text)) for word in _by_script(piece)]


def asked(text: str) -> list[Word]:
    """The words of a query: the first ones, and the last, which may be unfinished."""
    found = words(text)
    return found[: _WORDS_ASKED - 1] + found[_WORDS_ASKED - 1 :][-1:]


def heading(text: str) -> str:
    """A title or a query as one line to compare."""
    return " ".join(_split(fold(text)))


def joined(found: list[Word]) -> list[str]:
    """Neighbours as one word: who writes "spiderman" means "Spider-Man"."""
    return [first.letters + second.letters for first, second in pairwise(found) if first.letters and second.letters]


def indexed_pieces(run: str) -> set[str]:
    """The letters and pairs of letters of a run: any part of it can be found by them."""
    return {*run, *asked_pieces(run)}


def asked_pieces(run: str) -> list[str]:
    """The pieces that must all be there where the run is part of a title."""
    return [first + second for first, second in pairwise(run)] or [run]


def slips(word: str, *, generous: bool = False) -> int:
    """How many wrong, missing, doubled or swapped letters are forgiven in a word; generous where nothing else was found."""
    if generous:
        return 0 if len(word) < 3 else 1 if len(word) < 5 else 2
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def rank(score: float, plays: float, title: str, text: str) -> float:
    """How a hit stands: by its words; raised where the title is the query or begins with it (both as `heading`); and by its
    plays, each tenfold of them by a sixth."""
    alike = 1.5 if title == text else 1.1 if title.startswith(text) else 1.0
    return score * alike * (1 + math.log10(1 + max(plays, 0.0)) / 6)


def _split(text: str) -> Iterator[str]:
    text = text.translate(_APOSTROPHES)
    if text.isascii():
        yield from _ASCII_WORD.findall(text)
        return
    for is_word, letters in groupby(text, _belongs_to_word):
        if is_word:
            yield "".join(letters)


def _belongs_to_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNM"


def _by_script(piece: str) -> Iterator[Word]:
    if piece.isascii():
        yield Word(piece[:_LONGEST], "")
        return
    for script, letters in groupby(piece, _script):
        run = "".join(letters)
        if script == "hangul":
            yield Word(unicodedata.normalize("NFD", run)[:_LONGEST], run)
        elif script == "unspaced":
            yield Word("", run)
        else:
            yield Word(run[:_LONGEST], "")


def _script(letter: str) -> str:
    if _HANGUL[0] <= letter <= _HANGUL[1]:
        return "hangul"
    return "unspaced" if any(first <= letter <= last for first, last in _UNSPACED) else "spaced"


def _without_marks(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return "".join(part for part in parts if not any(first <= part <= last for first, last in _LEFT_OUT))
