"""What a film of the demo is, before it is made."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from matinee.demo.drawing import HEIGHT, WIDTH, Script
from matinee.demo.music import Piece
from matinee.demo.sky import Sky
from matinee.demo.speech import Speaker
from matinee.ingest.contract import InSeries, Protection
from matinee.ingest.subtitles.cue import Cue
from matinee.terms.title import Metadata


class Shot(Struct, frozen=True):
    """A film's part between two cuts. `draw` counts its time from its begin; the sky turns into `later` meanwhile."""

    seconds: float
    sky: Sky
    draw: Callable[[Script], None]
    later: Sky | None = None
    chapter: str = ""


class Line(Struct, frozen=True):
    """What is said or read from `start` to `end` in seconds; `spoken` are its sounds (speech.py), none where it is only read."""

    start: float
    end: float
    text: str
    spoken: str = ""


class DemoFilm(Struct, frozen=True):
    """A film that can be made. `lines` are by language: subtitles, and with a `speaker` a track of sound for each.
    The scene is drawn for `width` by `height`; the picture is `fine` times that many pixels across and down."""

    name: str
    metadata: Metadata
    shots: list[Shot]
    music: Piece
    lines: dict[str, list[Line]] = {}
    speaker: Speaker | None = None
    width: int = WIDTH
    height: int = HEIGHT
    fine: float = 1.0
    protection: Protection = Protection.SIGNED
    episode: InSeries | None = None

    @property
    def seconds(self) -> float:
        return sum(shot.seconds for shot in self.shots)

    def script(self) -> Script:
        """The whole film's picture but for its skies."""
        script, begin = Script(), 0.0
        for shot in self.shots:
            shot.draw(script.part(begin, begin + shot.seconds))
            begin += shot.seconds
        return script

    def cues(self, language: str) -> list[Cue]:
        return [Cue(round(line.start * 1000), round(line.end * 1000), line.text) for line in self.lines[language]]

    def chapters(self) -> list[tuple[float, str]]:
        """The times at which they begin, and their names."""
        begins = [sum(shot.seconds for shot in self.shots[:place]) for place in range(len(self.shots))]
        return [(begin, shot.chapter) for begin, shot in zip(begins, self.shots, strict=True) if shot.chapter]
