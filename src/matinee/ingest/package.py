"""Packages an encoded film: CMAF segments once, HLS and DASH over them, and the record that the catalogue keeps."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from matinee.ingest import languages, manifest, subtitles
from matinee.ingest.encode import frames, track
from matinee.ingest.ladder import Rung, ladder, segment_s
from matinee.ingest.manifest import Caption, Track
from matinee.ingest.source import Audio, Source
from matinee.ingest.subtitles import Cue
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import MatineeError, OutOfSpace
from matinee.services.catalog.contract import Encode, File
from matinee.services.jobs.programs import Programs
from matinee.terms import rendition
from matinee.terms.rendition import Rendition

DASH, HLS = "manifest.mpd", "master.m3u8"
PLAYLIST, CAPTIONS = "main.m3u8", "captions.vtt"
_JUST_UNDER = Fraction(999_999, 1_000_000)


class Captions(Struct, frozen=True):
    """A text track to be packaged."""

    language: str
    label: str
    cues: list[Cue]


async def package(
    programs: Programs, tools: Toolchain, encoded: Path, source: Source, captions: list[Captions], into: Path
) -> list[Rendition]:
    """Writes segments and manifests of the encoded tracks into the folder `into`; answers what can be played there.

    Raises OutOfSpace when the disk is full.
    """
    command = command_for(tools, _relative(encoded, into), source)
    ended = await programs.run(command, folder=into)
    if ended.code != 0:
        if "No space left on device" in ended.errors or "ENOSPC" in ended.errors:
            raise OutOfSpace("There was no room on the disk to package the film.")
        raise MatineeError(f"The packager stopped: {ended.last_words}")
    tracks = manifest.tracks((into / DASH).read_text())
    rungs = ladder(source.video.width, source.video.height)
    named = _named(captions)
    bounds = _regular(tracks[rungs[0].name].bounds, segment_s(source.video.rate))
    for caption, texts in zip(named, captions, strict=True):
        _write_text(into / caption.folder, texts.cues, bounds)
    _add_captions(into, named)
    return [
        *(_picture(into, rung, tracks[rung.name]) for rung in rungs),
        *(_sound(into, source, number, tracks[track(number)]) for number, _ in enumerate(source.audio)),
        *(_words(into, caption, bounds) for caption in named),
    ]


def command_for(tools: Toolchain, encoded: Path, source: Source) -> list[str]:
    """The one command that packages all sound and picture; it runs in the output folder; every path is relative, since
    a comma in one would end it."""
    rungs = ladder(source.video.width, source.video.height)
    length = f"{float(segment_s(source.video.rate) * _JUST_UNDER):.6f}"
    return [
        tools.packager,
        *(_picture_in(encoded, rung.name) for rung in rungs),
        *(_sound_in(encoded, source, number) for number, _ in enumerate(source.audio)),
        *("--segment_duration", length, "--fragment_duration", length, "--generate_static_live_mpd"),
        *("--mpd_output", DASH, "--hls_master_playlist_output", HLS, "--hls_playlist_type", "VOD"),
        *(("--default_language", source.audio[0].language) if source.audio and _is_known(source.audio[0]) else ()),
    ]


def _relative(path: Path, start: Path) -> Path:
    return Path(os.path.relpath(path, start))


def _picture_in(encoded: Path, name: str) -> str:
    return f"in={encoded / name}.mp4,stream=video,{_outputs(name)}"


def _sound_in(encoded: Path, source: Source, number: int) -> str:
    name = track(number)
    audio = source.audio[number]
    label = sound_label(source, number).replace(",", " ")
    role = "main" if number == 0 else "alternate"
    return (
        f"in={encoded / name}.mp4,stream=audio,{_outputs(name)},hls_group_id=audio,"
        f"{f'lang={audio.language},' if _is_known(audio) else ''}"
        f"hls_name={manifest.quoted(label)},dash_label={manifest.quoted(label)},dash_roles={role}"
    )


def _is_known(audio: Audio) -> bool:
    """The packager refuses a film for a language that it does not know."""
    return languages.is_known(audio.language)


def _outputs(name: str) -> str:
    return f"init_segment={name}/init.mp4,segment_template={name}/$Number%05d$.m4s,playlist_name={name}/{PLAYLIST}"


def sound_label(source: Source, number: int) -> str:
    """What a viewer reads of a sound track: the language, and the track's own title where two share one."""
    audio = source.audio[number]
    called = languages.name(audio.language)
    same = [place for place, other in enumerate(source.audio) if other.language == audio.language]
    if len(same) == 1:
        return called
    return f"{called}: {audio.label or same.index(number) + 1}"


