"""What stands in a cue: runs of text, each with its style, read from tags and written as WebVTT's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Style = frozenset[str]
"""Of `b`, `i`, `u`, `ruby`, `rt`."""

PLAIN: Style = frozenset()
LONGEST_TEXT = 2000
"""Characters. More cannot be read; a file with more is not what it says, or wants to hurt."""

_LONGEST_SOURCE = 200_000
_NESTING = ("b", "i", "u", "ruby", "rt")
_TOKEN = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,40})[^<>\n]{0,200}>|<\d[\d:.]{0,20}>|\{(\\[^{}\n]{0,200})\}")
_ENTITY = re.compile(r"&(amp|lt|gt|nbsp|lrm|rlm|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_NAMED = {
    "amp": "&", "lt": "<", "gt": ">", "nbsp": "\u00a0", "lrm": "\u200e", "rlm": "\u200f", "quot": '"', "apos": "'",
}  # fmt: skip
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_FLAG = re.compile(r"\\([biu])([01])")
_PLACE = re.compile(r"\\an([1-9])")


class Run(NamedTuple):
    text: str
    style: Style = PLAIN


def runs_of(source: str) -> list[Run]:
    """The runs of a text with the tags of SRT and WebVTT; what else stands in tags is dropped, with them."""
    source = source[:_LONGEST_SOURCE]
    style, runs, position = PLAIN, list[Run](), 0
    for token in _TOKEN.finditer(source):
        runs.append(Run(_plain(source[position : token.start()]), style))
        if (token[1] or "").lower() == "br":
            runs.append(Run("\n", style))
        style = _after(style, token)
        position = token.end()
    runs.append(Run(_plain(source[position:]), style))
    return runs


def _after(style: Style, token: re.Match[str]) -> Style:
    if token[2] is not None:
        for flag in _FLAG.finditer(token[2]):
            style = style | {flag[1]} if flag[2] == "1" else style - {flag[1]}
        return style
    name = (token[1] or "").lower()
    if name not in _NESTING or (name == "rt" and "ruby" not in style):
        return style
    if not token[0].startswith("</"):
        return style | {name}
    return style - {name, "rt"} if name == "ruby" else style - {name}


def _plain(text: str) -> str:
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    known = _NAMED.get(entity[1])
    if known is not None:
        return known
    number = int(f"0{entity[1][1:]}", 0) if entity[1][1] in "xX" else int(entity[1][1:])
    return chr(number) if 0 < number <= 0x10FFFF else "\ufffd"


def placed(source: str) -> str:
    """The settings for the corner or edge that a tag of ASS names, which SRT files use too; the middle of the bottom has none."""
    place = _PLACE.search(source[:_LONGEST_SOURCE])
    return settings(int(place[1])) if place else ""


def settings(key: int) -> str:
    """The settings of a place, by the keys of a number pad: 8 is the top, 5 the middle, 1 the lower left."""
    row = {0: "", 1: "line:50%", 2: "line:0"}[(key - 1) // 3]
    column = {0: "align:left", 1: "", 2: "align:right"}[(key - 1) % 3]
    return f"{row} {column}".strip()


def marked(runs: Iterable[Run]) -> str:
    """The text as WebVTT writes it: no empty lines, which would end the cue, nothing that can be read as a tag, and at most
    `LONGEST_TEXT` characters. Empty where there is nothing to read."""
    lines = (_stripped(line) for line in _lines(_bounded(runs)))
    whole: list[Run] = []
    for line in (line for line in lines if line):
        if whole:
            whole.append(Run("\n", whole[-1].style & line[0].style))
        whole += line
    return "".join(_tagged(whole))


def _bounded(runs: Iterable[Run]) -> Iterator[Run]:
    clean = [Run(_CONTROL.sub("", text.replace("\x00", "\ufffd")), style) for text, style in runs if text]
    too_long = sum(len(run.text) for run in clean) > LONGEST_TEXT
    left = LONGEST_TEXT - too_long
    for text, style in clean:
        if len(text) > left:
            yield Run(text[:left] + "…", style)
            return
        left -= len(text)
        yield Run(text, style)


def _lines(runs: Iterable[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for text, style in runs:
        first, *others = text.split("\n")
        line.append(Run(first, style))
        for other in others:
            yield line
            line = [Run(other, style)]
    yield line


def _stripped(line: list[Run]) -> list[Run]:
    """Without white space at both ends; empty where there is nothing else."""
    while line and not line[0].text.strip():
        line = line[1:]
    while line and not line[-1].text.strip():
        line = line[:-1]
    if line:
        line[0] = line[0]._replace(text=line[0].text.lstrip())
        line[-1] = line[-1]._replace(text=line[-1].text.rstrip())
    return line


def _tagged(runs: list[Run]) -> Iterator[str]:
    open_tags: list[str] = []
    for text, style in (run for run in runs if run.text):
        wanted = [tag for tag in _NESTING if tag in style]
        kept = next((at for at, tag in enumerate(open_tags) if at >= len(wanted) or tag != wanted[at]), len(open_tags))
        yield from (f"</{tag}>" for tag in reversed(open_tags[kept:]))
        yield from (f"<{tag}>" for tag in wanted[kept:])
        open_tags = wanted
        yield text.replace("&", "&amp;").replace("<", "&lt;").replace("-->", "--&gt;")
    yield from (f"</{tag}>" for tag in reversed(open_tags))
