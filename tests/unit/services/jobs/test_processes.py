from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from matinee.runtime.errors import Unavailable
from matinee.services.jobs.confinement import REPORT, faults
from matinee.services.jobs.processes import Processes
from matinee.services.jobs.programs import Bounds

Eventually = Callable[..., Awaitable[None]]


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_output_and_the_end_of_errors_are_kept(tmp_path: Path) -> None:
    code = "import os,sys; print(os.getcwd()); [print('e', n, file=sys.stderr) for n in range(99)]; sys.exit(3)"
    ended = await Processes().run([sys.executable, "-c", code], folder=tmp_path)
    assert (ended.code, ended.output.decode().strip()) == (3, str(tmp_path))
    assert ended.errors.splitlines()[-1] == "e 98"
    assert len(ended.errors.splitlines()) <= 41


async def test_lines_are_heard_as_they_come() -> None:
    lines: list[str] = []
    await Processes().run([sys.executable, "-c", "print('a'); print('b')"], on_line=lines.append)
    assert lines == ["a", "b"]


async def test_a_program_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await Processes().run(["/no/such/program"])


async def test_a_cancelled_run_takes_its_children_with_it(eventually: Eventually) -> None:
    pids: list[int] = []
    code = (
        "import subprocess, sys, time, os\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(os.getpid()); print(child.pid, flush=True); time.sleep(60)"
    )
    running = asyncio.create_task(
        Processes(0).run([sys.executable, "-c", code], on_line=lambda line: pids.append(int(line)))
    )
    await eventually(lambda: len(pids) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await eventually(lambda: all(gone(pid) for pid in pids))


async def test_a_killed_worker_takes_its_program_with_it(eventually: Eventually) -> None:
    code = (
        "import asyncio, sys\n"
        "from matinee.services.jobs.processes import Processes\n"
        "program = [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(60)']\n"
        "asyncio.run(Processes().run(program, on_line=lambda line: print(line, flush=True)))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        program = int(worker.stdout.readline())
        assert not gone(program)
        os.kill(worker.pid, signal.SIGKILL)
        await eventually(lambda: gone(program))


async def test_a_program_is_niced_limited_and_without_network() -> None:
    ended = await Processes().run([sys.executable, "-c", REPORT])
    assert ended.code == 0, ended.errors
    found = faults(ended.output.decode())
    assert [fault for fault in found if "network" not in fault] == []
    here = subprocess.run([sys.executable, "-c", REPORT], capture_output=True, text=True, check=True).stdout
    assert len(faults(here)) == 3


async def test_a_program_that_takes_too_much_memory_ends_alone() -> None:
    code = "import sys; kept = bytearray(300_000_000); print('took it')"
    ended = await Processes().run([sys.executable, "-c", code], bounds=Bounds(memory_mb=100))
    assert (ended.code, ended.output, ended.last_words) == (1, b"", "MemoryError")
    ended = await Processes().run([sys.executable, "-c", code], bounds=Bounds(memory_mb=900))
    assert ended.output == b"took it\n"


async def test_a_program_that_writes_too_large_a_file_ends(tmp_path: Path) -> None:
    command = ["dd", "if=/dev/zero", "of=big", "bs=1M", "count=8"]
    ended = await Processes().run(command, folder=tmp_path, bounds=Bounds(file_mb=2))
    assert ended.last_words == "it wrote a larger file than it may"
    assert (tmp_path / "big").stat().st_size <= 2_000_000
    ended = await Processes().run(command, folder=tmp_path, bounds=Bounds(file_mb=20))
    assert ended.code == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_program_that_was_killed_gave_no_answer(number: signal.Signals) -> None:
    code = f"import os; print('half an answer', flush=True); os.kill(os.getpid(), {number.value})"
    with pytest.raises(Unavailable, match="was stopped"):
        await Processes().run([sys.executable, "-c", code])
