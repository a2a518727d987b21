"""A film in several files plays as one: as long as all together, and each part's flash and beep where they belong."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from films import AAC, FLASH_S, H264_420, beep, ffmpeg, lit
from test_corpus import beep_at, reading
from test_segments import check, play, write_manifests
from workshop import Workshop

from matinee.ingest.contract import Sidecar
from matinee.terms.rendition import Track

Part = Callable[[Path], object]
FIRST_S, SECOND_S = 2.2, 3.0
FLASHES = 0.6, 2.4
"""Of each part, in its own time: the second comes late, so that what drifts is seen."""


def part(
    seconds: float, flash: float, *options: str, rate: str = "25", size: tuple[int, int] = (160, 90), layout: str = "stereo"
) -> Part:  # fmt: skip
    def make(path: Path) -> None:
        at = float(round(flash * Fraction(rate)) / Fraction(rate))  # with a frame, so that both can come together
        moving = f"testsrc2=size={size[0]}x{size[1]}:rate={rate}:duration={seconds},{lit(at)}"
        ffmpeg(
            "-f",
            "lavfi",
            "-i",
            moving,
            *beep(at, seconds, layout=layout),
            *(options or (*H264_420, "-bf", "2", *AAC)),
            f"file:{path}",
        )

    return make


def pair(*options: str, rate: str = "25") -> list[Part]:
    """Both parts alike."""
    return [part(FIRST_S, FLASHES[0], *options, rate=rate), part(SECOND_S, FLASHES[1], *options, rate=rate)]


ASP = ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "pcm_s16le")
LATE = ("-af", "adelay=0", "-output_ts_offset", "7.3")
CASES: dict[str, tuple[str, str, list[Part]]] = {
    "mp4 with B-frames and an edit list": ("mp4", "h264", pair()),
    "transport streams that begin anywhere": ("ts", "h264", pair(*H264_420, *AAC, *LATE, rate="24000/1001")),
    "avi that does not say when its B-frames are shown": ("avi", "h264", pair(*ASP, "-bf", "2")),
    "of another size, rate and sound": (
        "mkv",
        "h264",
        [
            part(FIRST_S, FLASHES[0], *H264_420, *AAC),
            part(SECOND_S, FLASHES[1], *H264_420, "-c:a", "flac", *LATE, rate="30000/1001", size=(240, 160), layout="5.1"),
        ],
    ),
    "of a rate that varies": ("mkv", "mpeg4", pair(*ASP, "-vf", "select='mod(n,7)'", "-fps_mode", "vfr")),
}  # fmt: skip


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    made = Workshop(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.mark.parametrize("name", CASES)
def test_parts_become_one_film(name: str, workshop: Workshop, tmp_path: Path) -> None:
    suffix, codec, makers = CASES[name]
    paths = [tmp_path / f"Film cd{number}.{suffix}" for number in (1, 2)]
    words = [tmp_path / f"Film cd{number}.srt" for number in (1, 2)]
    for place, (path, make) in enumerate(zip(paths, makers, strict=True)):
        make(path)
        words[place].write_text(f"1\n00:00:00,500 --> 00:00:01,000\nIn part {place + 1}\n")
    sidecars = [Sidecar(str(text), "en", part=place) for place, text in enumerate(words)]
    made = workshop.prepare(paths[0], sidecars, further=paths[1:])
    assert made.sentence == ""
    assert made.encode is not None
    assert made.source is not None
    assert made.source.video.codec == codec, "it is copied where it can be"
    check(made.source, made.encode, made.root)
    frame = 1 / Fraction(made.source.video.frame_rate)
    assert abs(made.encode.duration_ms / 1000 - FIRST_S - SECOND_S) <= frame + Fraction(1, 1000)
    join, chapters = FIRST_S, made.encode.chapters
    assert [chapter.title for chapter in chapters] == ["Part 1", "Part 2"]
    assert abs(chapters[1].start_ms / 1000 - join) <= frame
    join = chapters[1].start_ms / 1000
    write_manifests(made.encode, made.root)
    for manifest in ("master.m3u8", "manifest.mpd"):
        play(made.root / manifest, seconds=made.encode.duration_ms / 1000)
    check_sync(made.root / "master.m3u8", [FLASHES[0], join + FLASHES[1]], float(frame))
    [text] = [one for one in made.encode.renditions if one.track is Track.TEXT]
    cues = (made.root / text.folder / "captions.vtt").read_text()
    assert re.findall(r"00:00:(\S+) -->", cues) == ["00.500", f"{join + 0.5:06.3f}"]


def check_sync(master: Path, wanted: list[float], frame: float) -> None:
    """Flash and beep come together in every part, when they should."""
    flashes = flashes_at(master)
    assert len(flashes) == len(wanted), flashes
    for flash, at in zip(flashes, wanted, strict=True):
        assert abs(flash - at) <= frame + 0.001, (flashes, wanted)
        assert abs(flash - beep_at(master, 0, after=at - FLASH_S)) <= 0.02, (flashes, wanted)


def flashes_at(master: Path) -> list[float]:
    """When the picture becomes white."""
    command = [*reading(master), "-map", "0:v:0"]
    command += ["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    found = [(float(at), float(level) > 190) for at, level in re.findall(r"pts_time:(\S+)\s+\S+YAVG=(\S+)", said)]
    return [at for (at, white), (_, before) in zip(found[1:], found, strict=False) if white and not before]


def test_parts_that_are_no_film_are_refused_by_name(workshop: Workshop, tmp_path: Path) -> None:
    first, second = tmp_path / "Film cd1.mkv", tmp_path / "Film cd2.mkv"
    part(1, 0.5)(first)
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x90:duration=1", *H264_420, f"file:{second}")
    said = "Part 1 has 1 sound track and part 2 has no sound, so they cannot be joined into one film."
    assert workshop.prepare(first, further=[second]).sentence == said
    second.write_text("no film")
    assert workshop.prepare(first, further=[second]).sentence == "Part 2: This is not a video file that can be read."
