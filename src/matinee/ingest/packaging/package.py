"""Packages encoded tracks: CMAF segments once, and an HLS playlist of each track beside them. What leads to the tracks,
DASH and HLS manifests, is written at play, for each session its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from matinee.ingest import languages, subtitles
from matinee.ingest.encoding.chunks import frames
from matinee.ingest.encoding.encode import Sound
from matinee.ingest.encoding.ladder import Rung, segment_s
from matinee.ingest.labels import Labelled, labels
from matinee.ingest.packaging import manifest, protection
from matinee.ingest.packaging.manifest import Track
from matinee.ingest.source import Audio, Source
from matinee.ingest.subtitles import Captions
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import MatineeError, OutOfSpace
from matinee.services.jobs.programs import Programs
from matinee.services.playback.contract import ContentKey
from matinee.terms import rendition
from matinee.terms.encode import Encode, File
from matinee.terms.rendition import Rendition

PLAYLIST, CAPTIONS = "main.m3u8", "captions.vtt"
_DASH, _HLS = "manifest.mpd", "master.m3u8"
_JUST_UNDER = Fraction(999_999, 1_000_000)


async def package(  # noqa: PLR0913, PLR0917 - what is packaged, with what, into what
    programs: Programs,
    tools: Toolchain,
    encoded: Path,
    source: Source,
    rungs: Sequence[Rung],
    sounds: Sequence[Sound],
    into: Path,
    key: ContentKey | None = None,
) -> list[Rendition]:
    """Writes the segments of the tracks `{name}.mp4` in the folder `encoded` into `into`, encrypted where a key is given.

    Answers what can be played there. Raises OutOfSpace when the disk is full.
    """
    command = command_for(tools, _relative(encoded, into), source, rungs, sounds)
    with protection.hidden(key, into) if key else nullcontext([]) as secret:
        ended = await programs.run([*command, *secret], folder=into)
    if ended.code != 0:
        if ended.disk_full:
            raise OutOfSpace("There was no room on the disk to package the film.")
        raise MatineeError(f"The packager stopped: {ended.last_words}")
    tracks = manifest.tracks((into / _DASH).read_text())
    for name in (_DASH, _HLS):
        (into / name).unlink(missing_ok=True)
    for rung in rungs:
        _check_cut(tracks[rung.name].bounds, segment_s(source.video.rate))
    return [
        *(_picture(into, rung, tracks[rung.name]) for rung in rungs),
        *(_sound(into, source, form, tracks[form.name]) for form in sounds),
    ]


def command_for(
    tools: Toolchain,
    encoded: Path,
    source: Source,
    rungs: Sequence[Rung],
    sounds: Sequence[Sound],
) -> list[str]:
    """The one command that packages the tracks; it runs in the output folder; every path is relative, since a comma in one
    would end it."""
    length = f"{float(segment_s(source.video.rate) * _JUST_UNDER):.6f}"
    return [
        tools.packager,
        *(f"in={encoded / rung.name}.mp4,stream=video,{_outputs(rung.name)}" for rung in rungs),
        *(_sound_in(encoded, source.audio[form.place], form.name) for form in sounds),
        *("--segment_duration", length, "--fragment_duration", length, "--generate_static_live_mpd"),
        *("--mpd_output", _DASH, "--hls_master_playlist_output", _HLS, "--hls_playlist_type", "VOD"),
    ]


def _relative(path: Path, start: Path) -> Path:
    return Path(os.path.relpath(path, start))


def _sound_in(encoded: Path, audio: Audio, name: str) -> str:
    """The packager refuses a film for a language that it does not know."""
    known = f",lang={audio.language}" if languages.is_known(audio.language) else ""
    return f"in={encoded / name}.mp4,stream=audio,{_outputs(name)},hls_group_id=audio,hls_name={name}{known}"


def _outputs(name: str) -> str:
    return f"init_segment={name}/init.mp4,segment_template={name}/$Number%05d$.m4s,playlist_name={name}/{PLAYLIST}"


def _check_cut(bounds: list[Fraction], length: Fraction) -> None:
    """A player counts on equal segments; the last may be shorter."""
    regular = [length * place for place in range(len(bounds) - 1)]
    if any(abs(a - b) > Fraction(1, 500) for a, b in zip(bounds, regular, strict=False)):
        raise MatineeError("The packager cut the film into unequal segments.")


def bounds(frames: int, rate: Fraction) -> list[Fraction]:
    """The moments in seconds where the segments of a film of so many frames meet."""
    length, whole = segment_s(rate), frames / rate
    return [length * place for place in range(-(-whole // length))] + [whole]


def write_texts(captions: Sequence[Captions], cut: list[Fraction], into: Path) -> list[Rendition]:
    """Writes each text track, whole and cut at these bounds; answers what can be played there."""
    renditions: list[Rendition] = []
    for name, caption in zip(subtitles.folders(captions), captions, strict=True):
        folder = into / name
        folder.mkdir()
        (folder / CAPTIONS).write_text(subtitles.written(caption.cues))
        for number, segment in enumerate(subtitles.cut(caption.cues, [round(bound * 1000) for bound in cut]), 1):
            (folder / f"{number:05d}.vtt").write_text(segment)
        (folder / PLAYLIST).write_text(manifest.text_playlist(cut))
        renditions.append(_text(folder, name, caption, cut))
    return renditions


def sound_label(source: Source, form: Sound) -> str:
    """What a viewer reads of a sound track."""
    label = labels([Labelled(audio.language, audio.role, audio.label) for audio in source.audio])[form.place]
    return f"{label}, 5.1" if form.surround else label


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


def _sound(into: Path, source: Source, form: Sound, found: Track) -> Rendition:
    peak, average = _rates(into / form.name, found.bounds, "m4s")
    audio = source.audio[form.place]
    return Rendition(
        id=form.name,
        track=rendition.Track.AUDIO,
        folder=form.name,
        codecs=found.codecs,
        bandwidth_bps=peak,
        average_bps=average,
        language=audio.language,
        label=sound_label(source, form),
        channels=form.channels,
        sample_rate=found.sample_rate,
        segments=len(found.bounds) - 1,
        role=audio.role,
    )


def _text(folder: Path, name: str, caption: Captions, cut: list[Fraction]) -> Rendition:
    peak, average = _rates(folder, cut, "vtt")
    return Rendition(
        id=name,
        track=rendition.Track.TEXT,
        folder=name,
        codecs="wvtt",
        bandwidth_bps=peak,
        average_bps=average,
        language=caption.language,
        label=caption.label,
        segments=len(cut) - 1,
        role=caption.role,
    )


def _rates(folder: Path, cut: list[Fraction], suffix: str) -> tuple[int, int]:
    """Bits a second: the highest of any whole segment, and over all."""
    sizes = [(folder / f"{number:05d}.{suffix}").stat().st_size for number in range(1, len(cut))]
    lengths = [end - start for start, end in pairwise(cut)]
    usual = max(lengths)
    peak = max(size * 8 / length for size, length in zip(sizes, lengths, strict=True) if length >= usual / 2)
    return int(peak) + 1, int(sum(sizes) * 8 / (cut[-1] - cut[0])) + 1


def described(encode_id: str, source: Source, renditions: list[Rendition], files: list[File], now: datetime) -> Encode:
    """The catalogue's record of what was packaged."""
    return Encode(
        id=encode_id,
        duration_ms=round(frames(source) * 1000 / source.video.rate),
        segment_ms=round(segment_s(source.video.rate) * 1000),
        protection="signed",
        renditions=renditions,
        files=files,
        created_at=now,
        chapters=source.chapters,
    )


def files(root: Path) -> list[File]:
    """Every file under the folder with its size and SHA-256, by path."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [File(path.relative_to(root).as_posix(), path.stat().st_size, _digest(path)) for path in paths]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
