"""A subtitle file, of whatever kind, as cues. Its kind is read from what it holds, not from its name."""

from __future__ import annotations

import re
from itertools import islice

from matinee.ingest.limits import LARGEST_SUBTITLE
from matinee.ingest.subtitles import ass, srt, ttml, webvtt
from matinee.ingest.subtitles.charset import decoded
from matinee.ingest.subtitles.cue import MOST, Cue
from matinee.runtime.errors import Invalid
from matinee.terms.language import UNDETERMINED, Language

_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_TTML = re.compile(r"\s{0,100}<(?:[^<]{0,4000}<){0,40}?(?:[\w.-]{1,40}:)?tt[\s>]")
_ASS = re.compile(r"^\s{0,20}(?:\[(?:Script Info|V4\+? Styles|Events)\]|Dialogue:)", re.IGNORECASE | re.MULTILINE)


def parse(data: bytes, name: str, language: Language = UNDETERMINED) -> list[Cue]:
    """The cues of an SRT, WebVTT, ASS, SSA or TTML file, by time. `language` helps to guess an old encoding.

    Raises Invalid with one sentence that names the file. Nothing packed is ever unpacked.
    """
    if len(data) > LARGEST_SUBTITLE:
        raise Invalid(f"The subtitle file {name} is too large.")
    if not data.strip():
        raise Invalid(f"The subtitle file {name} is empty.")
    if data.startswith(_PACKED):
        raise Invalid(f"The subtitle file {name} is packed; send what is in it.")
    text = decoded(data, language).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff \t\n")
    cues = _read(text, name)
    if not cues:
        raise Invalid(f"The subtitle file {name} holds no text.")
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _read(text: str, name: str) -> list[Cue]:
    try:
        cues = _cues(text)
    except ttml.NotTtml as wrong:
        raise Invalid(f"The subtitle file {name} {wrong}.") from wrong
    if cues is None:
        raise Invalid(f"The subtitle file {name} is none of SRT, WebVTT, ASS, SSA and TTML.")
    if len(cues) > MOST:
        raise Invalid(f"The subtitle file {name} holds more than {MOST:,} cues.")
    return cues


def _cues(text: str) -> list[Cue] | None:
    """None where it is of no kind that we know."""
    if "\0" in text:
        return None
    if text.startswith(webvtt.MARK):
        return list(islice(webvtt.read(text), MOST + 1))
    if _TTML.match(text):
        return ttml.read(text)
    if _ASS.search(text, 0, 20_000):
        return list(islice(ass.read(text), MOST + 1))
    if any(srt.TIMES.match(line) for line in text.split("\n")):
        return list(islice(srt.read(text), MOST + 1))
    return None
