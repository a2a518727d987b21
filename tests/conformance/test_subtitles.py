"""Subtitles of every kind, beside a film and in it, come out as WebVTT that others read: ffmpeg's own reader, whole and by HLS."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from matinee.ingest import subtitles
from matinee.ingest.packaging import manifest
from matinee.ingest.source import Text
from matinee.ingest.subtitles import Captions, Cue
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes
from matinee.terms.rendition import Role

TOOLS = installed()
FILM_S = 12
BOUNDS = [0, 4000, 8000, 12_000]

SRT = (
    "1\n00:00:00,500 --> 00:00:01,500\n<i>Grüße</i> aus Köln\nund & zurück\n\n"
    "2\n00:00:03,000 --> 00:00:09,000\n{\\an8}über drei Stücke\n\n3\n00:00:11,000 --> 00:00:30,000\nzu lang\n\n"
    "4\n00:00:20,000 --> 00:00:21,000\nnach dem Ende\n\n5\n00:00:02,000 --> 00:00:01,000\nrückwärts\n"
)
VTT = "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nintro\n00:00.500 --> 00:01.500 line:0 align:start\n<v Ada><b>Hello</b></v>\n"
ASS = (
    "[Script Info]\nScriptType: v4.00+\nPlayResY: 288\n\n[V4+ Styles]\nFormat: Name, Bold, Italic, Underline, Alignment\n"
    "Style: Default,0,0,0,2\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:00.50,0:00:01.50,Default,,0,0,0,,{\\an8\\i1}Bonjour{\\i0}\\Nle monde\n"
    "Dialogue: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}\n"
    "Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\k10}ka{\\k20}raoke\n"
)
TTML = (
    '<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"><body><div>'
    '<p begin="01:00:00.500" end="01:00:01.500">Hej <span tts:fontStyle="italic">världen</span></p></div></body></tt>'
)


def read(path: Path) -> list[tuple[str, str]]:
    """Times and words of each cue, as ffmpeg's reader of WebVTT or HLS gives them to its writer."""
    options = ["-allowed_extensions", "ALL"] if path.suffix == ".m3u8" else []
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", *options, "-i", str(path), "-map", "0:s", "-c", "copy"]
    done = subprocess.run([*command, "-f", "webvtt", "-"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("WEBVTT\n")
    return re.findall(r"^([\d:.]+ --> [\d:.]+)[^\n]*\n(.+?)\n(?:\n|\Z)", done.stdout, re.MULTILINE | re.DOTALL)


def packaged(track: Captions, folder: Path) -> Path:
    """The track's files, as they lie in a package."""
    folder.mkdir(parents=True)
    (folder / "captions.vtt").write_text(subtitles.written(track.cues))
    for number, segment in enumerate(subtitles.cut(track.cues, BOUNDS), 1):
        (folder / f"{number:05d}.vtt").write_text(segment)
    (folder / "main.m3u8").write_text(manifest.text_playlist([Fraction(bound, 1000) for bound in BOUNDS]))
    return folder


def make(path: Path, *arguments: str) -> Path:
    picture = ["-f", "lavfi", "-i", f"color=size=64x64:rate=10:duration={FILM_S}"]
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *picture, *arguments, f"file:{path}"]
    subprocess.run(command, check=True, timeout=60)
    return path


SIDECARS = {
    "srt": (SRT, [
        ("00:00.500 --> 00:01.500", "<i>Grüße</i> aus Köln\nund &amp; zurück"),
        ("00:03.000 --> 00:09.000", "über drei Stücke"),
        ("00:11.000 --> 00:12.000", "zu lang"),
    ]),
    "vtt": (VTT, [("00:00.500 --> 00:01.500", "<b>Hello</b>")]),
    "ass": (ASS, [("00:00.500 --> 00:01.500", "<i>Bonjour</i>\nle monde"), ("00:04.000 --> 00:05.000", "karaoke")]),
    "ttml": (TTML, [("00:00.500 --> 00:01.500", "Hej <i>världen</i>")]),
}  # fmt: skip


@pytest.mark.parametrize("kind", SIDECARS)
def test_what_lies_beside_a_film_is_read_by_others(kind: str, tmp_path: Path) -> None:
    source, expected = SIDECARS[kind]
    cues = subtitles.parse(source.encode("utf-16" if kind == "srt" else "utf-8"), f"film.{kind}")
    [track], _ = subtitles.tracks([Captions("sv", "", cues)], [], FILM_S * 1000)
    folder = packaged(track, tmp_path / "t")
    assert read(folder / "captions.vtt") == expected
    by_hls = read(folder / "main.m3u8")
    assert sorted(set(by_hls)) == sorted(expected)
    spans = [
        ((start - 1) // 4000, (end - 1) // 4000)
        for start, end in ((cue.start_ms + 1, cue.end_ms) for cue in track.cues)
    ]
    held = sum((folder / f"{number:05d}.vtt").read_text().count(" --> ") for number in (1, 2, 3))
    assert held == sum(last - first + 1 for first, last in spans)


async def test_what_lies_in_a_film_comes_out_with_its_style_and_role(tmp_path: Path) -> None:
    for name, text in (("a.srt", SRT.partition("4\n")[0]), ("a.ass", ASS), ("a.vtt", VTT)):
        (tmp_path / name).write_text(text)
    inputs = [word for name in ("a.srt", "a.ass", "a.vtt") for word in ("-i", str(tmp_path / name))]
    maps = ["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:s", "copy"]
    film = make(tmp_path / "it's a film.mkv", *inputs, *maps)
    own = [Text(1, "subrip", "de"), Text(2, "ass", "fr", "Signs (forced)"), Text(3, "webvtt", "en", role=Role.CAPTION)]
    found, said = await subtitles.embedded(Processes(0), TOOLS, film, own, tmp_path)
    assert said == []
    tracks, _ = subtitles.tracks([], found, FILM_S * 1000)
    assert [(track.label, track.role) for track in tracks] == [
        ("Deutsch", Role.MAIN),
        ("Français (forced)", Role.FORCED),
        ("English (SDH)", Role.CAPTION),
    ]
    assert [cue.settings for cue in tracks[0].cues] == ["", "line:0", ""]
    assert tracks[2].cues[0].settings == "line:0 align:start"
    for track, kind in zip(tracks, ("srt", "ass", "vtt"), strict=True):
        assert read(packaged(track, tmp_path / kind) / "captions.vtt") == SIDECARS[kind][1]


@pytest.mark.parametrize(
    ("codec", "fragments", "words"),
    [
        ("mov_text", False, "<i>Grüße</i> aus Köln\nund & zurück"),
        ("ttml", False, "Grüße aus Köln\nund & zurück"),
        ("ttml", True, "Grüße aus Köln\nund & zurück"),
    ],
)
async def test_text_in_mp4_comes_out(codec: str, fragments: bool, words: str, tmp_path: Path) -> None:
    """ffmpeg writes TTML with the times of the film, in one document or one a fragment; the second drops the italics."""
    (tmp_path / "a.srt").write_text(SRT.partition("4\n")[0])
    parts = ["-movflags", "+frag_keyframe+empty_moov", "-g", "20", "-bf", "0"] if fragments else []
    arguments = ["-i", str(tmp_path / "a.srt"), "-map", "0", "-map", "1", "-c:s", codec, *parts]
    film = make(tmp_path / "a.mp4", *arguments)
    found, said = await subtitles.embedded(Processes(0), TOOLS, film, [Text(1, codec, "de")], tmp_path)
    assert said == []
    [track], _ = subtitles.tracks([], found, FILM_S * 1000)
    assert [(cue.start_ms, cue.end_ms) for cue in track.cues] == [(500, 1500), (3000, 9000), (11_000, 12_000)]
    assert track.cues[0].text.replace("&amp;", "&") == words
    assert len(read(packaged(track, tmp_path / "t") / "captions.vtt")) == 3


async def test_a_track_that_cannot_be_read_takes_no_other_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(SRT)
    film = make(tmp_path / "a.mkv", "-i", str(tmp_path / "a.srt"), "-map", "0", "-map", "1", "-c:s", "copy")
    tracks = [Text(7, "subrip", "it"), Text(1, "subrip", "de")]
    found, said = await subtitles.embedded(Processes(0), TOOLS, film, tracks, tmp_path)
    assert [captions.language for captions in found] == ["de"]
    assert said == ["Subtitles in Italiano: the film's track 7 holds no text that could be read."]


async def test_a_film_that_begins_late_keeps_its_words_in_time(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(SRT)
    plain = make(tmp_path / "a.mkv", "-i", str(tmp_path / "a.srt"), "-map", "0", "-map", "1", "-c:s", "copy")
    late = tmp_path / "late.mkv"
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-nostdin", "-i", str(plain), "-map", "0", "-c", "copy"]
    subprocess.run([*command, "-output_ts_offset", "100", str(late)], check=True, timeout=60)
    [found], _ = await subtitles.embedded(Processes(0), TOOLS, late, [Text(1, "subrip", "de")], tmp_path)
    assert found.cues[0] == Cue(500, 1500, "<i>Grüße</i> aus Köln\nund &amp; zurück")


async def test_ttml_loses_the_time_before_the_film_begins(tmp_path: Path) -> None:
    """Its times stand inside the documents, where ffmpeg does not take it off."""
    (tmp_path / "a.srt").write_text(SRT.partition("4\n")[0])
    inputs = [
        "-i",
        str(tmp_path / "a.srt"),
        "-map",
        "0",
        "-map",
        "1",
        "-map",
        "1",
        "-c:s:0",
        "mov_text",
        "-c:s:1",
        "ttml",
    ]
    film = make(tmp_path / "a.mp4", *inputs)
    tracks = [Text(1, "mov_text", "de"), Text(2, "ttml", "de")]
    found, _ = await subtitles.embedded(Processes(0), TOOLS, film, tracks, tmp_path, 200)
    assert [captions.cues[0].start_ms for captions in found] == [500, 300]
