"""Small pieces for plucked strings over a held chord, synthesised: Karplus and Strong's string, 1983."""

from __future__ import annotations

import array
import math
import random
import wave
from pathlib import Path

from msgspec import Struct

SAMPLE_RATE = 24000
_LOUDEST = 26000
_RING_S = 2.6
_FADE_S = 1.5


class Piece(Struct, frozen=True):
    """`chords` are MIDI notes, lowest first, each held for `bar_s`; `pattern` are places in the chord, plucked one after
    the other at equal pauses, None a rest. `damping` near 1 rings long."""

    chords: list[list[int]]
    pattern: list[int | None]
    bar_s: float
    damping: float = 0.996
    held: float = 0.22
    seed: int = 1


def write(piece: Piece, seconds: float, path: Path) -> None:
    """Writes the piece as a mono WAV file of this length; the same piece is always the same file."""
    total = int(seconds * SAMPLE_RATE)
    mix = array.array("d", bytes(8 * total))
    noise = random.Random(piece.seed)  # noqa: S311 - music
    pause = piece.bar_s / len(piece.pattern)
    strings: dict[int, list[float]] = {}
    for bar in range(math.ceil(seconds / piece.bar_s)):
        chord = piece.chords[bar % len(piece.chords)]
        begin = bar * piece.bar_s
        _hold(mix, chord, begin, piece)
        for beat, place in enumerate(piece.pattern):
            if place is None:
                continue
            note = chord[place % len(chord)] + 12 * (place // len(chord))
            if note not in strings:
                strings[note] = _pluck(note, piece.damping, noise)
            _add(mix, strings[note], begin + beat * pause, 0.8 if beat % 2 else 1.0)
    _save(mix, path)


def _pluck(note: int, damping: float, noise: random.Random) -> list[float]:
    """A string: a burst of noise that runs round a delay line and is smoothed each time."""
    length = round(SAMPLE_RATE / _hertz(note))
    line = [noise.uniform(-1, 1) for _ in range(length)]
    sound: list[float] = []
    for _ in range(int(_RING_S * SAMPLE_RATE / length)):
        sound += line
        line = [damping * 0.5 * (a + b) for a, b in zip(line, [line[-1], *line[:-1]], strict=True)]
    return sound


def _hold(mix: array.array[float], chord: list[int], begin: float, piece: Piece) -> None:
    """The chord beneath, swelling and fading; one period of each voice is computed and repeated."""
    if piece.held <= 0:
        return
    first, length = int(begin * SAMPLE_RATE), int(piece.bar_s * SAMPLE_RATE)
    swell = [math.sin(math.pi * step / length) ** 2 for step in range(length)]
    for note in chord[:3]:
        period = round(SAMPLE_RATE / _hertz(note - 12))
        turn = 2 * math.pi / period
        shape = [
            math.sin(turn * x) + 0.4 * math.sin(2 * turn * x) + 0.15 * math.sin(3 * turn * x) for x in range(period)
        ]
        for step in range(max(0, min(length, len(mix) - first))):
            mix[first + step] += piece.held * swell[step] * shape[step % period]


def _add(mix: array.array[float], sound: list[float], begin: float, volume: float) -> None:
    first = int(begin * SAMPLE_RATE)
    for step, value in enumerate(sound[: max(0, len(mix) - first)]):
        mix[first + step] += volume * value


def _hertz(note: int) -> float:
    return 440 * 2 ** ((note - 69) / 12)


def _save(mix: array.array[float], path: Path) -> None:
    peak = max(abs(min(mix)), abs(max(mix))) or 1.0
    fade = int(_FADE_S * SAMPLE_RATE)
    total = len(mix)
    samples = array.array(
        "h", (int(value / peak * _LOUDEST * min(1.0, (total - place) / fade)) for place, value in enumerate(mix))
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())
