"""Subtitles: SRT and WebVTT in whatever encoding people save them, as WebVTT, whole and cut into segments."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pysubs2
from msgspec import Struct
from pysubs2.exceptions import Pysubs2Error

from matinee.ingest.limits import LARGEST_SUBTITLE
from matinee.ingest.source import Text
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs

_LATEST_MS = 100 * 3600 * 1000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TIMING = re.compile(r"^((?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3})([^\n]*)$")
_ALLOWED_TAG = re.compile(r"</?(?:i|b|u)>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>\n]*>")
_SETTING = re.compile(r"(?:align|line|position|size|vertical):[A-Za-z0-9%.,-]+\Z")


class Cue(Struct, frozen=True):
    """A text on the screen from `start_ms` to `end_ms`; `settings` place it, as WebVTT writes them."""

    start_ms: int
    end_ms: int
    text: str
    settings: str = ""


def parse(data: bytes, name: str) -> list[Cue]:
    """The cues of a WebVTT or SRT file, by time. Raises Invalid with one sentence that names the file."""
    if len(data) > LARGEST_SUBTITLE:
        raise Invalid(f"The subtitle file {name} is too large.")
    if not data.strip():
        raise Invalid(f"The subtitle file {name} is empty.")
    text = _decoded(data).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    kind = "vtt" if text.startswith("WEBVTT") else "srt"
    if "\0" in text or not any(_TIMING.match(line.strip()) for line in text.split("\n")):
        raise Invalid(f"The subtitle file {name} is neither WebVTT nor SRT.")
    cues = sorted(_cues(text, kind), key=lambda cue: (cue.start_ms, cue.end_ms))
    if not cues:
        raise Invalid(f"The subtitle file {name} holds no text.")
    return cues


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if (guess := _unmarked_utf16(data)) is not None:
        return data.decode(guess, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without its mark shows as a zero in every second byte of Latin text."""
    start = data[:400]
    if start[1::2].count(0) > len(start) // 3:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > len(start) // 3 else None


def _cues(text: str, kind: str) -> Iterator[Cue]:
    try:
        events = pysubs2.SSAFile.from_string(text, format_=kind, keep_html_tags=True, keep_unknown_html_tags=True)
    except (Pysubs2Error, ValueError, OverflowError, IndexError):
        return
    settings = _settings(text) if kind == "vtt" else {}
    for event in events:
        words = _plain(event.text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u00a0"))
        if words and 0 <= event.start < event.end and event.start < _LATEST_MS:
            yield Cue(event.start, min(event.end, _LATEST_MS), words, settings.get((event.start, event.end), ""))


def _settings(text: str) -> dict[tuple[int, int], str]:
    """Where each cue stands: the parser keeps times and words alone."""
    found: dict[tuple[int, int], str] = {}
    for line in text.split("\n"):
        timing = _TIMING.match(line.strip())
        if timing is None:
            continue
        known = [word for word in timing[3].split() if _SETTING.match(word)]
        if known:
            found[_ms(timing[1]), _ms(timing[2])] = " ".join(known)
    return found


def _ms(stamp: str) -> int:
    *larger, seconds, part = re.split(r"[:.,]", stamp)
    hours, minutes = ([0, *map(int, larger)])[-2:]
    return ((hours * 60 + minutes) * 60 + int(seconds)) * 1000 + int(part.ljust(3, "0"))


def _plain(text: str) -> str:
    """Italics, bold and underline stay; any other tag goes, and what is left cannot be read as one or end the cue."""
    kept: list[str] = []
    position = 0
    for found in _ANY_TAG.finditer(text):
        kept.append(_escaped(text[position : found.start()]))
        if _ALLOWED_TAG.fullmatch(found[0]):
            kept.append(found[0].lower())
        position = found.end()
    kept.append(_escaped(text[position:]))
    lines = (line.strip() for line in "".join(kept).split("\n"))
    return "\n".join(line for line in lines if line)


def _escaped(text: str) -> str:
    plain = re.sub(r"&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d+|#x[0-9a-fA-F]+);)", "&amp;", text)
    return plain.replace("<", "&lt;").replace("-->", "--&gt;")


def written(cues: list[Cue]) -> str:
    """The cues as a WebVTT file."""
    blocks = [f"{_stamp(cue.start_ms)} --> {_stamp(cue.end_ms)}{_after(cue)}\n{cue.text}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def _after(cue: Cue) -> str:
    return f" {cue.settings}" if cue.settings else ""


def _stamp(ms: int) -> str:
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"


def cut(cues: list[Cue], bounds_ms: list[int]) -> list[str]:
    """WebVTT segments between each two bounds; a cue stands in every segment that it is shown in (RFC 8216, section 3.5)."""
    return [
        written([cue for cue in cues if cue.start_ms < end and cue.end_ms > start])
        for start, end in pairwise(bounds_ms)
    ]


async def extract(programs: Programs, tools: Toolchain, path: Path, track: Text) -> list[Cue]:
    """The cues of a text track inside the film; none where it cannot be read: a film does without."""
    command = [
        *(tools.ffmpeg, "-v", "error", "-nostdin", *GUARDS, "-i", about(str(path))),
        *("-map", f"0:{track.index}", "-c:s", "webvtt", "-f", "webvtt", "pipe:1"),
    ]
    ended = await programs.run(command)
    try:
        return parse(ended.output, track.label or track.language) if ended.code == 0 else []
    except Invalid:
        return []
