from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from matinee.terms.rendition import Rendition
from matinee.terms.thumbnails import Thumbnails


class File(Struct, frozen=True):
    """One file of an encode; `path` is relative to the encode's root, `sha256` in hex."""

    path: str
    size: int
    sha256: str


class Chapter(Struct, frozen=True):
    """A named part of a film, from `start_ms` to the next one's start."""

    start_ms: int
    title: str


class Encode(Struct, frozen=True):
    """A packaged film. Its objects lie under `media/{title_id}/{id}/`; there also are `manifest.mpd` and `master.m3u8`
    (relative, unsigned: playback writes a session's own). `protection` is signed, clearkey or drm; `key_id` names the key of
    an encrypted one, 32 hex digits. Not `complete`: it plays, and better renditions are on their way."""

    id: str
    duration_ms: int
    segment_ms: int
    protection: str
    renditions: list[Rendition]
    files: list[File]
    created_at: datetime
    complete: bool = True
    key_id: str | None = None
    chapters: list[Chapter] = []
    thumbnails: Thumbnails | None = None
