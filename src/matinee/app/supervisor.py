"""Runs the processes of one machine: restarts with back-off, one log with a colour a process, and all end together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from time import monotonic

from matinee.app import lifeline

GRACE_S = 3.5
FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_S = 0.2, 5.0, 20.0


class Child:
    """One process under supervision. `arguments` follow `python -m matinee`; `say` takes its lines."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: dict[str, str], say: Callable[[str, str], None]
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.pid: int | None = None
        self.restarts = 0
        self._environment = environment
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def run(self, lifeline_fd: int) -> None:
        """Keeps the child running until `stop`."""
        pause = FIRST_PAUSE_S
        while not self._stopping:
            began = monotonic()
            code = await self._once(lifeline_fd)
            if self._stopping:
                return
            if monotonic() - began > STEADY_S:
                pause = FIRST_PAUSE_S
            self._say(self.name, f"ended ({_ending(code)}); starting it again in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
            self.restarts += 1

    async def once(self, lifeline_fd: int) -> int:
        """Runs the child to its end; its exit code."""
        return await self._once(lifeline_fd)

    async def stop(self) -> None:
        """Asks it to end, and ends it after the grace."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            process.send_signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(GRACE_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _once(self, lifeline_fd: int) -> int:
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "matinee",
            *self.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**self._environment, lifeline.VARIABLE: str(lifeline_fd)},
            pass_fds=(lifeline_fd,),
            start_new_session=True,
        )
        self.pid = process.pid
        assert process.stdout is not None  # noqa: S101
        async for line in _lines(process.stdout):
            self._say(self.name, line)
        return await process.wait()


class Supervisor:
    """Holds the children and the write end of their lifeline."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self._read, self._write = os.pipe()
        os.set_inheritable(self._read, True)  # noqa: FBT003
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(child.run(self._read), name=child.name) for child in self.children]

    async def once(self, child: Child) -> int:
        """Runs one more child to its end, under the same lifeline."""
        self.children.append(child)
        return await child.once(self._read)

    async def stop(self) -> None:
        await asyncio.gather(*(child.stop() for child in self.children))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        os.close(self._write)
        os.close(self._read)


async def _lines(stream: asyncio.StreamReader) -> AsyncGenerator[str]:
    """The lines of a stream, however long: what passes the buffer comes in pieces."""
    while True:
        try:
            line = await stream.readline()
        except ValueError:
            line = await stream.read(65536)
        if not line:
            return
        yield line.decode("utf-8", "replace").rstrip()


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
