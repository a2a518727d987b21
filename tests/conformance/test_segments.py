"""What comes out of ingest, read by others: segments of every rung begin together, nothing is missing, ffmpeg plays it all."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from matinee.api import dash, hls
from matinee.api.delivery import Location
from matinee.ingest.encoding import encode
from matinee.ingest.encoding.chunks import Chunk, chunks, frames
from matinee.ingest.encoding.join import join
from matinee.ingest.encoding.ladder import Rung, in_av1, ladder
from matinee.ingest.inspection import inspect
from matinee.ingest.packaging import package
from matinee.ingest.source import Source
from matinee.ingest.subtitles import Captions, Cue
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes
from matinee.services.jobs.programs import Programs
from matinee.services.playback.contract import Session
from matinee.terms.encode import Encode
from matinee.terms.rendition import Track

TOOLS = installed()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAST = ("-c:v", "libx264", "-preset", "ultrafast")


def make(path: Path, *arguments: str) -> Path:
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *arguments, f"file:{path}"]
    subprocess.run(command, check=True, timeout=60)
    return path


def picture(size: str, rate: str, seconds: float) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def tone(seconds: float, layout: str = "mono") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds},aformat=channel_layouts={layout}")


async def prepared(path: Path, into: Path, chunk_s: float = 3600, *, av1: bool = False) -> tuple[Source, Encode, Path]:
    """The film encoded in chunks of about `chunk_s` seconds and packaged, with the manifests that a session would get."""
    programs = Processes(0)
    source = await inspect.inspect(programs, TOOLS, path)
    encoded, root = into / "it's, a folder" / "encoded", into / "it's, a folder" / "package"
    encoded.mkdir(parents=True)
    root.mkdir()
    rungs, parts = ladder(source.video.width, source.video.height), chunks(source, chunk_s)
    rungs += [in_av1(rung) for rung in rungs] if av1 else []
    for part in parts:
        (encoded / str(part.number)).mkdir()
        await picture_of(programs, path, source, rungs, part, encoded / str(part.number))
    seconds = [part.lasts_s(source.video.rate) for part in parts]
    for rung in rungs:
        files = [encoded / str(part.number) / f"{rung.name}.mp4" for part in parts]
        await join(programs, TOOLS, files, source.video.rate, seconds, encoded / f"{rung.name}.mp4")
    await encode.sound(programs, TOOLS, path, source, -24, encoded, lambda _: None)
    captions = [
        Captions("en", "English", [Cue(500, 1500, "Hello")]),
        Captions("en", 'So "called"', [Cue(0, 900, "Hi")]),
    ]
    renditions = await package.package(programs, TOOLS, encoded, source, rungs, encode.sounds(source), root)
    renditions += package.write_texts(captions, package.bounds(frames(source), source.video.rate), root)
    record = package.described("enc_1", source, renditions, package.files(root), NOW)
    write_manifests(record, root)
    return source, record, root


async def picture_of(
    programs: Programs, path: Path, source: Source, rungs: list[Rung], part: Chunk, into: Path
) -> None:
    await encode.picture(programs, TOOLS, path, source, rungs, part, into, lambda _: None)


def write_manifests(record: Encode, root: Path, steering: str = "http://localhost/steering") -> None:
    session = Session(
        id="pbs_1",
        token="t",
        account_id="acc_1",
        profile_id="prf_1",
        login="log_1",
        title_id="ttl_1",
        encode_path="ttl_1/enc_1",
        duration_ms=record.duration_ms,
        segment_ms=record.segment_ms,
        renditions=record.renditions,
        territory="DE",
        started_at=NOW,
        media_expires_at=NOW,
    )
    here = [Location("here", "./")]
    (root / "manifest.mpd").write_bytes(dash.manifest(session, here, steering))
    (root / "master.m3u8").write_bytes(hls.master(session, here, steering))


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        assert size >= head
        yield kind.decode(), data[at + head : at + size]
        at += size
    assert at == len(data)


def inside(data: bytes, *path: str) -> bytes:
    for name in path:
        data = next(content for kind, content in boxes(data) if kind == name)
    return data


def timescale(init: bytes) -> int:
    box = inside(init, "moov", "trak", "mdia", "mdhd")
    return struct.unpack_from(">I", box, 20 if box[0] else 12)[0]


def priming(init: bytes) -> int:
    """What an AAC encoder puts before the first sound, or the delay of reordered pictures: both are shown before zero."""
    track = inside(init, "moov", "trak")
    if not any(kind == "edts" for kind, _ in boxes(track)):
        return 0  # AV1 shows its frames in the order in which they come
    box = inside(track, "edts", "elst")
    return struct.unpack_from(">q" if box[0] else ">i", box, 16 if box[0] else 12)[0]


def span(segment: bytes, init: bytes) -> tuple[int, int, bool]:
    """Where a segment begins and how long it lasts in units of its timescale, and whether it begins with a key frame."""
    moofs = [content for kind, content in boxes(segment) if kind == "moof"]
    assert len(moofs) == 1
    traf = inside(moofs[0], "traf")
    tfdt = inside(traf, "tfdt")
    start = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0]
    tfhd = inside(traf, "tfhd")
    flags = int.from_bytes(tfhd[1:4])
    at, usual, usual_flags = 8, None, None
    for bit, size in ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)):
        if flags & bit:
            usual = struct.unpack_from(">I", tfhd, at)[0] if bit == 0x8 else usual
            usual_flags = struct.unpack_from(">I", tfhd, at)[0] if bit == 0x20 else usual_flags
            at += size
    trex = inside(init, "moov", "mvex", "trex")
    usual = struct.unpack_from(">I", trex, 12)[0] if usual is None else usual
    lasting, first = samples(inside(traf, "trun"), usual, usual_flags)
    return start, lasting, not (first or 0) & 0x10000


def samples(trun: bytes, usual: int, usual_flags: int | None) -> tuple[int, int | None]:
    flags, count = int.from_bytes(trun[1:4]), struct.unpack_from(">I", trun, 4)[0]
    at, first = 8, usual_flags
    at += 4 if flags & 0x1 else 0
    if flags & 0x4:
        first = struct.unpack_from(">I", trun, at)[0]
        at += 4
    total = 0
    for place in range(count):
        total += struct.unpack_from(">I", trun, at)[0] if flags & 0x100 else usual
        at += 4 * bool(flags & 0x100) + 4 * bool(flags & 0x200)
        if flags & 0x400:
            first = struct.unpack_from(">I", trun, at)[0] if place == 0 and not flags & 0x4 else first
            at += 4
        at += 4 * bool(flags & 0x800)
    return total, first


def spans(root: Path, folder: str) -> list[tuple[Fraction, Fraction]]:
    init = (root / folder / "init.mp4").read_bytes()
    scale, before = timescale(init), priming(init)
    found: list[tuple[Fraction, Fraction]] = []
    for segment in sorted((root / folder).glob("*.m4s")):
        start, lasting, key = span(segment.read_bytes(), init)
        assert key, f"{folder}/{segment.name} does not begin with a key frame"
        found.append((Fraction(start - before, scale), Fraction(start + lasting - before, scale)))
    return found


def shown(rung: list[tuple[Fraction, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    """When its segments are shown: the first begins at zero, however early its first picture has to be decoded."""
    first = rung[0][0]
    return [(start - first, end - first) for start, end in rung]


def check(source: Source, record: Encode, root: Path) -> None:
    names = {file.path for file in record.files}
    tracks: dict[Track, list[list[tuple[Fraction, Fraction]]]] = {}
    for rendition in record.renditions:
        if rendition.track is Track.TEXT:
            assert f"{rendition.folder}/captions.vtt" in names
            continue
        found = spans(root, rendition.folder)
        assert f"{rendition.folder}/main.m3u8" in names
        assert -Fraction(1, 5) <= found[0][0] <= 0
        assert all(end == start for (_, end), (start, _) in pairwise(found)), f"a gap or overlap in {rendition.id}"
        tracks.setdefault(rendition.track, []).append(found)
    pictures = tracks[Track.VIDEO]
    assert all(shown(rung) == shown(pictures[0]) for rung in pictures)
    whole = [end - start for start, end in pictures[0]]
    assert {round(length * 1000) for length in whole[:-1]} <= {record.segment_ms}
    begin, end = pictures[0][0][0], pictures[0][-1][1]
    assert abs((end - begin) * 1000 - record.duration_ms) <= 1
    for sound in tracks.get(Track.AUDIO, []):
        assert len(sound) == len(pictures[0])
        pairs = list(zip(sound, shown(pictures[0]), strict=True))[1:]
        assert all(abs(seen - heard) <= Fraction(30, 1000) for (heard, _), (seen, _) in pairs)
    for rendition in record.renditions:
        if rendition.track is Track.TEXT:
            assert sum(name.startswith(f"{rendition.folder}/0") for name in names) == len(pictures[0])


def play(manifest: Path, *, seconds: float) -> None:
    """Decodes everything to the end; ffmpeg must have nothing to say."""
    command = [TOOLS.wide_ffmpeg, "-v", "warning", "-nostdin", "-allowed_extensions", "ALL", "-i", str(manifest)]
    command += ["-map", "0:v", "-map", "0:a?", "-progress", "pipe:1", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if "advanced_editlist does not work" not in line]
    assert (done.returncode, complaints) == (0, [])
    reached = max(
        int(line.partition("=")[2])
        for line in done.stdout.splitlines()
        if line.startswith("out_time_us=") and "N/A" not in line
    )
    assert abs(reached / 1e6 - seconds) < 0.5


CASES: dict[str, Any] = {
    "usual": (*picture("640x360", "24", 9), *tone(9), *FAST),
    "ntsc": (*picture("640x360", "30000/1001", 9), *tone(9), *FAST),
    "odd sizes": (*picture("321x241", "25", 5), *tone(5), *FAST, "-pix_fmt", "yuv444p"),
    "no sound": (*picture("320x180", "24", 6), *FAST),
    "surround": (*picture("320x180", "24", 5), *tone(5, "5.1"), *FAST, "-c:a", "ac3"),
    "sound longer than picture": (*picture("320x180", "24", 3), *tone(7), *FAST),
    "picture longer than sound": (*picture("320x180", "24", 7), *tone(3), *FAST),
    "slow and uneven": (*picture("320x180", "24", 6), *tone(6), "-vf", "select='mod(n,5)-mod(n,3)'", "-fps_mode", "vfr", *FAST),
    "two languages": (
        *picture("320x180", "24", 5), *tone(5), *tone(5), "-map", "0", "-map", "1", "-map", "2", *FAST,
        "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=xzz", "-metadata:s:a:1", 'title=So, "it" is',
    ),
    "ten bits": (*picture("320x180", "24", 5), *tone(5), *FAST, "-pix_fmt", "yuv420p10le"),
    "av1": (*picture("320x180", "24", 5), "-c:v", "libsvtav1", "-preset", "12"),
    "one short segment": (*picture("320x180", "24", 1.5), *tone(1.5), *FAST),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_any_film_comes_out_whole_and_aligned(case: str, tmp_path: Path) -> None:
    suffix = "mkv" if case in {"surround", "av1"} else "mp4"
    source, record, root = await prepared(make(tmp_path / f"f.{suffix}", *CASES[case]), tmp_path)
    check(source, record, root)
    for manifest in ("master.m3u8", "manifest.mpd"):
        play(root / manifest, seconds=record.duration_ms / 1000)


@pytest.mark.parametrize("rate", ["24", "30000/1001", "12.5", "23.98"])
async def test_a_film_in_chunks_is_the_film(rate: str, tmp_path: Path) -> None:
    """Each chunk begins where the one before ended, wherever the source has its key frames, and shows the same frames."""
    path = make(tmp_path / "f.mkv", *picture("320x180", rate, 25), *tone(25), *FAST, "-g", "70")
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    _, whole, _ = await prepared(path, tmp_path / "whole")
    source, record, root = await prepared(path, tmp_path / "cut", chunk_s=8)
    check(source, record, root)
    assert len(chunks(source, 8)) == 3
    assert (record.duration_ms, record.segment_ms) == (whole.duration_ms, whole.segment_ms)
    play(root / "master.m3u8", seconds=record.duration_ms / 1000)
    alike = [tmp_path / name / "it's, a folder" / "encoded" / "v180.mp4" for name in ("whole", "cut")]
    assert worst_likeness(*alike) > 28


async def test_av1_beside_h264_is_cut_alike(tmp_path: Path) -> None:
    path = make(tmp_path / "f.mp4", *picture("426x240", "25", 20), *tone(20), *FAST)
    source, record, root = await prepared(path, tmp_path, chunk_s=8, av1=True)
    assert len(chunks(source, 8)) > 1
    check(source, record, root)
    assert [one.codecs[:4] for one in record.renditions if one.track is Track.VIDEO] == ["avc1", "av01"]
    play(root / "manifest.mpd", seconds=record.duration_ms / 1000)


def worst_likeness(one: Path, other: Path) -> float:
    """The PSNR of the two frames of the same number that are least alike, in dB; frames one apart have less than 25."""
    command = [TOOLS.ffmpeg, "-v", "error", "-i", f"file:{one}", "-i", f"file:{other}"]
    command += ["-lavfi", "[0:v][1:v]psnr=stats_file=-:eof_action=endall", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found = [line.partition("psnr_avg:")[2].split()[0] for line in done.stdout.splitlines() if "psnr_avg" in line]
    assert len(found) > 100
    return min(float(each) for each in found)


async def test_a_turned_film_stands_upright(tmp_path: Path) -> None:
    flat = make(tmp_path / "flat.mp4", *picture("320x180", "24", 3), *FAST)
    turned = make(tmp_path / "f.mp4", "-display_rotation", "90", "-i", str(flat), "-c", "copy")
    source, record, root = await prepared(turned, tmp_path)
    check(source, record, root)
    assert [(one.width, one.height) for one in record.renditions if one.track is Track.VIDEO] == [(180, 320)]
