"""Mended pictures and sound, measured: a film made of known colours and levels must come out as those."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from msgspec import structs

from matinee.ingest.encoding import mends
from matinee.ingest.inspection import inspect
from matinee.ingest.source import Audio, Source, Video
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes

TOOLS = installed()
COLOURS = {
    "red": (255, 0, 0),
    "lime": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
    "gray": (128, 128, 128),
}
LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:lossless=1")


def make(path: Path, *arguments: str) -> Path:
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *arguments, f"file:{path}"]
    subprocess.run(command, check=True, timeout=60)
    return path


def patches(*after: str) -> tuple[str, ...]:
    """Five stripes of known colours, 64 by 36 each."""
    stripes = ";".join(f"color={name}:size=64x36:rate=24:duration=0.5,format=gbrp[{name}]" for name in COLOURS)
    return ("-f", "lavfi", "-i", f"{stripes};{''.join(f'[{name}]' for name in COLOURS)}hstack=5,{','.join(after)}")


async def mended(path: Path) -> list[tuple[int, int, int]]:
    """The middle of each stripe, as a screen of BT.709 shows it."""
    source = await inspect.inspect(Processes(0), TOOLS, path)
    ffmpeg = TOOLS.wide_ffmpeg if mends.needs_wide(source) else TOOLS.ffmpeg
    out = path.with_name("out.mp4")
    graph = f"[0:{source.video.index}]{','.join(mends.picture(source))},fps=24,scale=320:36,setsar=1[v]"
    command = [
        ffmpeg,
        "-v",
        "error",
        "-y",
        "-i",
        str(path),
        "-filter_complex",
        graph,
        "-map",
        "[v]",
        *LOSSLESS,
        str(out),
    ]
    subprocess.run(command, check=True, timeout=60)
    tags = "pix_fmt,color_range,color_space,color_transfer,color_primaries"
    told = [TOOLS.ffprobe, "-v", "error", "-show_entries", f"stream={tags}", "-of", "csv=p=0", str(out)]
    assert (
        subprocess.run(told, check=True, capture_output=True, text=True).stdout.strip()
        == "yuv420p,tv,bt709,bt709,bt709"
    )
    show = "scale=in_color_matrix=bt709:in_range=limited:out_range=full,format=rgb24"
    command = [TOOLS.ffmpeg, "-v", "error", "-i", str(out), "-frames:v", "1", "-vf", show, "-f", "rawvideo", "-"]
    frame = subprocess.run(command, check=True, capture_output=True).stdout
    at = [(18 * 320 + 64 * place + 32) * 3 for place in range(len(COLOURS))]
    return [(frame[start], frame[start + 1], frame[start + 2]) for start in at]


@pytest.mark.parametrize(
    ("name", "after", "coding"),
    [
        (
            "601",
            "scale=out_color_matrix=bt601:out_range=limited,format=yuv420p,setparams=colorspace=smpte170m",
            LOSSLESS,
        ),
        (
            "unsaid",
            "scale=out_color_matrix=bt601:out_range=limited,format=yuv420p,setparams=colorspace=unknown",
            LOSSLESS,
        ),
        ("709", "scale=out_color_matrix=bt709:out_range=limited,format=yuv420p,setparams=colorspace=bt709", LOSSLESS),
        (
            "full",
            "scale=out_color_matrix=bt709:out_range=full,format=yuv420p,setparams=colorspace=bt709:range=pc",
            LOSSLESS,
        ),
        ("444", "scale=out_color_matrix=bt709:out_range=limited,format=yuv444p,setparams=colorspace=bt709", LOSSLESS),
        ("rgb", "format=gbrp", ("-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0")),
        ("10", "scale=out_color_matrix=bt709:out_range=limited,format=yuv420p10,setparams=colorspace=bt709", LOSSLESS),
        ("12", "scale=out_color_matrix=bt709:out_range=limited,format=yuv422p12,setparams=colorspace=bt709", HEVC),
        ("mjpeg", "scale=out_color_matrix=bt601:out_range=full,format=yuvj444p", ("-c:v", "mjpeg", "-q:v", "1")),
        (
            "2020",
            "zscale=pin=bt709:tin=bt709:min=gbr:rin=full:p=bt2020:t=bt709:m=bt2020nc:r=limited,format=yuv420p10",
            HEVC,
        ),
    ],
)
async def test_colours_come_out_as_they_were(tmp_path: Path, name: str, after: str, coding: tuple[str, ...]) -> None:
    found = await mended(make(tmp_path / f"{name}.mkv", *patches(after), *coding))
    for seen, meant in zip(found, COLOURS.values(), strict=True):
        assert max(abs(a - b) for a, b in zip(seen, meant, strict=True)) <= 9, (seen, meant)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
async def test_high_range_is_pressed_into_what_screens_show(tmp_path: Path, transfer: str) -> None:
    """Its colours keep their kind, its greys stay grey, and white paper (203 nits, BT.2408) is bright."""
    after = f"zscale=pin=bt709:tin=bt709:min=gbr:rin=full:p=bt2020:t={transfer}:m=bt2020nc:r=limited:npl=203,format=yuv420p10"
    red, lime, blue, white, gray = await mended(make(tmp_path / "f.mkv", *patches(after), *HEVC))
    assert red[0] > 3 * max(red[1:])
    assert lime[1] > 1.5 * max(lime[0], lime[2])
    assert blue[2] > 2 * max(blue[:2])
    assert max(white) - min(white) <= 6
    assert max(gray) - min(gray) <= 6
    assert 150 <= white[1] <= 250
    assert 60 <= gray[1] <= 160


async def test_half_pictures_become_whole_ones(tmp_path: Path) -> None:
    """A bar that moves sideways stands at two places in an interlaced frame, as a comb, and at one afterwards."""
    bar = "color=black:size=320x180:rate=50:duration=2[b];color=white:size=40x180:rate=50[w];[b][w]overlay=x=4*n:shortest=1"
    coding = ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2", "-pix_fmt", "yuv420p")
    for order in ("top", "bottom"):
        weave = f"tinterlace=interleave_{order},fieldorder={order[0]}ff"
        path = make(tmp_path / f"{order}.mpg", "-f", "lavfi", "-i", bar, "-vf", weave, *coding)
        source = await inspect.inspect(Processes(0), TOOLS, path)
        assert (source.video.interlaced, source.video.bottom_first) == (True, order == "bottom")
        plain = structs.replace(source, video=structs.replace(source.video, interlaced=False))
        assert comb(path, plain) > 4 * comb(path, source)


async def test_a_telecined_films_own_pictures_are_restored(tmp_path: Path) -> None:
    bar = "color=gray:s=320x180:r=24000/1001[b];color=white:s=40x120:r=24000/1001[c];[b][c]overlay=x=6*n:y=30,trim=end_frame=40"
    lossless = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p")
    film = make(tmp_path / "film.mkv", "-filter_complex", bar, *lossless)
    spread = make(tmp_path / "spread.mkv", "-i", str(film), "-vf", "telecine=first_field=bottom", *lossless)
    source = await inspect.inspect(Processes(0), TOOLS, spread)
    assert source.video.telecined
    restored = grey(spread, ",".join([*mends.picture(source), "fps=24000/1001:start_time=0"]))
    own = grey(film, "null")
    assert len(own) - 1 <= len(restored) <= len(own) == 40  # what ends within a frame has no other half
    for place, frame in enumerate(restored[:-1]):
        off = [sum(abs(a - b) for a, b in zip(frame, each, strict=True)) / len(frame) for each in own]
        assert off[place] == min(off) < 4 < sorted(off)[1]


def grey(path: Path, graph: str) -> list[bytes]:
    """Each frame, small."""
    small = f"{graph},scale=80:45,format=gray"
    command = [TOOLS.ffmpeg, "-v", "error", "-i", str(path), "-vf", small, "-f", "rawvideo", "-"]
    found = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return [found[at : at + 3600] for at in range(0, len(found), 3600)]


def comb(path: Path, source: Source) -> float:
    """How much neighbouring lines of the tenth frame differ, after the mends."""
    graph = ",".join([*mends.picture(source), "select=eq(n\\,10)", "format=gray"])
    command = [TOOLS.ffmpeg, "-v", "error", "-i", str(path), "-vf", graph, "-frames:v", "1", "-f", "rawvideo", "-"]
    frame = subprocess.run(command, check=True, capture_output=True).stdout
    assert len(frame) == source.video.width * source.video.height
    pairs = zip(frame, frame[source.video.width :], strict=False)
    return sum(abs(a - b) for a, b in pairs) / len(frame)


def test_a_plain_film_costs_nothing(plain: Source) -> None:
    assert mends.picture(plain) == ["format=yuv420p", mends.picture(plain)[-1]]
    assert not mends.needs_wide(plain)


@pytest.fixture
def plain() -> Source:
    return Source(1000, 1, "mp4", Video(0, "h264", 1920, 1080, "24", 1000, space="bt709", pixel_format="yuv420p"))


def measured(path: Path) -> tuple[float, float]:
    """Loudness and true peak, by ffmpeg's own summary."""
    command = [TOOLS.ffmpeg, "-nostdin", "-i", str(path), "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return float(re.findall(r"I: +(\S+) LUFS", said)[-1]), float(re.findall(r"Peak: +(\S+) dBFS", said)[-1])


@pytest.mark.parametrize(
    ("sound", "channels"),
    [
        ("sine=frequency=440:duration=6,volume=0.5,aformat=channel_layouts=mono", 2),
        ("anoisesrc=d=6:c=pink:a=0.7:seed=1,aformat=channel_layouts=stereo", 2),
        ("anoisesrc=d=6:c=pink:a=0.1:seed=1,aformat=channel_layouts=5.1", 2),
        ("anoisesrc=d=6:c=pink:a=0.1:seed=1,aformat=channel_layouts=5.1", 6),
        ("anoisesrc=d=6:c=pink:a=0.1:seed=1,aformat=channel_layouts=7.1", 2),
        ("aevalsrc='0.03*sin(440*2*PI*t)+0.9*sin(3000*2*PI*t)*lt(mod(t,1),0.01)':d=6:s=44100", 2),
    ],
)
async def test_every_sound_comes_out_at_the_target(tmp_path: Path, sound: str, channels: int) -> None:
    still = ("-f", "lavfi", "-i", "color=gray:size=64x36:rate=24:duration=6")
    path = make(tmp_path / "f.mkv", *still, "-f", "lavfi", "-i", sound, *LOSSLESS, "-c:a", "flac")
    track = (await inspect.inspect(Processes(0), TOOLS, path)).audio[0]
    out = make(
        tmp_path / "out.wav",
        "-i",
        str(path),
        "-map",
        f"0:{track.index}",
        "-af",
        ",".join(mends.sound(track, -24, channels)),
    )
    loudness, peak = measured(out)
    assert abs(loudness + 24) <= 0.6
    assert peak <= -1.8
    told = [TOOLS.ffprobe, "-v", "error", "-show_entries", "stream=channels", "-of", "csv=p=0", str(out)]
    assert int(subprocess.run(told, check=True, capture_output=True).stdout) == channels


async def test_the_limiter_moves_no_sound(tmp_path: Path) -> None:
    """A click at one second is where it was."""
    click = "aevalsrc='between(t,1,1.02)*sin(1000*2*PI*t)+0.01*sin(300*2*PI*t)':d=3:s=48000"
    path = make(tmp_path / "f.wav", "-f", "lavfi", "-i", click)
    track = Audio(0, "pcm_s16le", 1, 48000, loudness_lufs=-32.0, true_peak_db=0.0)
    filters = mends.sound(track, -24)
    assert any("alimiter" in step for step in filters)
    command = [TOOLS.ffmpeg, "-v", "error", "-i", str(path), "-af", ",".join(filters), "-ac", "1", "-f", "s16le", "-"]
    data = memoryview(subprocess.run(command, check=True, capture_output=True).stdout).cast("h")
    first = next(place for place, value in enumerate(data) if abs(value) > 8000)
    assert abs(first / 48000 - 1) < 0.002


def test_what_is_silent_stays_so() -> None:
    assert mends.sound(Audio(0, "aac", 2, 48000), -24) == [mends.FOLD]


def test_a_track_at_the_target_is_left_alone() -> None:
    assert mends.sound(Audio(0, "aac", 2, 48000, loudness_lufs=-24.02, true_peak_db=-8), -24) == [mends.FOLD]


def test_what_is_hardly_there_is_not_blown_up() -> None:
    assert "volume=24.00dB" in mends.sound(Audio(0, "aac", 2, 48000, loudness_lufs=-65, true_peak_db=-60), -24)
