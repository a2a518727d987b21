"""Programs as child processes of this one: confined, each in a process group of its own, dead when this process is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shlex
import signal
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from matinee.runtime.errors import Unavailable
from matinee.services.jobs.confinement import Confinement
from matinee.services.jobs.programs import USUAL, Bounds, Ended

_log = logging.getLogger(__name__)
_ERROR_LINES = 40
_LONGEST_LINE = 1 << 20


_KILLED = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})
"""Ends that come from outside and say nothing about the film."""


class Processes:
    def __init__(self, niceness: int = 10) -> None:
        self._niceness = niceness

    async def run(
        self,
        command: Sequence[str],
        *,
        folder: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        on_error: Callable[[str], None] | None = None,
        bounds: Bounds = USUAL,
    ) -> Ended:
        where = f"cd {shlex.quote(str(folder))} && " if folder else ""
        _log.debug("%s%s", where, shlex.join(command))
        child = await self._start(command, folder, Confinement(self._niceness, bounds))
        try:
            output, errors = await asyncio.gather(_output(child, on_line), _tail(child, on_error))
            ended = Ended(await child.wait(), output, errors)
        finally:
            await asyncio.shield(_end(child))
        if ended.code in _KILLED:
            raise Unavailable(f"{Path(command[0]).name} was stopped: {ended.last_words}")
        return ended

    async def _start(
        self, command: Sequence[str], folder: Path | None, confinement: Confinement
    ) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        try:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=pipe,
                stderr=pipe,
                cwd=folder,
                limit=_LONGEST_LINE,
                start_new_session=True,
                preexec_fn=confinement,  # nothing else dies with its parent
            )
        except OSError as error:
            raise Unavailable(f"{Path(command[0]).name} cannot be started: {error.strerror}") from error


async def _output(child: asyncio.subprocess.Process, on_line: Callable[[str], None] | None) -> bytes:
    assert child.stdout is not None  # noqa: S101 - a pipe was asked for
    if on_line is None:
        return await child.stdout.read()
    async for line in child.stdout:
        on_line(line.decode(errors="replace").rstrip())
    return b""


async def _tail(child: asyncio.subprocess.Process, on_error: Callable[[str], None] | None) -> str:
    """The last lines of stderr; a longer pipe would hold the program up, so all of it is read."""
    assert child.stderr is not None  # noqa: S101 - a pipe was asked for
    lines: deque[str] = deque(maxlen=_ERROR_LINES)
    rest = b""
    while block := await child.stderr.read(65536):
        *whole, rest = (rest + block[-_LONGEST_LINE:]).split(b"\n")
        for line in whole:
            lines.append(line.decode(errors="replace"))
            if on_error is not None:
                on_error(lines[-1])
    if rest:
        lines.append(rest.decode(errors="replace"))
    return "\n".join(lines)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()
