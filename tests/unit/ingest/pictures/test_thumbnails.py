from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from matinee.ingest.pictures import thumbnails
from matinee.ingest.source import Source, Video
from matinee.ingest.toolchain import installed
from matinee.runtime.errors import MatineeError
from matinee.services.jobs.processes import Processes
from matinee.terms.thumbnails import Thumbnails

TOOLS = installed()


def rung(path: Path, graph: str, seconds: float) -> Path:
    command = [TOOLS.ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", graph, "-t", str(seconds)]
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "24", "-sc_threshold", "0"]
    subprocess.run([*command, *encoder, str(path)], check=True, timeout=60)
    return path


async def sheets_of(low: Path, seconds: float, size: tuple[int, int], into: Path) -> Thumbnails:
    duration_ms = round(seconds * 1000)
    source = Source(duration_ms, 1, "mp4", Video(0, "h264", *size, "12", duration_ms))
    return await thumbnails.make(Processes(0), TOOLS, low, source, into)


def red_at(sheet: Path, of: Thumbnails, place: int) -> int:
    """How red the picture at one place of a sheet is."""
    row, column = divmod(place, of.columns)
    part = f"crop={of.width // 2}:{of.height // 2}:{(column + 0.25) * of.width}:{(row + 0.25) * of.height}"
    command = [TOOLS.ffmpeg, "-v", "error", "-i", str(sheet), "-vf", f"{part},scale=1:1,format=rgb24"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], check=True, capture_output=True, timeout=60).stdout
    return raw[0]


async def test_each_picture_shows_its_moment_and_sheets_reach_to_the_end(tmp_path: Path) -> None:
    """The film gets redder: black at its start, red at its end."""
    graph = "color=black:s=160x90:r=12,geq=r='255*T/66':g=0:b=0,format=yuv420p"
    low, into = rung(tmp_path / "low.mp4", graph, 66), tmp_path / "thumbnails"
    into.mkdir()
    found = await sheets_of(low, 66, (160, 90), into)
    assert (found.width, found.height, found.interval_ms, found.sheets) == (240, 136, 2000, 2)
    assert sorted(path.name for path in into.iterdir()) == ["00001.jpg", "00002.jpg", "main.m3u8", "thumbnails.vtt"]
    for place in (0, 10, 20, 29):
        assert red_at(into / "00001.jpg", found, place) == pytest.approx(255 * place * 2 / 66, abs=12)
    assert red_at(into / "00002.jpg", found, 2) == pytest.approx(255 * 64 / 66, abs=12)
    assert red_at(into / "00002.jpg", found, 29) > 230, "past the end the last picture stands"
    largest = max(path.stat().st_size for path in into.glob("*.jpg"))
    assert found.bandwidth_bps >= largest * 8 / 60


async def test_an_upright_film_has_upright_pictures_and_one_frame_is_enough(tmp_path: Path) -> None:
    low = rung(tmp_path / "low.mp4", "testsrc2=s=90x160:r=12", 0.08)
    found = await sheets_of(low, 0.08, (90, 160), tmp_path)
    assert (found.width, found.height, found.sheets) == (136, 240, 1)


async def test_what_is_no_film_has_no_thumbnails(tmp_path: Path) -> None:
    low = tmp_path / "low.mp4"
    low.write_bytes(b"not a film")
    with pytest.raises(MatineeError, match="No thumbnails"):
        await sheets_of(low, 10, (160, 90), tmp_path)
