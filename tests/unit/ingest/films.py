"""Tiny films for tests, made by ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

from matinee.ingest.toolchain import installed

TOOLS = installed()


def film(
    path: Path, *options: str, seconds: float = 3, size: str = "320x180", rate: str = "24", sound: bool = True
) -> Path:
    """A moving picture with a tone; `options` stand before the output's name."""
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"]
    if sound:
        inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=44100:duration={seconds}"]
    run(*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", *options, f"file:{path}")
    return path


def run(*arguments: str) -> None:
    """Runs ffmpeg, which must succeed."""
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
