"""Subtitles: SRT, WebVTT, ASS, SSA and TTML, beside a film or in it, as WebVTT, whole and cut into segments.

`parse` and `embedded` read, `tracks` chooses, checks against the film and labels, `written` and `cut` write.
"""

from __future__ import annotations

from matinee.ingest.subtitles.captions import Captions, folders, tracks
from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.subtitles.embedded import CODECS, embedded
from matinee.ingest.subtitles.naming import languages_and_role_of, role_of
from matinee.ingest.subtitles.sidecar import parse
from matinee.ingest.subtitles.timing import checked
from matinee.ingest.subtitles.webvtt import cut, written

__all__ = [
    "CODECS",
    "Captions",
    "Cue",
    "checked",
    "cut",
    "embedded",
    "folders",
    "languages_and_role_of",
    "parse",
    "role_of",
    "tracks",
    "written",
]
