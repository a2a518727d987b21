"""What whoever follows the registry does alike: watch it, and remember what was told last."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from matinee.runtime.errors import MatineeError
from matinee.services.registry.contract import Observe

WAIT_S = 20.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0

T = TypeVar("T")


class Told(Protocol):
    @property
    def cursor(self) -> int: ...


N = TypeVar("N", bound=Told)


async def watch(
    observe: Callable[[Observe], Awaitable[N]], hear: Callable[[N], None], away: Callable[[MatineeError], None]
) -> None:
    """Until it is cancelled, `hear` is told what is new. `away` is told once why nothing can be; then all is asked for anew."""
    cursor, pause = -1, _FIRST_PAUSE_S
    while True:
        try:
            told = await observe(Observe(cursor, 0 if cursor < 0 else WAIT_S))
        except MatineeError as error:
            if cursor >= 0:
                away(error)
            cursor = -1
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
            continue
        pause = _FIRST_PAUSE_S
        cursor = told.cursor
        hear(told)


class Memory(Generic[T]):
    """A file of what was told last, for the next start; `kind` is any type of msgspec."""

    def __init__(self, file: Path, kind: type[T]) -> None:
        self._file = file
        self._kind = kind

    def read(self) -> T | None:
        """None where there is nothing that can be read."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=self._kind)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def write(self, told: T) -> None:
        """Whole or not at all; on a full disk not at all: what is in memory counts."""
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            draft.write_bytes(msgspec.json.encode(told))
            draft.rename(self._file)
