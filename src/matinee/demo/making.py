"""Makes a film's file: its skies painted, its scene drawn over them, its sound synthesised."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct

from matinee.demo import music, sky, speech
from matinee.demo.drawing import RATE
from matinee.demo.film import DemoFilm, Shot
from matinee.ingest.contract import Sidecar, Start
from matinee.ingest.subtitles.webvtt import written
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import MatineeError
from matinee.services.jobs.programs import Programs

_CODES = {"en": "eng", "de": "deu"}
"""Languages as a file names them (ISO 639-2)."""
BREATH_S = 0.3
"""Between the moment a line is seen and its first sound."""
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
        said = [(line.start + BREATH_S, speech.say(film.speaker, line.spoken)) for line in lines]
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
    spoken = list(film.lines)[: len(drafts.sounds)] if film.speaker else []
    return [word for place, tag in enumerate(spoken) for word in (f"-metadata:s:a:{place}", f"language={_CODES[tag]}")]


def _pictures(film: DemoFilm) -> list[str]:
    """The filters from the skies to the film's picture."""
    parts, place = list[str](), 0
    for number, shot in enumerate(film.shots):
        skies = [_held(film, shot, place + step) for step in range(2 if shot.later else 1)]
        if shot.later:
            first, second = skies
            change = f"xfade=fade:duration={shot.seconds}:offset=0,fps={RATE}"
            skies = [f"{first}[x{number}]", f"{second}[y{number}]", f"[x{number}][y{number}]{change}"]
        parts += [*skies[:-1], f"{skies[-1]}[s{number}]"]
        place += 2 if shot.later else 1
    joined = "".join(f"[s{number}]" for number in range(len(film.shots)))
    parts.append(f"{joined}concat=n={len(film.shots)}:v=1:a=0,ass=scene.ass,format=yuv420p[v]")
    return parts


def _held(film: DemoFilm, shot: Shot, place: int) -> str:
    """A sky that changes does so in slower steps; nobody sees that, and it costs a quarter."""
    width, height = round(film.width * film.fine), round(film.height * film.fine)
    size = f"scale={width}:{height}:flags=bicubic:out_color_matrix=bt709:out_range=tv"
    rate = RATE / 4 if shot.later else RATE
    held = f"loop=-1:1:0,setpts=N/{rate}/TB,fps={rate},trim=duration={shot.seconds}"
    return f"[{place}:v]{size},format=yuv420p,setsar=1,{held}"


def _spread(place: int) -> str:
    """One voice becomes a room: each ear hears other echoes."""
    left, right = _HALL.format("120|260"), _HALL.format("137|233")
    return (
        f"asplit[m{place}][n{place}];[m{place}]{left}[l{place}];[n{place}]{right}[r{place}];"
        f"[l{place}][r{place}]join=inputs=2:channel_layout=stereo[a{place}]"
    )
