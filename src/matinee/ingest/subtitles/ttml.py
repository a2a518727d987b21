"""TTML and its children DFXP, EBU-TT-D and IMSC1: words, their emphasis, and whether they stand at the top or the bottom.
https://www.w3.org/TR/ttml1/, https://www.w3.org/TR/ttml-imsc1.2/"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.parsers import expat

from matinee.ingest.subtitles.cue import MOST, Cue
from matinee.ingest.subtitles.layout import Region, Rules, settings, styled
from matinee.ingest.subtitles.markup import PLAIN, Run, Style, marked
from matinee.ingest.subtitles.timebase import Timebase

_DEEPEST, _MOST_ELEMENTS = 60, 1_000_000
_SPACE = re.compile(r"\s+")
_UNSEEN = {"metadata", "set", "head"}


class NotTtml(ValueError):
    """Its words are the rest of the sentence "The subtitle file x …"."""


def read(text: str) -> list[Cue]:
    """The cues that have words, in the document's order. Raises NotTtml. Entities are refused before they are expanded."""
    reader = _Reader()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.say
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(text.encode(errors="replace"), True)  # noqa: FBT003 - its only form
    except expat.ExpatError as error:
        raise NotTtml("is damaged: it is not well-formed XML") from error
    return reader.cues


def _refuse(*_: object) -> None:
    raise NotTtml("declares entities, which subtitles do not need; it was not read")


class _Element:
    """An element that is open: its own words, and what it hands down to those inside. Times are milliseconds from the start."""

    def __init__(self, name: str, start: int, end: int | None) -> None:
        self.name, self.start, self.end = name, start, end
        self.style: Style = PLAIN
        self.rules: Rules = {}
        self.region: Region | None = None
        self.keeps_space = self.hidden = self.in_sequence = False
        self.reached = start
        self.runs: list[Run] | None = None


class _Reader:
    """Follows a document from tag to tag, holding no more of it than the elements that are open, and the cues."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self._open: list[_Element] = []
        self._elements = 0
        self._timebase = Timebase()
        self._styles: dict[str, Rules] = {}
        self._regions: dict[str, Region] = {}
        self._naming: Region | None = None

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        name, about = _local(tag), {_local(key): value.strip() for key, value in attributes.items()}
        self._elements += 1
        if len(self._open) >= _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise NotTtml("is nested too deeply" if len(self._open) >= _DEEPEST else "holds too many elements")
        if not self._open:
            if name != "tt":
                raise NotTtml("is not TTML")
            self._timebase = Timebase.of(about)
            self._open.append(_Element(name, 0, None))
            return
        self._define(name, about)
        element = self._element(name, about, self._open[-1])
        self._open.append(element)
        if name == "br":
            self._words("\n", element)

    def _define(self, name: str, about: Mapping[str, str]) -> None:
        """Styles and regions, which the words name."""
        rules = styled(about, self._styles)
        if name == "style" and self._naming is not None:
            self._naming.rules.update(rules)
        elif name == "style" and "id" in about:
            self._styles[about["id"]] = rules
        elif name == "region":
            self._naming = self._regions[about.get("id", "")] = Region(
                rules, self._timebase.cells, self._timebase.extent
            )

    def _element(self, name: str, about: Mapping[str, str], parent: _Element) -> _Element:
        start, end = self._timebase.span(about, parent.reached if parent.in_sequence else parent.start, parent.end)
        element = _Element(name, start, end)
        element.rules = {**parent.rules, **styled(about, self._styles)}
        element.style = _emphasis(element.rules)
        element.region = self._regions.get(about.get("region", ""), parent.region)
        element.keeps_space = about.get("space", "preserve" if parent.keeps_space else "") == "preserve"
        element.hidden = parent.hidden or name in _UNSEEN or _is_hidden(element.rules)
        element.in_sequence = about.get("timeContainer") == "seq"
        timed = "begin" in about or "end" in about or "dur" in about
        if name == "p" or (name == "span" and timed):
            element.runs = []
        return element

    def say(self, text: str) -> None:
        if self._open and self._open[-1].name in {"p", "span"}:
            element = self._open[-1]
            self._words(text if element.keeps_space else _SPACE.sub(" ", text), element)

    def _words(self, text: str, element: _Element) -> None:
        """To the innermost element with times of its own."""
        keeper = next((each for each in reversed(self._open) if each.runs is not None), None)
        if keeper is not None and keeper.runs is not None and not element.hidden:
            keeper.runs.append(Run(text, element.style))
            keeper.region = element.region or keeper.region

    def end(self, tag: str) -> None:
        element = self._open.pop()
        if _local(tag) == "region":
            self._naming = None
        if element.runs:
            self._finish(element)
        if self._open and element.end is not None:
            self._open[-1].reached = max(self._open[-1].reached, element.end)

    def _finish(self, element: _Element) -> None:
        words = marked(element.runs or [])
        if words and len(self.cues) <= MOST:
            end = self._timebase.unending(element.start) if element.end is None else element.end
            self.cues.append(Cue(element.start, end, words, settings(element.rules, element.region)))


def _local(name: str) -> str:
    """A name without its namespace: the four editions of TTML differ in nothing else that matters here."""
    return name.rpartition(" ")[2]


def _emphasis(rules: Rules) -> Style:
    found = {
        "i": rules.get("fontStyle") in {"italic", "oblique"},
        "b": rules.get("fontWeight") == "bold",
        "u": "underline" in rules.get("textDecoration", "").split(),
        "ruby": rules.get("ruby") in {"container", "base", "text"},
        "rt": rules.get("ruby") == "text",
    }
    return frozenset(tag for tag, has in found.items() if has)


def _is_hidden(rules: Rules) -> bool:
    return rules.get("visibility") == "hidden" or rules.get("display") == "none" or rules.get("ruby") == "delimiter"
