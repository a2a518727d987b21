"""Capital letters drawn with one stroke width, for titles: what we ship has no font."""

from __future__ import annotations

import math
from itertools import pairwise

from matinee.demo.drawing import Point, circle, stroke

HEIGHT = 6.0
_GAP = 2.2
_SPACE = 3.0

_LETTERS: dict[str, tuple[float, str]] = {
    "A": (4, "0,6 2,0 4,6|0.8,3.9 3.2,3.9"),
    "B": (3.4, "0,0 0,6|0,0 1.8,0 @1.8,1.45,1.45,-90,90 0,2.9|0,2.9 1.8,2.9 @1.8,4.45,1.55,-90,90 0,6"),
    "C": (4.4, "@3,3,3,-50,-310"),
    "D": (4.2, "0,0 0,6|0,0 1.2,0 @1.2,3,3,-90,90 0,6"),
    "E": (3, "3,0 0,0 0,6 3,6|0,2.9 2.5,2.9"),
    "F": (3, "3,0 0,0 0,6|0,2.9 2.5,2.9"),
    "G": (4.8, "@3,3,3,-50,-360 3.4,3"),
    "H": (3.8, "0,0 0,6|3.8,0 3.8,6|0,2.9 3.8,2.9"),
    "I": (0.2, "0.1,0 0.1,6"),
    "J": (2.6, "2.6,0 2.6,4.7 @1.3,4.7,1.3,0,180"),
    "K": (3.6, "0,0 0,6|3.4,0 0,3.6|1.2,2.5 3.6,6"),
    "L": (2.8, "0,0 0,6 2.8,6"),
    "M": (4.8, "0,6 0.4,0 2.4,4.2 4.4,0 4.8,6"),
    "N": (3.8, "0,6 0,0 3.8,6 3.8,0"),
    "O": (6, "@3,3,3,0,360"),
    "P": (3.4, "0,6 0,0 1.8,0 @1.8,1.6,1.6,-90,90 0,3.2"),
    "Q": (6, "@3,3,3,0,360|3.8,4 6,6.4"),
    "R": (3.6, "0,6 0,0 1.8,0 @1.8,1.6,1.6,-90,90 0,3.2|1.6,3.2 3.6,6"),
    "S": (3, "@1.5,1.45,1.45,-30,-270|@1.5,4.45,1.55,-90,150"),
    "T": (3.6, "0,0 3.6,0|1.8,0 1.8,6"),
    "U": (3.8, "0,0 0,4.1 @1.9,4.1,1.9,180,0 3.8,0"),
    "V": (4, "0,0 2,6 4,0"),
    "W": (5.6, "0,0 1.4,6 2.8,1.2 4.2,6 5.6,0"),
    "X": (3.8, "0,0 3.8,6|3.8,0 0,6"),
    "Y": (3.8, "0,0 1.9,3.1 3.8,0|1.9,3.1 1.9,6"),
    "Z": (3.6, "0,0 3.6,0 0,6 3.6,6"),
    "0": (4, "0,2 0,4 @2,4,2,180,0 4,2 @2,2,2,0,-180"),
    "1": (1.6, "0,1.4 1.6,0 1.6,6"),
    "2": (3.4, "@1.7,1.7,1.7,-170,35 0,6 3.4,6"),
    "3": (3.4, "@1.6,1.5,1.5,-150,90|1.4,3 1.6,3 @1.6,4.45,1.55,-90,150"),
    "7": (3.4, "0,0 3.4,0 1.2,6"),
    "9": (3.4, "@1.7,1.7,1.7,0,360 3.2,3 1.6,6"),
    ".": (0.3, "0.1,5.9 0.2,6"),
    ",": (0.5, "0.4,5.7 0,6.9"),
    "'": (0.3, "0.2,0 0,1.4"),
    "-": (2, "0,3.1 2,3.1"),
}
"""Width, and strokes parted by bars: points `x,y` and arcs `@x,y,radius,from,to` in degrees clockwise from the right."""


def width(text: str) -> float:
    """The width of a line of text whose letters are six high."""
    return sum(_advance(letter) for letter in text) - _GAP


def word(text: str, middle: Point, height: float, weight: float = 0.42, apart: float = 0.0) -> list[str]:
    """The shapes of a line of capitals around its middle; `apart` is more space between them, as parts of a stroke's grid."""
    scale = height / HEIGHT
    wide = width(text) + apart * (len(text) - 1)
    left, top = middle[0] - wide * scale / 2, middle[1] - height / 2
    shapes: list[str] = []
    for letter in text:
        if letter in _LETTERS:
            for line in _strokes(_LETTERS[letter][1]):
                placed = [(left + x * scale, top + y * scale) for x, y in line]
                shapes += [stroke(a, b, weight * scale) for a, b in pairwise(placed)]
                shapes += [circle(x, y, weight * scale / 2) for x, y in placed]
        left += (_advance(letter) + apart) * scale
    return shapes


def _advance(letter: str) -> float:
    return (_LETTERS[letter][0] if letter in _LETTERS else _SPACE - _GAP) + _GAP


def _strokes(drawn: str) -> list[list[Point]]:
    return [[point for part in line.split() for point in _points(part)] for line in drawn.split("|")]


def _points(part: str) -> list[Point]:
    if not part.startswith("@"):
        x, y = map(float, part.split(","))
        return [(x, y)]
    x, y, radius, start, end = map(float, part[1:].split(","))
    steps = max(2, round(abs(end - start) / 9))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]
