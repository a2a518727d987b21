"""Where TTML puts words, as WebVTT's settings: the third of the screen that a region lies in, and the alignment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from matinee.ingest.subtitles import markup

Rules = dict[str, str]
"""Styles by their name without namespace: {"fontStyle": "italic"}."""

_STYLES = {
    "fontStyle", "fontWeight", "textDecoration", "textAlign", "displayAlign", "visibility", "display", "ruby", "origin", "extent",
}  # fmt: skip
_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?)(%|px|c|rh|rw)\Z")
_ANCHOR = {"center": 0.5, "after": 1.0}
_MOST_NAMES = 20


class Region(Struct, frozen=True):
    """A box on the screen. `cells` are the columns and rows of the document's grid, `extent` its pixels, if it has any."""

    rules: Rules
    cells: tuple[float, float]
    extent: tuple[float, float] | None


def styled(about: Mapping[str, str], known: Mapping[str, Rules]) -> Rules:
    """What an element's attributes say of its style: the styles that it names, in their order, then its own."""
    rules: Rules = {}
    for name in about.get("style", "").split()[:_MOST_NAMES]:
        rules.update(known.get(name, {}))
    rules.update({name: value for name, value in about.items() if name in _STYLES})
    return rules


def settings(rules: Rules, region: Region | None) -> str:
    """As WebVTT writes them; none for the middle of the bottom."""
    align = rules.get("textAlign") or (region.rules.get("textAlign", "") if region else "")
    row = _row(rules, region) if region else ""
    return f"{row} align:{align}".strip() if align in {"left", "right", "start", "end"} else row


def _row(rules: Rules, region: Region) -> str:
    """A region that says nothing of its place fills the screen, and its words begin at the top."""
    known = {**rules, **region.rules}
    top = _part(known.get("origin", ""), region, 0.0)
    height = _part(known.get("extent", ""), region, 1.0 - top)
    height = _ANCHOR.get(known.get("displayAlign", ""), 0.0) * height
    third = 2 if top + height < 1 / 3 else 1 if top + height < 2 / 3 else 0
    return markup.settings(third * 3 + 2)


def _part(value: str, region: Region, otherwise: float) -> float:
    """The second of two lengths as a part of the screen's height."""
    lengths = value.split()
    found = _LENGTH.match(lengths[1]) if len(lengths) == 2 else None
    if found is None:
        return otherwise
    number = float(found[1])
    if found[2] == "c":
        return number / region.cells[1]
    if found[2] == "px":
        return number / region.extent[1] if region.extent else otherwise
    return number / 100
