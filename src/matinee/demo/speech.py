"""A voice, made of buzz and hiss through the resonances of a throat: formant synthesis, as in Klatt's of 1980.

What is said is written in sounds, parted by spaces: English ones by their ARPABET names, German ones beside them (`ue`, `oe`,
`ach`, `ich`, `rr`). `'` before a vowel stresses it, `.` is a pause.
"""

from __future__ import annotations

import math
import random

from msgspec import Struct

from matinee.demo.instruments import SAMPLE_RATE

_FRAME = 96
"""Samples for which a throat keeps its shape."""
_BLEND_S = 0.045
_HIGH = ((3400.0, 250.0), (4200.0, 300.0))
_BANDS = (70.0, 100.0, 150.0)
_LOUDEST = 0.95
_BRIGHT, _LIPS, _HISS = 0.7, 0.82, 0.75
"""How sharply the cords close, how much the lips favour what is high, and how loud breath is beside the voice."""


class Speaker(Struct, frozen=True):
    """`pitch` in Hz, `size` of the throat (below 1 higher voices), `pace` above 1 speaks slower; `even` 1 never rises or falls."""

    pitch: float
    size: float = 1.0
    pace: float = 1.0
    even: float = 0.0


class _Sound(Struct, frozen=True):
    """Three resonances in Hz, how much buzz and hiss, the hiss's middle and width in Hz, how long it lasts."""

    formants: tuple[float, float, float]
    buzz: float
    seconds: float
    hiss: float = 0.0
    middle: float = 0.0
    width: float = 1200.0


def _vowel(first: float, second: float, third: float, seconds: float = 0.11) -> _Sound:
    return _Sound((first, second, third), 1.0, seconds)


def _hissed(middle: float, hiss: float, seconds: float, *, buzz: float = 0.0, width: float = 1200.0) -> _Sound:
    return _Sound((320, 1500, 2500), buzz, seconds, hiss, middle, width)


_SILENCE = _Sound((400, 1500, 2500), 0.0, 0.05)
_SOUNDS: dict[str, _Sound] = {
    "iy": _vowel(280, 2250, 2950), "ih": _vowel(400, 1950, 2550, 0.08), "eh": _vowel(540, 1800, 2500, 0.09),
    "ey": _vowel(400, 2150, 2700), "ae": _vowel(680, 1700, 2450), "aa": _vowel(740, 1150, 2500, 0.13),
    "ah": _vowel(640, 1200, 2400, 0.08), "ao": _vowel(560, 880, 2450, 0.12), "ow": _vowel(450, 880, 2350, 0.12),
    "uh": _vowel(430, 1050, 2300, 0.08), "uw": _vowel(310, 850, 2250), "er": _vowel(470, 1320, 1650),
    "ax": _vowel(500, 1450, 2450, 0.055), "ue": _vowel(290, 1750, 2200), "oe": _vowel(420, 1500, 2250),
    "w": _Sound((300, 650, 2200), 0.7, 0.06), "y": _Sound((270, 2200, 3000), 0.7, 0.05),
    "r": _Sound((380, 1150, 1500), 0.7, 0.06), "rr": _Sound((480, 1150, 2300), 0.5, 0.06, 0.12, 1200),
    "l": _Sound((340, 1150, 2700), 0.7, 0.06), "m": _Sound((260, 1050, 2200), 0.45, 0.075),
    "n": _Sound((260, 1500, 2450), 0.45, 0.065), "ng": _Sound((260, 1900, 2600), 0.45, 0.075),
    "v": _hissed(5000, 0.10, 0.055, buzz=0.4, width=3500), "dh": _hissed(5200, 0.08, 0.045, buzz=0.45, width=3500),
    "z": _hissed(5600, 0.30, 0.07, buzz=0.35), "f": _hissed(5200, 0.16, 0.085, width=4500),
    "th": _hissed(5400, 0.16, 0.08, width=4500), "s": _hissed(5900, 0.75, 0.095),
    "zh": _hissed(2900, 0.35, 0.07, buzz=0.4), "sh": _hissed(2900, 1.3, 0.10),
    "ich": _hissed(3500, 0.7, 0.08), "ach": _hissed(1500, 1.0, 0.085), "h": _hissed(1400, 0.5, 0.05, width=2500),
    "p": _hissed(900, 0.5, 0.022, width=1500), "t": _hissed(4300, 0.6, 0.028, width=2200),
    "k": _hissed(2000, 0.8, 0.032, width=1000), "b": _hissed(700, 0.3, 0.018, buzz=0.5, width=1500),
    "d": _hissed(3800, 0.35, 0.02, buzz=0.5, width=2200), "g": _hissed(1900, 0.4, 0.022, buzz=0.5, width=1000),
    ".": _Sound((400, 1500, 2500), 0.0, 0.22),
}  # fmt: skip
_CLOSED = {"p": 0.0, "t": 0.0, "k": 0.0, "b": 0.12, "d": 0.12, "g": 0.12}
"""The buzz while the mouth is shut before it bursts open."""


