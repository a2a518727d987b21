"""Programs that steps start: encoders, packagers, probes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct


class Ended(Struct, frozen=True):
    """How a program ended. `output` is what it wrote where no one read it line by line, `errors` the end of its stderr."""

    code: int
    output: bytes
    errors: str

    @property
    def last_words(self) -> str:
        """Why it stopped, as it says itself: the last line of its errors."""
        lines = self.errors.strip().splitlines()
        return lines[-1][:300] if lines else "it gave no reason"


class Programs(Protocol):
    async def run(
        self, command: Sequence[str], *, folder: Path | None = None, on_line: Callable[[str], None] | None = None
    ) -> Ended:
        """Runs one program in `folder` to its end; `on_line` gets each line of its output.

        The program dies with the caller: when the call is cancelled, and when the calling process is killed. Raises
        Unavailable when the program cannot be started.
        """
        ...
