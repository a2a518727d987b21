"""In which languages a client wants to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from matinee.terms.language import Language, shortened

MOST = 8
"""Languages that a client may name; more tell nothing new."""

_RANGE = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*[qQ]\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")


@lru_cache(maxsize=1024)
def accepted(header: str) -> tuple[Language, ...]:
    """The languages of an `Accept-Language` header, the dearest first (RFC 9110 section 12.5.4). What is no language, any
    (`*`) and unwanted (`q=0`) are left out."""
    found: list[tuple[float, Language]] = []
    for piece in header[:1000].split(","):
        named = _RANGE.fullmatch(piece.strip())
        if named and (weight := float(named[2] or 1)) > 0:
            found.append((-weight, named[1]))
    found.sort(key=lambda each: each[0])
    return tuple(dict.fromkeys(tag for _, tag in found[:MOST]))


def spoken(wanted: Sequence[Language], known: Sequence[Language], most: int = 3) -> list[Language]:
    """Those of the known languages that a lookup for the wanted ones can find, in its order: what a shared answer depends on.
    A title in none of the first few is shown in its own."""
    by_tag = {tag.casefold(): tag for tag in known if tag != "und"}
    found = (by_tag[tag] for each in wanted for tag in shortened(each.casefold()) if tag in by_tag)
    return list(dict.fromkeys(found))[:most]
