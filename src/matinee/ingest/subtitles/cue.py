from __future__ import annotations

from msgspec import Struct

MOST = 100_000
"""Cues of one file. A film with someone speaking all the time has about two thousand an hour."""


class Cue(Struct, frozen=True):
    """A text on the screen from `start_ms` to `end_ms`, with the tags of WebVTT; `settings` place it, as WebVTT writes them.

    As a file has it, its times may be nonsense: `checked` says which can be shown.
    """

    start_ms: int
    end_ms: int
    text: str
    settings: str = ""
