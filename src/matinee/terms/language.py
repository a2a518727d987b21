from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta

Language = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", max_length=35)]
"""A BCP 47 language tag. `UNDETERMINED` where a track names none."""

UNDETERMINED: Language = "und"


def lookup(ranges: Sequence[Language], tags: Sequence[Language]) -> Language | None:
    """The one of the tags that suits best who wants these languages, the first most: RFC 4647 section 3.4, "lookup"."""
    known = {tag.casefold(): tag for tag in reversed(tags)}
    found = (known[tag] for wanted in ranges for tag in shortened(wanted.casefold()) if tag in known)
    return next(found, None)


def shortened(wanted: Language) -> Iterator[Language]:
    """The range and what it becomes as its last subtags are cut off: "zh-Hant-x-wadegile", "zh-Hant", "zh"."""
    subtags = wanted.split("-")
    while subtags:
        yield "-".join(subtags)
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:
            subtags.pop()


def canonical(tag: Language) -> Language:
    """The tag as it is usually written (RFC 5646 section 2.1.1): "pt-BR", "zh-Hant", "sr-Latn-RS"."""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(_usual(subtag) for subtag in rest)])


def _usual(subtag: str) -> str:
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag.lower()
