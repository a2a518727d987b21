"""Players that are installed on this machine, each with what it needs to play as fast as it can, without a screen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

MPV = ("--no-config", "--vo=null", "--ao=null", "--ao-null-untimed=yes", "--untimed")
MPV_SAYS = ("--msg-level=all=v,statusline=status", "--term-status-msg=at=${=time-pos}\n")
_COMPLAINT = re.compile(r"\[f\]\[|\[e\]\[(?!ffmpeg\] http: Cannot reuse HTTP connection)|HTTP error")
"""Whoever goes from one appliance to another needs another connection."""

_LOST_RACE = "Couldn't download fragments"
"""GStreamer 1.22 says so of a track of one segment which it has read before it knows where to show it: once in ten times,
and twice in three on a busy machine."""

_TRIED_S = 40.0

_BUFFER = re.compile(r"last-message = chain .*\((\w+):sink\).* pts: (\d+):(\d+):([\d.]+), duration: \d+:\d+:([\d.]+)")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """At least as fast as it can; never longer than a minute."""
    known = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=known)


def needs(program: str, package: str) -> str:
    """Where the program is; skipped by name where it is not installed."""
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not installed; on Debian: apt install {package}")
    return found


def mpv(url: str, home: Path, *options: str) -> float:
    """Plays to the end, and tells which second of the film came last."""
    program = needs("mpv", "mpv")
    report = home / "mpv.log"
    done = run(program, *MPV, *MPV_SAYS, *options, f"--log-file={report}", url, HOME=str(home))
    said = report.read_text(errors="replace")
    assert done.returncode == 0, f"{done.returncode}: {said[-3000:]}"
    complaints = [line for line in said.splitlines() if _COMPLAINT.search(line)]
    assert not complaints, complaints
    return max(float(at) for at in re.findall(r"at=(\d[\d.]*)", done.stdout + done.stderr))


def gstreamer(url: str, home: Path) -> dict[str, float]:
    """Plays to the end, and tells where the `pictures` and the `sounds` ended, in seconds."""
    program = needs(
        "gst-launch-1.0", "gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav"
    )
    sinks = [
        f"{kind}-sink=fakesink sync=false silent=false name={name}"
        for kind, name in (("video", "pictures"), ("audio", "sounds"))
    ]
    command = [program, "-v", "-e", "playbin3", f"uri={url}", *sinks]
    done = run(*command, HOME=str(home))
    tried_until = time.monotonic() + _TRIED_S
    while _LOST_RACE in done.stdout + done.stderr and time.monotonic() < tried_until:
        done = run(*command, HOME=str(home))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Got EOS from element" in done.stdout
    assert "ERROR" not in done.stdout + done.stderr
    ends: dict[str, float] = {}
    for name, hours, minutes, seconds, lasting in _BUFFER.findall(done.stdout):
        end = int(hours) * 3600 + int(minutes) * 60 + float(seconds) + float(lasting)
        ends[name] = max(ends.get(name, 0.0), end)
    return ends
