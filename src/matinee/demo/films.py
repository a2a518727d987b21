"""The films that a new house shows: three short ones, drawn and composed here, the same each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from matinee.demo import deep_water, last_train, lighthouse, music
from matinee.demo.drawing import HEIGHT, RATE, WIDTH, Script
from matinee.demo.music import Piece
from matinee.ingest.contract import Sidecar, Start
from matinee.ingest.subtitles import Cue, written
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import MatineeError
from matinee.services.catalog.contract import Metadata
from matinee.services.jobs.programs import Programs
from matinee.terms.maturity import Maturity

Stops = tuple[tuple[str, float], ...]


class DemoFilm(Struct, frozen=True):
    """A film that can be made. `sky` are the colours behind everything from top to bottom, which within `dusk_s` seconds
    would go black; `texts` are cues by language."""

    name: str
    metadata: Metadata
    scene: Callable[[], Script]
    sky: Stops
    music: Piece
    seconds: float
    dusk_s: float = 0.0
    texts: dict[str, list[Cue]] = {}


class Made(Struct, frozen=True):
    """A film's file and its subtitles, in one folder."""

    path: Path
    sidecars: list[Sidecar]


def _texts(place: int) -> list[Cue]:
    return [Cue(round(line[0] * 1000), round(line[1] * 1000), str(line[place])) for line in lighthouse.SUBTITLES]


FILMS = [
    DemoFilm(
        name="the-lighthouse",
        metadata=Metadata(
            title="The Lighthouse",
            synopsis="The moon rises over the sea. A boat is late, the rocks are near, and one light goes round and round.",
            year=2024,
            genres=["Drama", "Family"],
            maturity=Maturity.ALL,
            language="und",
        ),
        scene=lighthouse.scene,
        sky=lighthouse.SKY,
        music=lighthouse.MUSIC,
        seconds=lighthouse.SECONDS,
        texts={"en": _texts(2), "de": _texts(3)},
    ),
    DemoFilm(
        name="deep-water",
        metadata=Metadata(
            title="Deep Water",
            synopsis="Far below the waves it is quiet and full of light. Jellyfish drift by. Something very large follows them.",
            year=2025,
            genres=["Documentary", "Nature"],
            maturity=Maturity.THIRTEEN,
        ),
        scene=deep_water.scene,
        sky=deep_water.SKY,
        music=deep_water.MUSIC,
        seconds=deep_water.SECONDS,
    ),
    DemoFilm(
        name="last-train",
        metadata=Metadata(
            title="Last Train",
            synopsis="The sun goes down, the city lights up, and three trains cross the bridge. Someone is on the wrong one.",
            year=2026,
            genres=["Thriller", "Drama"],
            maturity=Maturity.EIGHTEEN,
        ),
        scene=last_train.scene,
        sky=last_train.SKY,
        music=last_train.MUSIC,
        seconds=last_train.SECONDS,
        dusk_s=1.6 * last_train.SECONDS,
    ),
]


async def make(programs: Programs, tools: Toolchain, film: DemoFilm, folder: Path) -> Made:
    """Makes the film and its subtitles in the folder: about ten seconds of one processor."""
    await asyncio.to_thread(_prepare, film, folder)
    ended = await programs.run(_command(tools, film), folder=folder)
    if ended.code != 0:
        raise MatineeError(f"The film {film.metadata.title} could not be drawn: {ended.errors[-300:]}")
    for name in ("scene.ass", "music.wav"):
        (folder / name).unlink()
    return Made(folder / f"{film.name}.mp4", [Sidecar(str(folder / f"{tag}.vtt"), tag) for tag in film.texts])


def start(film: DemoFilm, made: Made) -> Start:
    """What ingest is asked for the film; repeats are the same preparation."""
    return Start(f"demo:{film.name}", str(made.path), made.path.name, film.metadata, made.sidecars, move=True)


def _prepare(film: DemoFilm, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scene.ass").write_text(film.scene().written())
    music.write(film.music, film.seconds, folder / "music.wav")
    for tag, cues in film.texts.items():
        (folder / f"{tag}.vtt").write_text(written(cues))


def _command(tools: Toolchain, film: DemoFilm) -> list[str]:
    """One frame of sky is computed and held; the scene is drawn over it."""
    sky = ":".join(f"{letter}='{_channel(film.sky, place)}'" for place, letter in enumerate("rgb"))
    held = f"format=gbrp,geq={sky},format=yuv420p,loop=-1:1:0,trim=duration={film.seconds},setpts=N/{RATE}/TB"
    dusk = f"fade=t=out:st=3:d={film.dusk_s}," if film.dusk_s else ""
    return [
        *(tools.wide_ffmpeg, "-v", "error", "-nostdin", "-y"),
        *("-f", "lavfi", "-i", f"color=black:s={WIDTH}x{HEIGHT}:r={RATE}:d=0.04,{held}", "-i", "music.wav"),
        *("-filter_complex", f"[0:v]{dusk}ass=scene.ass[v];[1:a]aecho=0.8:0.7:120|260:0.3|0.2,aformat=cl=stereo[a]"),
        *("-map", "[v]", "-map", "[a]", "-t", str(film.seconds), "-fflags", "+bitexact", "-flags", "+bitexact"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-threads", "2"),
        *("-c:a", "aac", "-b:a", "128k", "-ar", "48000", f"{film.name}.mp4"),
    ]


def _channel(stops: Stops, place: int) -> str:
    """One colour channel as ffmpeg computes it for each line of the picture."""
    values = [(int(colour[2 * place : 2 * place + 2], 16), at) for colour, at in stops]
    expression = str(values[-1][0])
    for (above, top), (below, bottom) in reversed(list(pairwise(values))):
        line = f"{above}+({below - above})*(Y/H-{top})/{bottom - top:.4f}"
        expression = f"if(lt(Y/H,{bottom}),{line},{expression})"
    return expression
