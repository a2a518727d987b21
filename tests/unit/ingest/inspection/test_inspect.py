from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from matinee.ingest.inspection import inspect
from matinee.ingest.inspection.picture import frame_rate
from matinee.ingest.source import Source
from matinee.ingest.toolchain import installed
from matinee.runtime.errors import Invalid
from matinee.services.jobs.processes import Processes
from matinee.services.jobs.programs import Ended
from matinee.terms.finding import FindingKind

TOOLS = installed()
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=24:duration=4")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=4")
FAST = ("-c:v", "libx264", "-preset", "ultrafast")


def make(path: Path, *arguments: str) -> Path:
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *arguments, f"file:{path}"]
    subprocess.run(command, check=True, timeout=60)
    return path


async def look(path: Path) -> Source:
    return await inspect.inspect(Processes(0), TOOLS, path)


async def sentence(path: Path) -> str:
    with pytest.raises(Invalid) as refused:
        await look(path)
    return refused.value.detail


async def test_a_film_is_described(tmp_path: Path) -> None:
    path = make(tmp_path / "f.mp4", *PICTURE, *TONE, *FAST, "-c:a", "aac", "-metadata:s:a:0", "language=ger")
    found = await look(path)
    assert (found.video.width, found.video.height, found.video.frame_rate) == (320, 180, "24")
    assert abs(found.duration_ms - 4000) < 60
    assert [(track.language, track.channels) for track in found.audio] == [("de", 1)]


async def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "f.mp4"
    path.touch()
    assert await sentence(path) == inspect.EMPTY