def _named(captions: list[Captions]) -> list[Caption]:
    """Each text track with a folder of its own; a second one of a language is numbered."""
    named: list[Caption] = []
    for caption in captions:
        same = sum(other.language == caption.language for other in named)
        after = f"-{same + 1}" if same else ""
        label = caption.label or languages.name(caption.language)
        named.append(Caption(f"t-{caption.language.lower()}{after}", caption.language, label))
    return named


def _regular(bounds: list[Fraction], length: Fraction) -> list[Fraction]:
    """The video's own segment bounds, checked: a player counts on equal segments, the last may be shorter."""
    regular = [length * place for place in range(len(bounds) - 1)]
    if bounds[:-1] != regular and any(abs(a - b) > Fraction(1, 500) for a, b in zip(bounds, regular, strict=False)):
        raise MatineeError("The packager cut the film into unequal segments.")
    return bounds


def _write_text(folder: Path, cues: list[Cue], bounds: list[Fraction]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / CAPTIONS).write_text(subtitles.written(cues))
    for number, segment in enumerate(subtitles.cut(cues, [round(bound * 1000) for bound in bounds]), 1):
        (folder / f"{number:05d}.vtt").write_text(segment)
    (folder / PLAYLIST).write_text(manifest.text_playlist(bounds))


def _add_captions(into: Path, captions: list[Caption]) -> None:
    dash, hls = into / DASH, into / HLS
    dash.write_text(manifest.with_captions_dash(dash.read_text(), captions, CAPTIONS))
    hls.write_text(manifest.with_captions_hls(hls.read_text(), captions, PLAYLIST))


def _picture(into: Path, rung: Rung, found: Track) -> Rendition:
    peak, average = _rates(into / rung.name, found.bounds, "m4s")
    return Rendition(
        id=rung.name,
        track=rendition.Track.VIDEO,
        folder=rung.name,
        codecs=found.codecs,
        bandwidth_bps=peak,
        average_bps=average,
        width=rung.width,
        height=rung.height,
        frame_rate=found.frame_rate,
        segments=len(found.bounds) - 1,
    )


def _sound(into: Path, source: Source, number: int, found: Track) -> Rendition:
    peak, average = _rates(into / found.folder, found.bounds, "m4s")
    return Rendition(
        id=found.folder,
        track=rendition.Track.AUDIO,
        folder=found.folder,
        codecs=found.codecs,
        bandwidth_bps=peak,
        average_bps=average,
        language=source.audio[number].language,
        label=sound_label(source, number),
        channels=2,
        sample_rate=found.sample_rate,
        segments=len(found.bounds) - 1,
    )


def _words(into: Path, caption: Caption, bounds: list[Fraction]) -> Rendition:
    peak, average = _rates(into / caption.folder, bounds, "vtt")
    return Rendition(
        id=caption.folder,
        track=rendition.Track.TEXT,
        folder=caption.folder,
        codecs="wvtt",
        bandwidth_bps=peak,
        average_bps=average,
        language=caption.language,
        label=caption.label,
        segments=len(bounds) - 1,
    )


def _rates(folder: Path, bounds: list[Fraction], suffix: str) -> tuple[int, int]:
    """Bits a second: the highest of any whole segment, and over all."""
    sizes = [(folder / f"{number:05d}.{suffix}").stat().st_size for number in range(1, len(bounds))]
    lengths = [end - start for start, end in pairwise(bounds)]
    usual = max(lengths)
    peak = max(size * 8 / length for size, length in zip(sizes, lengths, strict=True) if length >= usual / 2)
    return int(peak) + 1, int(sum(sizes) * 8 / (bounds[-1] - bounds[0])) + 1


def files(root: Path) -> list[File]:
    """Every file under the folder with its size and SHA-256, by path."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [File(path.relative_to(root).as_posix(), path.stat().st_size, _digest(path)) for path in paths]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described(encode_id: str, source: Source, renditions: list[Rendition], root: Path, now: datetime) -> Encode:
    """The catalogue's record of the package in `root`."""
    return Encode(
        id=encode_id,
        duration_ms=round(frames(source) * 1000 / source.video.rate),
        segment_ms=round(segment_s(source.video.rate) * 1000),
        protection="signed",
        renditions=renditions,
        files=files(root),
        created_at=now,
    )
