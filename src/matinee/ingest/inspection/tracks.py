"""The tracks beside the picture, and what each is for: as the file marks them, else as their titles say."""

from __future__ import annotations

import re

from matinee.ingest import languages
from matinee.ingest.inspection.numbers import number, whole
from matinee.ingest.inspection.probe import Entry, Probe, flagged, tags, title
from matinee.ingest.source import Audio, Text
from matinee.ingest.subtitles.embedded import CODECS
from matinee.terms.encode import Chapter
from matinee.terms.rendition import Role

MOST = 8
_PICTURES = {"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"}
_MOST_CHAPTERS = 300
_DESCRIPTION = re.compile(r"\b(audio ?descri\w+|descriptive|described|AD)\b|H[öo]rfilm", re.IGNORECASE)
_COMMENTARY = re.compile(r"\bcomment(ary|aire)|kommentar", re.IGNORECASE)
_CAPTION = re.compile(r"\b(SDH|CC|HI|captions?|hearing.impaired|deaf)\b|H[öo]rgesch", re.IGNORECASE)
_FORCED = re.compile(r"\bforced\b|erzwungen", re.IGNORECASE)


def sounds(probe: Probe) -> list[Audio]:
    """Every sound track that says how many channels it has, what is to be heard by default first."""
    found = [
        stream for stream in probe.streams if stream.get("codec_type") == "audio" and whole(stream.get("channels"))
    ]
    tracks = [(not flagged(stream, "default"), _audio(stream)) for stream in found]
    return [track for _, track in sorted(tracks, key=lambda one: (one[1].role is not Role.MAIN, one[0]))]


def texts(probe: Probe) -> list[Text]:
    """The text tracks that hold text we can read."""
    return [_text(stream) for stream in probe.streams if stream.get("codec_name") in CODECS]


def drawn(probe: Probe) -> list[Entry]:
    """The subtitle tracks that are pictures of text."""
    return [stream for stream in probe.streams if stream.get("codec_name") in _PICTURES]


def unread(probe: Probe) -> list[Entry]:
    """The subtitle tracks of another form than those."""
    subtitles = [stream for stream in probe.streams if stream.get("codec_type") == "subtitle"]
    return [stream for stream in subtitles if stream.get("codec_name") not in CODECS | _PICTURES]


def chapters(probe: Probe, length_ms: int) -> list[Chapter]:
    """By time; one without a name gets its number."""
    found: dict[int, str] = {}
    for place, chapter in enumerate(probe.chapters[:_MOST_CHAPTERS], 1):
        at = number(chapter.get("start_time"))
        start = max(0, round((at - probe.start_s) * 1000)) if at is not None else length_ms
        if start < length_ms:
            found.setdefault(start, title(chapter) or f"Chapter {place}")
    return [Chapter(start, name) for start, name in sorted(found.items())]


def _audio(stream: Entry) -> Audio:
    return Audio(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "")),
        channels=whole(stream["channels"]),
        sample_rate=whole(stream.get("sample_rate")),
        language=languages.tag(tags(stream).get("language")),
        label=title(stream),
        role=_heard_as(stream),
        layout=str(stream.get("channel_layout", "")),
    )


def _text(stream: Entry) -> Text:
    language = languages.tag(tags(stream).get("language"))
    return Text(int(stream["index"]), str(stream["codec_name"]), language, title(stream), _read_as(stream))


def _heard_as(stream: Entry) -> Role:
    if flagged(stream, "visual_impaired", "descriptions") or _DESCRIPTION.search(title(stream)):
        return Role.DESCRIPTION
    if flagged(stream, "comment") or _COMMENTARY.search(title(stream)):
        return Role.COMMENTARY
    return Role.MAIN


def _read_as(stream: Entry) -> Role:
    if flagged(stream, "forced") or _FORCED.search(title(stream)):
        return Role.FORCED
    if flagged(stream, "hearing_impaired", "captions") or _CAPTION.search(title(stream)):
        return Role.CAPTION
    return Role.MAIN