@pytest.mark.parametrize(
    "text", ["Dear editor,", "ffconcat version 1.0\nfile /etc/passwd\n", "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"]
)
async def test_text_named_as_a_film(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.mp4"
    path.write_text(text * 50)
    assert await sentence(path) == inspect.UNREADABLE


async def test_a_playlist_never_reads_another_file(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mp4", *PICTURE, *FAST)
    path = tmp_path / "f.mp4"
    path.write_text(f"ffconcat version 1.0\nfile {film}\n")
    assert await sentence(path) == inspect.UNREADABLE


async def test_sound_alone(tmp_path: Path) -> None:
    assert await sentence(make(tmp_path / "f.m4a", *TONE)) == inspect.AUDIO_ONLY


async def test_sound_with_a_cover_is_no_film(tmp_path: Path) -> None:
    cover = make(tmp_path / "c.jpg", *PICTURE, "-frames:v", "1", "-update", "1")
    path = make(
        tmp_path / "f.m4a",
        *TONE,
        "-i",
        str(cover),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
        "-disposition:v:0",
        "attached_pic",
    )
    assert await sentence(path) == inspect.AUDIO_ONLY


@pytest.mark.parametrize("options", [(), ("-movflags", "+faststart")])
async def test_a_file_cut_off(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = make(tmp_path / "f.mp4", *PICTURE, *TONE, *FAST, *options)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert await sentence(path) == inspect.TRUNCATED


async def test_a_matroska_file_cut_off(tmp_path: Path) -> None:
    path = make(tmp_path / "f.mkv", *PICTURE, *TONE, *FAST)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert await sentence(path) == inspect.TRUNCATED


async def test_noise_behind_a_good_header(tmp_path: Path) -> None:
    path = tmp_path / "f.mp4"
    path.write_bytes(bytes(range(256)) * 400)
    assert await sentence(path) == inspect.UNREADABLE


async def test_a_turned_film_is_as_high_as_it_is_shown(tmp_path: Path) -> None:
    flat = make(tmp_path / "flat.mp4", *PICTURE, *FAST)
    turned = make(tmp_path / "f.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy")
    found = await look(turned)
    assert (found.video.width, found.video.height) == (180, 320)


@pytest.mark.parametrize(("suffix", "delay_ms"), [("avi", 83.333), ("mp4", 0.0), ("ts", 0.0)])
async def test_pictures_that_come_out_of_order_are_shown_when_they_should(
    tmp_path: Path, suffix: str, delay_ms: float
) -> None:
    """An AVI file says only when each is decoded."""
    coding = (*FAST, "-bf", "2", "-pix_fmt", "yuv420p")
    found = await look(make(tmp_path / f"f.{suffix}", *PICTURE, *coding))
    assert (found.video.delay_ms, found.video.late_ms) == (delay_ms, 0.0)


async def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    found = await look(make(tmp_path / "f.mp4", *PICTURE, "-vf", "setsar=4/3", *FAST))
    assert (found.video.width, found.video.height, found.video.pixel_aspect) == (427, 180, "4:3")


class Meddling:
    """Runs programs, and lets something happen to the film after the first."""

    def __init__(self, happen: Callable[[], object]) -> None:
        self._programs = Processes(0)
        self._happen = happen
        self._runs = 0

    async def run(self, command: Sequence[str], **more: Any) -> Ended:
        ended = await self._programs.run(command, **more)
        self._runs += 1
        if self._runs == 1:
            self._happen()
        return ended


@pytest.mark.parametrize("how", ["grows", "is cut", "vanishes"])
async def test_a_film_that_changes_while_it_is_read(tmp_path: Path, how: str) -> None:
    path = make(tmp_path / "f.mkv", *PICTURE, *TONE, *FAST)
    data = path.read_bytes()
    happen: dict[str, Callable[[], object]] = {
        "grows": lambda: path.write_bytes(data + b"x"),
        "is cut": lambda: path.write_bytes(data[: len(data) // 2]),
        "vanishes": path.unlink,
    }
    with pytest.raises(Invalid) as refused:
        await inspect.inspect(Meddling(happen[how]), TOOLS, path)
    assert refused.value.detail == inspect.CHANGED


async def test_silent_stretches_are_told_with_their_places(tmp_path: Path) -> None:
    sound = "aevalsrc='not(between(t,3,10)+gt(t,14))*0.1*sin(440*2*PI*t)':sample_rate=48000:duration=20"
    picture = ("-f", "lavfi", "-i", "testsrc2=size=64x36:rate=12:duration=20")
    found = await look(make(tmp_path / "f.mkv", *picture, "-f", "lavfi", "-i", sound, *FAST))
    (silence,) = [finding for finding in found.findings if finding.kind is FindingKind.SILENCE]
    assert (silence.message, silence.mended) == ("The sound is silent at 0:03 and 0:14.", False)
    assert [(round(one.start_ms, -2), round(one.end_ms, -2)) for one in silence.at] == [(3000, 10000), (14000, 20000)]


async def test_each_track_is_measured_for_itself(tmp_path: Path) -> None:
    """All are heard in one reading; none takes another's values."""
    gains = [0.5, 0.05, 0.0, 0.2]
    sounds = [f"sine=frequency=440:duration=4,volume={gain}" for gain in gains]
    inputs = [word for sound in sounds for word in ("-f", "lavfi", "-i", sound)]
    maps = [word for place in range(len(gains) + 1) for word in ("-map", str(place))]
    found = await look(make(tmp_path / "f.mkv", *PICTURE, *inputs, *maps, *FAST, "-c:a", "flac"))
    levels = [track.loudness_lufs for track in found.audio]
    assert levels[2] is None
    assert levels[0] is not None
    assert [round(level - levels[0]) for level in levels if level is not None] == [0, -20, -8]


async def test_a_sound_that_cannot_be_decoded_is_left_out(tmp_path: Path) -> None:
    path = make(
        tmp_path / "f.mkv", *PICTURE, *TONE, *TONE, "-map", "0", "-map", "1", "-map", "2", *FAST, "-c:a", "flac"
    )
    data = path.read_bytes()
    first = data.index(b"A_FLAC")
    path.write_bytes(data[:first] + b"A_XXXX" + data[first + 6 :])
    found = await look(path)
    assert len(found.audio) == 1
    assert FindingKind.EXTRA_SOUND in {finding.kind for finding in found.findings}


async def test_names_that_look_like_something_else(tmp_path: Path) -> None:
    for name in ("-i.mp4", 'it\'s "a" film\n.mp4', "🎬 100%.mp4", "concat:a|b.mp4", "http:x.mp4"):
        assert (await look(make(tmp_path / name, *PICTURE, *FAST))).video.width == 320


@pytest.mark.parametrize(
    ("average", "base", "rate"),
    [
        ("24/1", "24/1", "24"),
        ("24000/1001", "24000/1001", "24000/1001"),
        ("2997/100", "30/1", "30000/1001"),
        ("120/1", "120/1", "60"),
        ("0/0", "90000/1", "30000/512"),
        ("0/0", "0/0", "25"),
        (None, None, "25"),
        ("25/2", "25/2", "25/2"),
    ],
)
def test_frame_rates_are_made_usual(average: str | None, base: str | None, rate: str) -> None:
    found = frame_rate(average, base)
    assert found <= Fraction(60)
    if rate != "30000/512":
        assert found == Fraction(rate)
