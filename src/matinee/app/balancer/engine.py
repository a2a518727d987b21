"""The programs that balance: what each is called with, and how it takes a new configuration."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from matinee.app.balancer import haproxy, nginx
from matinee.app.balancer.plan import Plan
from matinee.runtime.errors import Invalid, Unavailable

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_ELSEWHERE = "/usr/local/sbin:/usr/sbin:/sbin"
_END_WITHIN_S = 5.0


class Program(Struct, frozen=True):
    """`check` and `run` follow the program's path and end before the configuration's. On the signal `reload` new processes take
    the new configuration and the listening sockets, and the old ones end what they have; on `drain` all end so."""

    name: str
    configuration: Callable[[Plan], str]
    check: Sequence[str]
    run: Sequence[str]
    reload: signal.Signals
    drain: signal.Signals


PROGRAMS = {
    "haproxy": Program("haproxy", haproxy.configuration, ["-c", "-f"], ["-W", "-f"], signal.SIGUSR2, signal.SIGUSR1),
    "nginx": Program("nginx", nginx.configuration, ["-t", "-q", "-c"], ["-c"], signal.SIGHUP, signal.SIGQUIT),
}


def choose(asked: str = "", search: str | None = None) -> tuple[Program, str]:
    """The program and its path: the one that is asked for, else the first that is installed. Raises Unavailable."""
    path = search if search is not None else f"{os.environ.get('PATH', os.defpath)}:{_ELSEWHERE}"
    for name in [asked] if asked else PROGRAMS:
        found = shutil.which(name, path=path)
        if found is not None:
            return PROGRAMS[name], found
    if asked:
        raise Unavailable(f"{asked} is not installed; on Debian: apt-get install {asked}")
    raise Unavailable(
        "neither haproxy nor nginx is installed; on Debian: apt-get install haproxy (or take the text of --print elsewhere)"
    )


class Engine:
    """One balancer program under our care."""

    def __init__(self, program: Program, path: str, folder: Path) -> None:
        self._program = program
        self._path = path
        self._folder = folder
        self._file = folder / f"{program.name}.cfg"
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def run(self, text: str) -> None:
        """Runs the program; returns when it was stopped. Raises Invalid where it refuses the configuration, Unavailable when it
        ends by itself."""
        if self._stopping:
            await asyncio.Event().wait()
        await self._adopt(text)
        process = self._process = await asyncio.create_subprocess_exec(
            self._path,
            *self._program.run,
            str(self._file),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        assert process.stderr is not None  # noqa: S101
        said = asyncio.create_task(_say(process.stderr, self._program.name))
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                await self.stop(0)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its workers would keep the port, were it killed
            said.cancel()
            await asyncio.gather(said, return_exceptions=True)
        if not self._stopping:
            raise Unavailable(f"{self._program.name} ended with exit code {code}")

    async def reload(self, text: str) -> None:
        """The new configuration from now on; connections that are there go on under the old one. Raises Invalid where the program
        refuses it: then the old one stays."""
        await self._adopt(text)
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(self._program.reload)

    async def stop(self, within_s: float) -> None:
        """Takes no new connection; what is under way has so long to end. It is not run again."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.send_signal(self._program.drain)
        for number, most_s in ((signal.SIGTERM, within_s), (signal.SIGKILL, _END_WITHIN_S)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(most_s):
                    await process.wait()
            if process.returncode is not None:
                return
            process.send_signal(number)
        await process.wait()

    async def _adopt(self, text: str) -> None:
        """Puts the text where the program reads it, if the program takes it."""
        draft = self._file.with_suffix(".new")
        draft.write_text(text)
        draft.chmod(0o600)
        checking = await asyncio.create_subprocess_exec(
            self._path,
            *self._program.check,
            str(draft),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await checking.communicate()
        if checking.returncode:
            raise Invalid(f"{self._program.name} refuses the configuration: {_last_words(said)}")
        draft.rename(self._file)


async def _say(stream: asyncio.StreamReader, name: str) -> None:
    async for line in stream:
        text = line.decode("utf-8", "replace").strip()
        if text:
            log.info("%s: %s", name, text)


def _last_words(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return " ".join(lines[-3:])[:500] or "it does not say why"


def _die_with_parent() -> None:
    """However this process ends, the program does too: two generations would share one port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
