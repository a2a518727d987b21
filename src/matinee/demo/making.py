"""Makes a film's file: its skies painted, its scene drawn over them, its sound synthesised."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct

from matinee.demo import music, sky, speech
from matinee.demo.drawing import RATE
from matinee.demo.film import DemoFilm
from matinee.ingest.contract import Sidecar, Start
from matinee.ingest.subtitles.webvtt import written
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import MatineeError
from matinee.services.jobs.programs import Programs

_TRACKS = {"en": ("eng", "English"), "de": ("deu", "Deutsch")}
"""By language of the lines: as a file names it (ISO 639-2), and as people do."""
_HALL = "aecho=0.8:0.7:{}:0.3|0.2,aformat=cl=mono"


class Made(Struct, frozen=True):
    """A film's file and its subtitles, in one folder."""

    path: Path
    sidecars: list[Sidecar]


async def make(programs: Programs, tools: Toolchain, film: DemoFilm, folder: Path) -> Made:
    """Makes the film and its subtitles in the folder: about ten seconds of one processor."""
    drafts = await asyncio.to_thread(_prepare, film, folder)
    ended = await programs.run(_command(tools, film, drafts), folder=folder)
    if ended.code != 0:
        raise MatineeError(f"The film {film.metadata.title} could not be drawn: {ended.errors[-300:]}")
    for name in [*drafts.skies, *drafts.sounds, "scene.ass", "chapters.txt"]:
        (folder / name).unlink()
    return Made(folder / f"{film.name}.mp4", [Sidecar(str(folder / f"{tag}.vtt"), tag) for tag in film.lines])


def start(film: DemoFilm, made: Made) -> Start:
    """What ingest is asked for the film; repeats are the same preparation."""
    return Start(
        f"demo:{film.name}",
        str(made.path),
        made.path.name,
        film.metadata,
        made.sidecars,
        move=True,
        protection=film.protection,
        episode=film.episode,
    )


class _Drafts(Struct, frozen=True):
    """Names of files in the folder; there are two skies for a shot whose sky changes."""

    skies: list[str]
    sounds: list[str]


def _prepare(film: DemoFilm, folder: Path) -> _Drafts:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scene.ass").write_text(film.script().written(film.width, film.height))
    (folder / "chapters.txt").write_text(_chapters(film))
    skies = [one for shot in film.shots for one in (shot.sky, shot.later) if one]
    for place, one in enumerate(skies):
        sky.paint(one, folder / f"sky{place}.ppm")
    for tag in film.lines:
        (folder / f"{tag}.vtt").write_text(written(film.cues(tag)))
    sounds = _sounds(film, folder)
    return _Drafts([f"sky{place}.ppm" for place in range(len(skies))], sounds)


def _sounds(film: DemoFilm, folder: Path) -> list[str]:
    score = music.play(film.music, film.seconds)
    if film.speaker is None:
        music.save(score, folder / "sound.wav")
        return ["sound.wav"]
    for tag, lines in film.lines.items():
        said = [(line.start + 0.3, speech.say(film.speaker, line.spoken)) for line in lines]
        music.save(music.under(score, said), folder / f"{tag}.wav")
    return [f"{tag}.wav" for tag in film.lines]


def _chapters(film: DemoFilm) -> str:
    """As ffmpeg reads them: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2"""
    marks = [*film.chapters(), (film.seconds, "")]
    blocks = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={round(begin * 1000)}\nEND={round(marks[place + 1][0] * 1000)}\ntitle={name}\n"
        for place, (begin, name) in enumerate(marks[:-1])
    ]
    return ";FFMETADATA1\n" + "".join(blocks)


def _command(tools: Toolchain, film: DemoFilm, drafts: _Drafts) -> list[str]:
    """Each sky is one picture and held; the scene is drawn over them."""
    inputs = [word for name in [*drafts.skies, *drafts.sounds, "chapters.txt"] for word in ("-i", name)]
    first = len(drafts.skies)
    sounds = [f"[{first + place}:a]{_spread(place)}" for place in range(len(drafts.sounds))]
    graph = ";".join([*_pictures(film), *sounds])
    maps = [word for place in range(len(drafts.sounds)) for word in ("-map", f"[a{place}]")]
    return [
        *(tools.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *inputs, "-filter_complex", graph),
        *("-map", "[v]", *maps, "-map_chapters", str(first + len(drafts.sounds)), *_languages(film, drafts)),
        *("-t", str(film.seconds), "-fflags", "+bitexact", "-flags", "+bitexact"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-threads", "2", "-colorspace", "bt709"),
        *("-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:a", "aac", "-b:a", "128k", "-ar", "48000", f"{film.name}.mp4"),
    ]


def _languages(film: DemoFilm, drafts: _Drafts) -> list[str]:
    tags = list(film.lines) if film.speaker else []
    named = [(place, *_TRACKS[tag]) for place, tag in zip(range(len(drafts.sounds)), tags, strict=False)]
    return [
        word
        for place, code, name in named
        for word in (f"-metadata:s:a:{place}", f"language={code}", f"-metadata:s:a:{place}", f"title={name}")
    ]


def _pictures(film: DemoFilm) -> list[str]:
    """The filters from the skies to the film's picture."""
    parts, place = list[str](), 0
    for number, shot in enumerate(film.shots):
        parts.append(_held(film, shot.seconds, place) + ("" if shot.later else f"[s{number}]"))
        place += 1
        if shot.later:
            parts[-1] += f"[x{place}]"
            parts.append(_held(film, shot.seconds, place) + f"[y{place}]")
            parts.append(f"[x{place}][y{place}]xfade=fade:duration={shot.seconds}:offset=0[s{number}]")
            place += 1
    joined = "".join(f"[s{number}]" for number in range(len(film.shots)))
    grade = f",{film.grade}" if film.grade else ""
    parts.append(f"{joined}concat=n={len(film.shots)}:v=1:a=0,ass=scene.ass{grade},format=yuv420p[v]")
    return parts


def _held(film: DemoFilm, seconds: float, place: int) -> str:
    size = f"scale={film.width}:{film.height}:flags=bicubic:out_color_matrix=bt709:out_range=tv"
    return (
        f"[{place}:v]{size},format=yuv420p,setsar=1,loop=-1:1:0,setpts=N/{RATE}/TB,fps={RATE},trim=duration={seconds}"
    )


def _spread(place: int) -> str:
    """One voice becomes a room: each ear hears other echoes."""
    left, right = _HALL.format("120|260"), _HALL.format("137|233")
    return (
        f"asplit[m{place}][n{place}];[m{place}]{left}[l{place}];[n{place}]{right}[r{place}];"
        f"[l{place}][r{place}]join=inputs=2:channel_layout=stereo[a{place}]"
    )
