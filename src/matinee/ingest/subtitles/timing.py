"""Whether a track's times fit the film, and what to do where they do not."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.timecode import clock

_HOUR_MS = 3_600_000
_LONGEST_MS = 5 * 60_000
"""No text that someone should read stands longer."""

_SLACK_MS = 1000
"""What a cue may reach beyond the film's end without a word: tapes and files are never of quite the same length."""

_FITTING = 0.95
_MOST_AT_ONCE = 12


def checked(cues: Sequence[Cue], duration_ms: int) -> tuple[list[Cue], list[str]]:
    """The cues that can be shown in a film of this length, by time, and for its editor what was amiss, a sentence each.

    What ends before it starts or lies outside the film is left out, what reaches beyond its end is cut there; a track that
    begins at a whole hour, as tapes for broadcast do, is moved back to zero. At no moment stand more than a dozen.
    """
    said: list[str] = []
    forward = [cue for cue in cues if cue.start_ms < cue.end_ms]
    _say(said, len(cues) - len(forward), "ends before it starts", "end before they start")
    moved = _from_zero(forward, duration_ms, said)
    inside = [cue for cue in moved if cue.start_ms < duration_ms and cue.end_ms > 0]
    _say(said, len(moved) - len(inside), "lies outside the film", "lie outside the film")
    whole = _joined([_within(cue, duration_ms) for cue in inside])
    late = sum(cue.end_ms > duration_ms + _SLACK_MS for cue in inside)
    _say(said, late, "reaches beyond the film's end", "reach beyond the film's end", "cut there")
    long = sum(cue.end_ms - cue.start_ms > _LONGEST_MS for cue in whole)
    _say(said, long, "stands longer than five minutes", "stand longer than five minutes", "shortened")
    brief = [_replaced(cue, cue.start_ms, min(cue.end_ms, cue.start_ms + _LONGEST_MS)) for cue in whole]
    shown = _few_at_once(brief)
    _say(said, len(brief) - len(shown), "would be the thirteenth at its moment", "would be too many at one moment")
    return shown, said


def _say(said: list[str], count: int, one: str, several: str, done: str = "left out") -> None:
    if count == 1:
        said.append(f"One cue {one} and was {done}.")
    elif count:
        said.append(f"{count:,} cues {several} and were {done}.")


def _from_zero(cues: list[Cue], duration_ms: int, said: list[str]) -> list[Cue]:
    """Where the times cannot be of this film but would be some whole hours earlier: moved so."""
    if not cues or max(cue.end_ms for cue in cues) <= duration_ms + _SLACK_MS:
        return cues
    first = min(cue.start_ms for cue in cues)
    for hours in sorted({first // _HOUR_MS, round(first / _HOUR_MS)}):
        back = hours * _HOUR_MS
        fitting = sum(-_SLACK_MS <= cue.start_ms - back < duration_ms for cue in cues)
        if hours > 0 and fitting >= _FITTING * len(cues):
            begun, now = clock(first), clock(max(0, first - back))
            said.append(f"The cues begin at {begun}, as on a tape for broadcast; all were moved to begin at {now}.")
            return [_replaced(cue, cue.start_ms - back, cue.end_ms - back) for cue in cues]
    span = max(cue.end_ms for cue in cues) - first
    if span <= duration_ms and first >= duration_ms / 4:
        late = clock(max(cue.end_ms for cue in cues) - duration_ms)
        said.append(f"All cues come late, by {late} or more: they would fit the film if they began earlier.")
    return cues


def _within(cue: Cue, duration_ms: int) -> Cue:
    return _replaced(cue, max(0, cue.start_ms), min(cue.end_ms, duration_ms))


def _replaced(cue: Cue, start: int, end: int) -> Cue:
    return Cue(start, end, cue.text, cue.settings)


def _joined(cues: list[Cue]) -> list[Cue]:
    """Cues of the same words that touch or overlap as one: a file in layers or in pieces has each several times."""
    whole: list[Cue] = []
    latest: dict[tuple[str, str], int] = {}
    for cue in sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms)):
        words = cue.text, cue.settings
        at = latest.get(words)
        if at is not None and cue.start_ms <= whole[at].end_ms:
            whole[at] = _replaced(cue, whole[at].start_ms, max(whole[at].end_ms, cue.end_ms))
        else:
            latest[words] = len(whole)
            whole.append(cue)
    return sorted(whole, key=lambda cue: (cue.start_ms, cue.end_ms))


def _few_at_once(cues: list[Cue]) -> list[Cue]:
    """Without those that come while a dozen others stand: what a segment holds stays small, and so does what one reads."""
    standing: list[int] = []
    kept: list[Cue] = []
    for cue in cues:
        while standing and standing[0] <= cue.start_ms:
            heapq.heappop(standing)
        if len(standing) < _MOST_AT_ONCE:
            heapq.heappush(standing, cue.end_ms)
            kept.append(cue)
    return kept
