"""Genres, and how they stand in addresses."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from msgspec import Meta

Genre = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f/]+\Z")]

_MARKS = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[\W_]+")


def slug(genre: str) -> str:
    """A genre's name as it stands in addresses: "Sci-Fi & Fantasy" is `sci-fi-fantasy`, "Драма" is `драма`. Names with the
    same slug are one genre; a slug's slug is itself."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", genre).casefold())
    words = _NOT_WORD.sub("-", unicodedata.normalize("NFKC", plain)).strip("-")
    return words[:80].strip("-") or f"x{genre.encode().hex()}"[:80]