def lasts(speaker: Speaker, spoken: str) -> float:
    """Seconds. Raises KeyError for a sound that nobody can say."""
    return sum(sound.seconds for name in spoken.split() for sound, _ in _steps(name, speaker.pace))


class _Frame(Struct, frozen=True):
    formants: tuple[float, float, float]
    buzz: float
    hiss: float
    middle: float
    width: float
    pitch: float


def say(speaker: Speaker, spoken: str) -> list[float]:
    """The voice, its loudest moment just below 1."""
    chance = random.Random(5)  # noqa: S311 - breath
    throat, noise = [_Resonator() for _ in range(len(_BANDS) + len(_HIGH))], _Resonator()
    found, phase, low, last, breath = list[float](), 0.0, 0.0, 0.0, 0.0
    for frame in _frames(speaker, spoken):
        shapes = [*zip(frame.formants, _BANDS, strict=True), *_HIGH]
        for resonator, (middle, width) in zip(throat, shapes, strict=True):
            resonator.tune(middle / speaker.size, width)
        noise.tune(max(400.0, frame.middle), frame.width, level=True)
        for _ in range(_FRAME):
            phase = (phase + frame.pitch / SAMPLE_RATE) % 1
            before, breath = breath, chance.uniform(-1, 1)
            low += _BRIGHT * (_pulse(phase) + 0.03 * breath - low)
            value = low * frame.buzz
            for resonator in throat:
                value = resonator.pass_(value)
            found.append(value - _LIPS * last + _HISS * frame.hiss * noise.pass_(breath - before))
            last = value
    peak = max(map(abs, found), default=1.0) or 1.0
    return [_LOUDEST * value / peak for value in found]


class _Resonator:
    """A resonance of second order: it lets zero frequency through as it is, or where it is `level` its own."""

    def __init__(self) -> None:
        self._a = self._b = self._c = 0.0
        self._one = self._two = 0.0

    def tune(self, middle: float, width: float, *, level: bool = False) -> None:
        ring = math.exp(-math.pi * width / SAMPLE_RATE)
        self._c = -ring * ring
        self._b = 2 * ring * math.cos(2 * math.pi * middle / SAMPLE_RATE)
        self._a = 1 - self._b - self._c
        if level:
            turn = 4 * math.pi * middle / SAMPLE_RATE
            self._a = (1 - ring) * math.sqrt(1 - 2 * ring * math.cos(turn) + ring * ring)

    def pass_(self, value: float) -> float:
        value = self._a * value + self._b * self._one + self._c * self._two
        self._one, self._two = value, self._one
        return value


def _pulse(phase: float) -> float:
    """The flow through the cords, as its slope: they open slowly and fall shut."""
    if phase < 0.4:
        return math.sin(math.pi * phase / 0.4) * 0.5
    return -math.sin(math.pi * (phase - 0.4) / 0.16) * 1.2 if phase < 0.56 else 0.0


def _frames(speaker: Speaker, spoken: str) -> list[_Frame]:
    steps = [step for name in spoken.split() for step in _steps(name, speaker.pace)]
    total, done, found = sum(sound.seconds for sound, _ in steps), 0.0, list[_Frame]()
    for place, (sound, stressed) in enumerate(steps):
        after = steps[min(place + 1, len(steps) - 1)][0]
        count = max(1, round(sound.seconds * SAMPLE_RATE / _FRAME))
        for number in range(count):
            at = sound.seconds * number / count
            near = max(0.0, 1 - (sound.seconds - at) / min(_BLEND_S, sound.seconds)) if count > 1 else 0.0
            fall = 1 + (1 - speaker.even) * (0.12 - 0.26 * (done + at) / total + (0.13 if stressed else 0.0))
            found.append(_blend(sound, after, 0.5 * near, speaker.pitch * fall))
        done += sound.seconds
    return found


def _steps(name: str, pace: float) -> list[tuple[_Sound, bool]]:
    plain, stressed = name.lstrip("'"), name.startswith("'")
    sound = _SOUNDS[plain]
    longer = _Sound(
        sound.formants,
        sound.buzz,
        sound.seconds * pace * (1.35 if stressed else 1.0),
        sound.hiss,
        sound.middle,
        sound.width,
    )
    if plain not in _CLOSED:
        return [(longer, stressed)]
    return [(_Sound(_SILENCE.formants, _CLOSED[plain], _SILENCE.seconds * pace), stressed), (longer, stressed)]


def _blend(one: _Sound, other: _Sound, part: float, pitch: float) -> _Frame:
    def between(first: float, second: float) -> float:
        return first + (second - first) * part

    first, second, third = (between(a, b) for a, b in zip(one.formants, other.formants, strict=True))
    buzz, hiss = between(one.buzz, other.buzz), between(one.hiss, other.hiss)
    return _Frame((first, second, third), buzz, hiss, one.middle, one.width, pitch)
