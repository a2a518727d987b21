from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

PHASES = {"playable": "plays", "improving": "plays; better pictures follow"}


def bar(fraction: float, width: int) -> str:
    """How far something is, drawn `width` characters wide."""
    filled = round(fraction * width)
    return "█" * filled + "·" * (width - filled)


class Progress:
    """One film's progress: a line that is drawn over on a terminal, a line a step elsewhere."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.stdout.isatty():
            print()

    def show(self, doing: str, fraction: float) -> None:
        if sys.stdout.isatty():
            print(f"\r{self._title}: [{bar(fraction, 30)}] {fraction:4.0%} {doing:<30}", end="", flush=True)
        elif doing != self._last:
            print(f"{self._title}: {doing}", flush=True)
        self._last = doing

    def end(self, phase: str) -> None:
        said = PHASES.get(phase, phase)
        print(f"\r{self._title}: {said}{' ' * 70}" if sys.stdout.isatty() else f"{self._title}: {said}", flush=True)
