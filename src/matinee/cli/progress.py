from __future__ import annotations

import sys
from types import TracebackType
from typing import Self


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

    def show(self, step: str, fraction: float) -> None:
        if sys.stdout.isatty():
            filled = round(fraction * 30)
            print(
                f"\r{self._title}: [{'█' * filled}{'·' * (30 - filled)}] {fraction:4.0%} {step:<12}", end="", flush=True
            )
        elif step != self._last:
            print(f"{self._title}: {step}", flush=True)
        self._last = step

    def end(self, phase: str) -> None:
        print(f"\r{self._title}: {phase}{' ' * 50}" if sys.stdout.isatty() else f"{self._title}: {phase}", flush=True)
