"""Single notes of several instruments, synthesised."""

from __future__ import annotations

import math
import random
from enum import StrEnum

SAMPLE_RATE = 24000


class Instrument(StrEnum):
    STRING = "string"
    PIANO = "piano"
    MALLET = "mallet"
    BOX = "box"
    SYNTH = "synth"
    FLUTE = "flute"


_PARTIALS: dict[Instrument, tuple[tuple[float, float, float], ...]] = {
    Instrument.PIANO: ((1, 1, 1.4), (2.001, 0.5, 1.9), (3.004, 0.32, 2.6), (4.01, 0.16, 3.6), (6.03, 0.08, 6)),
    Instrument.MALLET: ((1, 1, 5), (3.93, 0.35, 14), (9.2, 0.12, 40)),
    Instrument.BOX: ((1, 0.9, 2.2), (2.0, 0.25, 3), (5.4, 0.22, 7), (8.9, 0.08, 16)),
}
"""Of what is struck: how many times the note's frequency, how loud, how fast it dies away (1/s)."""
_RING_S = {Instrument.STRING: 2.6, Instrument.PIANO: 1.7, Instrument.MALLET: 0.9, Instrument.BOX: 1.8}
_ATTACK = 60
"""Samples."""


def hertz(note: int) -> float:
    """Of a MIDI note."""
    return 440 * 2 ** ((note - 69) / 12)


def sound(instrument: Instrument, note: int, seconds: float, damping: float, chance: random.Random) -> list[float]:
    """One note; those that die away by themselves pay no heed to `seconds`. `damping` is the strings'."""
    match instrument:
        case Instrument.STRING:
            return _pluck(note, damping, chance)
        case Instrument.SYNTH:
            return _synth(note, min(seconds, 1.2))
        case Instrument.FLUTE:
            return _blow(note, seconds, chance)
        case _:
            return _strike(note, _PARTIALS[instrument], _RING_S[instrument])


def _pluck(note: int, damping: float, chance: random.Random) -> list[float]:
    """A string: a burst of noise that runs round a delay line and is smoothed each time (Karplus and Strong, 1983)."""
    length = round(SAMPLE_RATE / hertz(note))
    line = [chance.uniform(-1, 1) for _ in range(length)]
    found: list[float] = []
    for _ in range(int(_RING_S[Instrument.STRING] * SAMPLE_RATE / length)):
        found += line
        line = [damping * 0.5 * (a + b) for a, b in zip(line, [line[-1], *line[:-1]], strict=True)]
    return found


def _strike(note: int, partials: tuple[tuple[float, float, float], ...], ring_s: float) -> list[float]:
    """Partials that each die away."""
    found = [0.0] * int(ring_s * SAMPLE_RATE)
    for times, loud, dying in partials:
        turn = 2 * math.pi * hertz(note) * times / SAMPLE_RATE
        if turn > math.pi:
            continue
        fall, level = math.exp(-dying / SAMPLE_RATE), loud
        for place in range(len(found)):
            found[place] += level * math.sin(turn * place)
            level *= fall
    for place in range(_ATTACK):
        found[place] *= place / _ATTACK
    return found


def _synth(note: int, seconds: float) -> list[float]:
    """Two saws a little apart, through a filter that closes."""
    step, other, low, lower = hertz(note) / SAMPLE_RATE, hertz(note) * 1.006 / SAMPLE_RATE, 0.0, 0.0
    total, found = int(seconds * SAMPLE_RATE), list[float]()
    for place in range(total):
        saw = (place * step) % 1 + (place * other) % 1 - 1
        open_ = 0.04 + 0.4 * math.exp(-place / SAMPLE_RATE * 5)
        low += open_ * (saw - low)
        lower += open_ * (low - lower)
        found.append(lower * min(1.0, place / _ATTACK, (total - place) / 2400) * math.exp(-place / SAMPLE_RATE * 1.6))
    return found


def _blow(note: int, seconds: float, chance: random.Random) -> list[float]:
    """A held tone with breath in it, that begins to waver."""
    total, angle, breath, found = int(seconds * SAMPLE_RATE), 0.0, 0.0, list[float]()
    turn = 2 * math.pi * hertz(note) / SAMPLE_RATE
    for place in range(total):
        at = place / SAMPLE_RATE
        angle += turn * (1 + 0.006 * min(1.0, at * 2) * math.sin(2 * math.pi * 5.2 * at))
        breath += 0.2 * (chance.uniform(-1, 1) - breath)
        tone = math.sin(angle) + 0.22 * math.sin(2 * angle) + 0.07 * math.sin(3 * angle) + 0.12 * breath
        found.append(0.75 * tone * min(1.0, place / 1400, (total - place) / 2600))
    return found
