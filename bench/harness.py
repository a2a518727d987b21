"""What benchmarks share: peers that are started and stopped, CPU time of a process, interleaved rounds, the JSON line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

SERVER_CPU, CLIENT_CPU = {0}, {1}


class Missing(SystemExit):
    """A peer or a tool is not installed: the benchmark says which, and ends."""


def needed(program: str, package: str) -> str:
    """The program's path. Raises Missing."""
    found = shutil.which(program)
    if found is None:
        raise Missing(f"{program} is not installed; on Debian: apt-get install {package}")
    return found


def version(*command: str) -> str:
    """What the program answers of its version to this command."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr)
    return found[0] if found else "?"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def pin(cpus: set[int]) -> None:
    """Keeps a process and its children on these processors, where there are that many."""
    if len(os.sched_getaffinity(0)) > 1 or len(psutil.Process().cpu_affinity() or []) > 1:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cpus)


class Peer:
    """A server under measurement, with its children, on the server's processor."""

    def __init__(self, name: str, command: Sequence[str], port: int, log: Path, **environment: str) -> None:
        self.name = name
        self.port = port
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: pin(SERVER_CPU),  # noqa: PLW1509 - one system call
                env={**os.environ, **environment},
            )
        self._log = log

    def wait_until_up(self, within_s: float = 20.0) -> None:
        """Raises RuntimeError with the log's end."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_s(self) -> float:
        """Seconds of processor time so far, of the process and its living children."""
        total = 0.0
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self._process.pid)
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    total += times.user + times.system
        return total

    def stop(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


@contextlib.contextmanager
def running(peers: Sequence[Peer]) -> Iterator[None]:
    """All of them up; all of them ended afterwards."""
    try:
        for peer in peers:
            peer.wait_until_up()
        yield
    finally:
        for peer in peers:
            peer.stop()


def per_cpu_second(peer: Peer, work: Callable[[], float]) -> float:
    """The work that was done for each second of the server's processor time."""
    before = peer.cpu_s()
    done = work()
    return done / max(0.001, peer.cpu_s() - before)


class Rounds:
    """Interleaved: in each round every subject is measured once, so that a busy moment meets them all."""

    def __init__(self) -> None:
        self._ratios: dict[str, list[float]] = {}

    def ratio(self, figure: str, ours: float, peer: float) -> None:
        self._ratios.setdefault(figure, []).append(ours / peer)

    def value(self, figure: str, measured: float) -> None:
        self._ratios.setdefault(figure, []).append(measured)

    def ratios_of(self, measured: str, figure: str, peer: float) -> None:
        """The ratios of what was measured as `measured` to a peer's one published figure."""
        self._ratios[figure] = [value / peer for value in self._ratios[measured]]

    def report(self, name: str, peers: Mapping[str, str]) -> None:
        """The last line: one JSON object of medians and spreads."""
        figures = {figure: round(statistics.median(all_), 3) for figure, all_ in self._ratios.items()}
        spread = {figure: [round(min(all_), 3), round(max(all_), 3)] for figure, all_ in self._ratios.items()}
        sys.stdout.flush()
        print(json.dumps({"name": name, "figures": figures, "spread": spread, "peers": dict(peers)}))
