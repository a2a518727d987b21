"""Programs that steps start: encoders, packagers, probes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from matinee.runtime.disk import says_full


class Bounds(Struct, frozen=True):
    """What a program may take: `memory_mb` of data (None: three quarters of the machine's), `file_mb` in any one file."""

    memory_mb: int | None = None
    file_mb: int | None = None


USUAL = Bounds()


class Ended(Struct, frozen=True):
    """How a program ended: `code` is below zero where a signal of that number did. `output` is what it wrote where no one
    read it line by line, `errors` the end of its stderr."""

    code: int
    output: bytes
    errors: str

    @property
    def last_words(self) -> str:
        """Why it stopped, as it says itself: the last line of its errors."""
        lines = self.errors.strip().splitlines()
        if self.code < 0 and -self.code in _STOPPED:
            return _STOPPED[-self.code]
        return lines[-1][:300] if lines else "it gave no reason"

    @property
    def disk_full(self) -> bool:
        """Whether the disk took no more of what it wrote."""
        return says_full(self.errors)


_STOPPED: dict[int, str] = {
    signal.SIGXFSZ: "it wrote a larger file than it may",
    signal.SIGKILL: "it was killed, as the system does when memory runs out",
    signal.SIGSEGV: "it crashed",
    signal.SIGABRT: "it crashed",
}


class Programs(Protocol):
    async def run(
        self,
        command: Sequence[str],
        *,
        folder: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        on_error: Callable[[str], None] | None = None,
        bounds: Bounds = USUAL,
    ) -> Ended:
        """Runs one program in `folder` to its end; `on_line` gets each line of its output, `on_error` each of its errors.

        It runs behind everything else, within its bounds, and without network where the system allows that. The program
        dies with the caller: when the call is cancelled, and when the calling process is killed. Raises Unavailable when
        the program cannot be started, and when someone else killed it: that says nothing about what it worked on.
        """
        ...
