"""Advanced SubStation Alpha and its forerunner SSA: words, italics, bold, underline and the place on the screen. What WebVTT
has no word for goes: karaoke's timing, drawings, movement, fonts, colours. http://www.tcax.org/docs/ass-specs.htm"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.subtitles.markup import PLAIN, Run, Style, marked, settings

_LONGEST_LINE = 200_000
_EVENT = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
_STYLE = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, "
    "ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding"
)
_STAMP = re.compile(r"\s{0,20}(-?)(\d{1,4}):(\d{1,2}):(\d{1,2})[.:,](\d{1,3})\s{0,20}\Z")
_BLOCK = re.compile(r"\{([^{}]*)\}")
_TAG = re.compile(
    r"\\(an?(?=\d)|[biup](?=\d|\s*\\|\s*\Z)|r)([^\\()]*)(?=\\|\Z)|\\pos\(\s*(-?[\d.]{1,12})\s*,\s*(-?[\d.]{1,12})\s*\)"
)
_BOTTOM = 2
_LEGACY_ROWS = {0: 0, 4: 2, 8: 1}


class Look(Struct, frozen=True):
    """How a line begins: its style's flags, and its place by the keys of a number pad."""

    style: Style = PLAIN
    place: int = _BOTTOM


class _Script:
    """What the lines before the dialogue say of it."""

    def __init__(self) -> None:
        self.height = 288.0
        self.legacy = False
        self.looks: dict[str, Look] = {}
        self.style_fields = _fields(_STYLE)
        self.event_fields = _fields(_EVENT)

    def take(self, section: str, name: str, value: str) -> None:
        match name:
            case "playresy":
                self.height = _number(value) or self.height
            case "format" if "styles" in section:
                self.style_fields = _fields(value)
            case "format" if "events" in section:
                self.event_fields = _fields(value)
            case "style":
                self._take_style(value)
            case _:
                pass

    def _take_style(self, value: str) -> None:
        about = dict(zip(self.style_fields, (part.strip() for part in value.split(",")), strict=False))
        flags = {"b": "bold", "i": "italic", "u": "underline"}
        style = frozenset(flag for flag, field in flags.items() if about.get(field, "0") not in {"", "0"})
        place = about.get("alignment", "")
        self.looks[about.get("name", "").lstrip("*")] = Look(style, _place(place, legacy=self.legacy) or _BOTTOM)


def read(text: str) -> Iterator[Cue]:
    """The cues that have words, in the file's order."""
    script, section = _Script(), ""
    for line in text.split("\n"):
        line = line.strip()  # noqa: PLW2901 - what is around a line says nothing
        if line.startswith("[") and line.endswith("]"):
            section = line.lower()
            script.legacy |= section == "[v4 styles]"
            continue
        name, _, value = line.partition(":")
        if name.lower() == "dialogue":
            yield from _cue(script, value[:_LONGEST_LINE])
        else:
            script.take(section, name.lower(), value)


def _cue(script: _Script, value: str) -> Iterator[Cue]:
    fields = script.event_fields
    about = dict(zip(fields, value.split(",", len(fields) - 1), strict=False))
    start, end = _moment(about.get("start", "")), _moment(about.get("end", ""))
    if start is None or end is None:
        return
    look = script.looks.get(about.get("style", "").strip().lstrip("*")) or script.looks.get("Default") or Look()
    runs, place = _runs(script, about.get("text", ""), look)
    if words := marked(runs):
        yield Cue(start, end, words, settings(place))


def _runs(script: _Script, text: str, look: Look) -> tuple[list[Run], int]:
    """The words with their style, and the place of the whole."""
    line = _Line(script, look)
    for number, part in enumerate(_BLOCK.split(text)):
        if number % 2:
            line.obey(part)
        elif not line.drawing:
            words = part.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u00a0")
            line.runs.append(Run(words, line.style))
    return line.runs, line.place or look.place


class _Line:
    def __init__(self, script: _Script, look: Look) -> None:
        self._script, self._look = script, look
        self.style, self.place, self.drawing, self.runs = look.style, 0, False, list[Run]()

    def obey(self, block: str) -> None:
        for tag in _TAG.finditer(block):
            if tag[1] is None:
                self._stand(tag[4])
            else:
                self._follow(tag[1], tag[2].strip())

    def _follow(self, name: str, value: str) -> None:
        match name:
            case "b" | "i" | "u":
                on = value not in {"", "0"} if value else name in self._look.style
                self.style = self.style | {name} if on else self.style - {name}
            case "p":
                self.drawing = value not in {"", "0"}
            case "r":
                self.style = self._script.looks.get(value, self._look).style
            case _:
                self.place = self.place or _place(value, legacy=name == "a")

    def _stand(self, height: str) -> None:
        """A point on the screen: of three rows the one that it lies in."""
        part = (_number(height) or 0.0) / self._script.height
        row = 2 if part < 1 / 3 else 1 if part < 2 / 3 else 0
        self.place = self.place or row * 3 + 2


def _place(value: str, *, legacy: bool) -> int:
    """By the keys of a number pad; 0 where it says none. SSA counts 1 to 3 at the bottom, adds 4 for the top, 8 for the middle."""
    key = int(value) if value.isascii() and value.isdigit() and len(value) < 3 else 0
    if not legacy:
        return key if 1 <= key <= 9 else 0
    row = _LEGACY_ROWS.get(key - (key % 4)) if key % 4 else None
    return 0 if row is None else row * 3 + key % 4


def _fields(value: str) -> list[str]:
    return [field.strip().lower() for field in value.split(",")]


def _moment(value: str) -> int | None:
    found = _STAMP.match(value)
    if found is None:
        return None
    whole = (int(found[2]) * 60 + int(found[3])) * 60 + int(found[4])
    return (-1 if found[1] else 1) * (whole * 1000 + int(found[5].ljust(3, "0")))


def _number(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if 0 < found < 1e6 else None
