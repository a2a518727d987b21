"""Small pieces: a pattern over chords, a melody, a held chord beneath, wind. Computed, and the same each time."""

from __future__ import annotations

import array
import math
import random
import wave
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from matinee.demo.instruments import SAMPLE_RATE, Instrument, hertz, sound

_LOUDEST = 26000
_FADE_S = 1.5
_DUCKED = 0.4
_DUCKING_S = 0.35

Mix: TypeAlias = "array.array[float]"


class Piece(Struct, frozen=True):
    """`chords` are MIDI notes, lowest first, each held for `bar_s`; `pattern` are places in the chord, struck one after
    the other at equal pauses, None a rest. `melody` are (note or rest, parts of a bar), from bar `enters` on, again and
    again. `damping` near 1 rings long."""

    chords: list[list[int]]
    pattern: list[int | None]
    bar_s: float
    instrument: Instrument = Instrument.STRING
    damping: float = 0.996
    held: float = 0.22
    melody: list[tuple[int | None, float]] = []
    lead: Instrument = Instrument.FLUTE
    enters: int = 0
    loud: float = 0.5
    wind: float = 0.0
    seed: int = 1


def play(piece: Piece, seconds: float) -> Mix:
    """The piece at this length, its loudest moment 1; the same piece always sounds the same."""
    mix = array.array("d", bytes(8 * int(seconds * SAMPLE_RATE)))
    chance = random.Random(piece.seed)  # noqa: S311 - music
    for bar in range(math.ceil(seconds / piece.bar_s)):
        _hold(mix, piece.chords[bar % len(piece.chords)], bar * piece.bar_s, piece)
    _pattern(mix, piece, seconds, chance)
    _melody(mix, piece, seconds, chance)
    _even(mix)
    _blow(mix, piece.wind, chance)
    _even(mix)
    return mix


def under(score: Mix, said: list[tuple[float, list[float]]]) -> Mix:
    """The piece with voices over it, for which it makes room."""
    mix = array.array("d", score)
    ducking = int(_DUCKING_S * SAMPLE_RATE)
    for begin, voice in said:
        first = int(begin * SAMPLE_RATE)
        for place in range(max(0, first - ducking), min(len(mix), first + len(voice) + ducking)):
            near = min(1.0, (place - first + ducking) / ducking, (first + len(voice) + ducking - place) / ducking)
            mix[place] *= 1 - (1 - _DUCKED) * near
        _add(mix, voice, begin, 0.75)
    return mix


def save(mix: Mix, path: Path) -> None:
    """As a mono WAV file that fades at its end."""
    peak = max(abs(min(mix)), abs(max(mix))) or 1.0
    fade, total = int(_FADE_S * SAMPLE_RATE), len(mix)
    samples = array.array(
        "h", (int(value / peak * _LOUDEST * min(1.0, (total - place) / fade)) for place, value in enumerate(mix))
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def _pattern(mix: Mix, piece: Piece, seconds: float, chance: random.Random) -> None:
    pause, known = piece.bar_s / len(piece.pattern), dict[int, list[float]]()
    for number in range(math.ceil(seconds / pause)):
        bar, beat = divmod(number, len(piece.pattern))
        chord, place = piece.chords[bar % len(piece.chords)], piece.pattern[beat]
        if place is None:
            continue
        note = chord[place % len(chord)] + 12 * (place // len(chord))
        if note not in known:
            known[note] = sound(piece.instrument, note, 4 * pause, piece.damping, chance)
        _add(mix, known[note], number * pause, 0.8 if beat % 2 else 1.0)


def _melody(mix: Mix, piece: Piece, seconds: float, chance: random.Random) -> None:
    at, known = piece.enters * piece.bar_s, dict[tuple[int, float], list[float]]()
    while piece.melody and at < seconds:
        for note, part in piece.melody:
            if note is not None and at < seconds:
                if (note, part) not in known:
                    known[note, part] = sound(piece.lead, note, part * piece.bar_s, piece.damping, chance)
                _add(mix, known[note, part], at, piece.loud)
            at += part * piece.bar_s


def _hold(mix: Mix, chord: list[int], begin: float, piece: Piece) -> None:
    """The chord beneath, swelling and fading; one period of each voice is computed and repeated."""
    if piece.held <= 0:
        return
    first, length = int(begin * SAMPLE_RATE), int(piece.bar_s * SAMPLE_RATE)
    swell = [math.sin(math.pi * step / length) ** 2 for step in range(length)]
    for note in chord[:3]:
        period = round(SAMPLE_RATE / hertz(note - 12))
        turn = 2 * math.pi / period
        shape = [
            math.sin(turn * x) + 0.4 * math.sin(2 * turn * x) + 0.15 * math.sin(3 * turn * x) for x in range(period)
        ]
        for step in range(max(0, min(length, len(mix) - first))):
            mix[first + step] += piece.held * swell[step] * shape[step % period]


def _blow(mix: Mix, loud: float, chance: random.Random) -> None:
    """Wind: noise through two filters that gusts open."""
    if loud <= 0:
        return
    low = slow = 0.0
    for place in range(len(mix)):
        at = place / SAMPLE_RATE
        gust = 0.5 + 0.3 * math.sin(at * 0.9) + 0.2 * math.sin(at * 2.3 + 1)
        low += (0.02 + 0.06 * gust) * (chance.random() * 2 - 1 - low)
        slow += 0.004 * (low - slow)
        mix[place] += loud * 3 * gust * (low - slow)


def _add(mix: Mix, tone: list[float], begin: float, volume: float) -> None:
    first = int(begin * SAMPLE_RATE)
    for step, value in enumerate(tone[: max(0, len(mix) - first)]):
        mix[first + step] += volume * value


def _even(mix: Mix) -> None:
    peak = max(abs(min(mix)), abs(max(mix))) or 1.0
    for place, value in enumerate(mix):
        mix[place] = value / peak
