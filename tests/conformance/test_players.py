"""Players that nobody here wrote play the signed URLs of a session, as they stand in its answer, to the end."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from players import gstreamer, mpv, needs, run

from installation import FILM_S, FRAME_RATE, Installation, Person, Playing
from matinee.ingest.toolchain import installed

TOOLS = installed()
FRAMES = FILM_S * FRAME_RATE
FORMS = ["hls", "dash"]


@pytest.fixture(scope="module")
def playing(house: Installation, resident: Person) -> Playing:
    return resident.play(house.titles["all"]["id"])


def url(playing: Playing, form: str) -> str:
    return playing.hls_url if form == "hls" else playing.dash_url


def ffmpeg() -> dict[str, str]:
    """The one that films are read with, and Debian's where it is installed."""
    return {"packaged": TOOLS.wide_ffmpeg, "of Debian": shutil.which("ffmpeg") or ""}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", ffmpeg())
def test_ffmpeg_plays_every_picture_and_every_sound(playing: Playing, form: str, which: str) -> None:
    """All renditions at once, HLS's of both pathways: one that it may drop it stops reading inside a segment, and then it complains
    of that, of its own HLS too."""
    program = ffmpeg()[which] or needs("ffmpeg", "ffmpeg")
    command = [program, "-v", "error", "-nostdin", "-i", url(playing, form), "-map", "0:v", "-map", "0:a"]
    done = run(*command, "-f", "framecrc", "-")
    assert (done.returncode, done.stderr) == (0, "")
    kinds = dict(re.findall(r"^#media_type (\d+): (\w+)", done.stdout, re.MULTILINE))
    rates = {
        stream: int(rate) / int(unit)
        for stream, unit, rate in re.findall(r"^#tb (\d+): (\d+)/(\d+)", done.stdout, re.MULTILINE)
    }
    frames = [line.split(",") for line in done.stdout.splitlines() if not line.startswith("#")]
    for stream, kind in kinds.items():
        own = [frame for frame in frames if frame[0] == stream]
        begin_s, last = int(own[0][2]) / rates[stream], own[-1]
        end_s = (int(last[2]) + int(last[3])) / rates[stream]
        assert (begin_s, end_s) == (pytest.approx(0, abs=0.05), pytest.approx(FILM_S, abs=0.1)), kind
        assert kind != "video" or len(own) == FRAMES
    assert sorted(kinds.values()) == sorted(["audio", "video"] * (2 if form == "hls" else 1))


@pytest.mark.parametrize("form", FORMS)
def test_ffmpeg_goes_to_a_moment_in_the_middle(playing: Playing, form: str, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-ss", "5", "-i", url(playing, form)]
    done = run(*command, "-map", "0:v:0", "-frames:v", "1", "-update", "1", str(picture))
    assert (done.returncode, done.stderr) == (0, "")
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("form", FORMS)
def test_ffmpeg_with_a_changed_token_plays_nothing(playing: Playing, form: str) -> None:
    tampered = url(playing, form)[:-1] + ("A" if not url(playing, form).endswith("A") else "B")
    done = run(TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-i", tampered, "-f", "null", "-")
    assert done.returncode != 0
    assert "403" in done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_mpv_plays_to_the_end(playing: Playing, form: str, tmp_path: Path) -> None:
    assert mpv(url(playing, form), tmp_path) == pytest.approx(FILM_S, abs=0.15)


@pytest.mark.parametrize("form", FORMS)
def test_gstreamer_plays_to_the_end(playing: Playing, form: str, tmp_path: Path) -> None:
    ends = gstreamer(url(playing, form), tmp_path)
    assert (ends["pictures"], ends["sounds"]) == (pytest.approx(FILM_S, abs=0.15), pytest.approx(FILM_S, abs=0.15))
