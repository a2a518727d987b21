"""`matinee jobs` on a house that runs the table of jobs alone."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from house import eventually, matinee, short_folder
from msgspec.structs import replace
from rich.console import Console

from matinee.app.process import Process
from matinee.cli import jobs
from matinee.cli.options import ask
from matinee.services.jobs.contract import (
    Finish,
    Heartbeat,
    Job,
    Jobs,
    JobState,
    Lease,
    Reason,
    Step,
    Submit,
    Task,
    TaskState,
)

T = TypeVar("T")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = short_folder()
    command = [sys.executable, "-m", "matinee", "serve", "jobs", "--home", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
        eventually(lambda: matinee("jobs", "--home", folder).returncode == 0)
        yield folder
        served.send_signal(signal.SIGTERM)
    shutil.rmtree(folder)


def asked(home: Path, work: Callable[[Jobs], Coroutine[Any, Any, T]]) -> T:
    async def inside(process: Process) -> T:
        found = await work(process.client(Jobs))
        await process.close()
        return found

    return ask(home, inside)


def job_of(home: Path, title: str, *steps: Step) -> Job:
    message = Submit(title, "ingest", "ttl_1", title, list(steps), {"title": title, "filename": "f.mp4"})
    return asked(home, lambda jobs: jobs.submit(message))


def taken(home: Path, group: str) -> str:
    return asked(home, lambda jobs: jobs.lease(Lease("w", group, ["do"], 0))).lease


def shown(home: Path, *arguments: str) -> str:
    ended = matinee("jobs", *arguments, "--home", home)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_jobs_are_listed_with_step_progress_and_reason(home: Path) -> None:
    job = job_of(home, "Metropolis [1]", Step("look", "do"), Step("rungs.0", "do"), Step("rungs.1", "do", weight=2))
    lease = taken(home, "Metropolis [1]")
    asked(home, lambda jobs: jobs.finish(Finish(lease, Reason.NORMAL)))
    second = taken(home, "Metropolis [1]")
    asked(home, lambda jobs: jobs.heartbeat(Heartbeat(second, 0.5, "half way")))
    rows = shown(home).splitlines()
    row = next(number for number, line in enumerate(rows) if "Metropolis [1]" in line)
    assert re.search(rf"{job.id[-8:]} +Metropolis \[1\] +running +█+·+ +38%", rows[row])
    assert [line.strip() for line in rows[row + 1 : row + 3]] == ["making better pictures 0/2", "half way"]
    told = shown(home, "show", job.id[-8:])
    assert "running, 38%" in told
    assert re.search(r"^rungs +making better pictures +running +0/2 ", told, re.MULTILINE)
    assert re.search(r"^  rungs\.0 +half way +running ", told, re.MULTILINE)


def test_tables_fit_a_terminal_of_80_characters() -> None:
    message = "Waits for 3.2 GB of free memory and 4.1 GB of free disk on a worker."
    runs = [
        Task(f"t{n}", f"rungs.{n}", "do", TaskState.STARTED, None, 2, 0.4, message, {}, None, None) for n in (0, 11)
    ]
    data = {"title": "Nosferatu, eine Symphonie des Grauens: the whole of it"}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    job = Job("job_1234567890", "k", "ingest", "t", "g", JobState.ACCEPTED, None, message, 0.4, data, runs, at, 1)
    for table in (jobs._table([replace(job, eta_s=86_000)]), jobs._steps(job)):
        drawn = io.StringIO()
        Console(file=drawn, width=80).print(table)
        text = drawn.getvalue()
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text
        assert "making better pictures" in text


def test_a_job_is_paused_resumed_canceled_and_tried_again(home: Path) -> None:
    job = job_of(home, "Faust", Step("a", "do", retries=0), Step("b", "do", after=["a"]))
    assert shown(home, "pause", job.id) == "Faust: paused\n"
    assert taken(home, "Faust") == ""
    assert shown(home, "resume", job.id) == "Faust: waiting\n"
    lease = taken(home, "Faust")
    asked(home, lambda jobs: jobs.finish(Finish(lease, Reason.FAILED, "No luck.")))
    assert "failed" in shown(home, "--all")
    told = shown(home, "show", job.id)
    assert "failed, 0%: No luck." in told
    assert "a, try 1: failed: No luck." in told
    assert shown(home, "retry", job.id, "--step", "a") == "Faust: running\n"
    assert shown(home, "cancel", job.id) == "Faust: canceled: It was canceled.\n"
    refused = matinee("jobs", "retry", job.id, "--home", home)
    assert (refused.returncode, refused.stderr) == (1, "matinee: Only a job that failed can be tried again.\n")


def test_an_unknown_job_is_one_sentence(home: Path) -> None:
    for asked_for in ("nosuch", "job_none"):
        refused = matinee("jobs", "show", asked_for, "--home", home)
        assert refused.returncode == 1
        assert refused.stderr.startswith("matinee: ")
        assert len(refused.stderr.splitlines()) == 1


def test_what_changes_is_watched(home: Path) -> None:
    command = ["env", "--default-signal=INT", sys.executable, "-m", "matinee", "jobs", "--watch", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        job = job_of(home, "Nosferatu", Step("a", "do"))
        lines: list[str] = []
        for line in watching.stdout:
            lines.append(line.strip())
            if line.startswith(f"{job.id[-8:]} Nosferatu: waiting"):
                lease = taken(home, "Nosferatu")
                asked(home, lambda jobs, lease=lease: jobs.finish(Finish(lease, Reason.NORMAL)))
            if line.startswith(f"{job.id[-8:]} Nosferatu: done"):
                break
        os.kill(watching.pid, signal.SIGINT)
        assert watching.wait(10) == 130


def test_without_a_house_it_says_so(tmp_path: Path) -> None:
    refused = matinee("jobs", "--home", tmp_path)
    assert refused.returncode == 1
    assert "not running" in refused.stderr


def test_help_names_every_command() -> None:
    told = matinee("jobs", "--help").stdout
    for word in ("show", "cancel", "retry", "pause", "resume", "--watch", "--all"):
        assert word in told
