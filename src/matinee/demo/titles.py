"""Opening titles and end cards."""

from __future__ import annotations

from msgspec import Struct

from matinee.demo.drawing import HEIGHT, WIDTH, Point, Script
from matinee.demo.letters import word

_CARD_S = 2.6
_VEIL_S = 1.5


class Type(Struct, frozen=True):
    """How a film sets its titles: colour, stroke and space as parts of a letter."""

    colour: str
    weight: float = 0.42
    apart: float = 0.0


def show(
    script: Script, span: tuple[float, float], text: str, middle: Point, height: float, kind: Type, fade_ms: int = 900
) -> None:
    """A line of capitals that comes and goes."""
    tags = f"\\fad({fade_ms},{fade_ms})\\blur0.6"
    script.add(95, *span, kind.colour, word(text, middle, height, kind.weight, kind.apart), tags)


def end(
    script: Script,
    seconds: float,
    text: str,
    kind: Type,
    ground: str = "000000",
    middle: Point = (WIDTH / 2, HEIGHT / 2),
) -> None:
    """The picture fades before the part's end after `seconds`; a last line stands for a moment."""
    script.veil(seconds - _CARD_S - _VEIL_S, seconds - _CARD_S, ground, into=True)
    script.veil(seconds - _CARD_S, seconds, ground)
    show(script, (seconds - _CARD_S - 0.2, seconds), text, middle, 30, kind, 500)
