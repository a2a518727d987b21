"""The whole pipeline beside one plain ffmpeg command: inspection, encode, packaging and publishing of a film, against a command
that with one decode makes the same renditions and nothing else.

The film is a minute of generated 1080p24 at 12 Mb/s with detail and motion, repeated to the length asked for. CPU time is
all that a process and its children took. `--seconds` makes it shorter; the figures are promised for ten minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.harness import Rounds
from matinee.backends.objects.open import open as open_objects
from matinee.backends.sql.open import open as open_database
from matinee.ingest.contract import ByPreparation, Ingest, Phase, Start
from matinee.ingest.encoding.ladder import ladder
from matinee.ingest.encoding.settings import Encoding
from matinee.ingest.limits import Limits
from matinee.ingest.scratch import Scratch
from matinee.ingest.service import Service
from matinee.ingest.steps import Steps
from matinee.ingest.toolchain import installed
from matinee.ingest.worker import IngestWorker
from matinee.runtime.clock import SystemClock
from matinee.runtime.ids import Ids
from matinee.runtime.rpc.channel import LocalChannel, connect
from matinee.services.catalog.contract import Catalog
from matinee.services.catalog.service import Service as CatalogService
from matinee.services.fill.contract import Fill
from matinee.services.fill.service import Service as FillService
from matinee.services.jobs.contract import Jobs
from matinee.services.jobs.open import open as open_programs
from matinee.services.jobs.service import Service as JobsService
from matinee.services.playback.contract import Playback
from matinee.services.playback.masters import Masters
from matinee.services.playback.service import Service as PlaybackService
from matinee.terms.title import Metadata

PIECE_S, FPS, GOP, CORES = 60, 24, 48, 2
WHOLE_S, CHUNK_S = 3600.0, 48.0


class Run(Struct, frozen=True):
    """`plays_s` is when the film could first be played."""

    cpu_s: float
    wall_s: float
    plays_s: float


def film(folder: Path, seconds: int) -> Path:
    """A picture that zooms without end, under noise, with a smaller one moving over it."""
    piece, whole = folder / "piece.mp4", folder / "film.mp4"
    moving = "overlay=x='480+300*sin(t/2)':y='270+200*cos(t/3)'"
    rate = ("-b:v", "12M", "-maxrate", "14M", "-bufsize", "24M", "-g", "240")
    _ffmpeg(
        *("-f", "lavfi", "-i", f"mandelbrot=s=1920x1080:r={FPS}:end_pts=400:bailout=5"),
        *("-f", "lavfi", "-i", f"testsrc2=s=960x540:r={FPS}", "-f", "lavfi", "-i", "sine=f=440:r=48000"),
        *(
            "-filter_complex",
            f"[0:v]noise=alls=8:allf=t[a];[a][1:v]{moving},format=yuv420p[v];[2:a]aformat=cl=stereo[s]",
        ),
        *("-map", "[v]", "-map", "[s]", "-t", str(min(PIECE_S, seconds)), "-c:v", "libx264", "-preset", "fast", *rate),
        *("-c:a", "aac", "-b:a", "192k", str(piece)),
    )
    _ffmpeg("-stream_loop", "-1", "-i", str(piece), "-t", str(seconds), "-c", "copy", str(whole))
    return whole


def plain(source: Path, folder: Path) -> list[str]:
    """The command that a person would write: one decode, every rung, the sound."""
    rungs = ladder(1920, 1080)
    split = f"[0:v]format=yuv420p,split={len(rungs)}" + "".join(f"[s{rung.name}]" for rung in rungs)
    scales = [f"[s{r.name}]scale={r.width}:{r.height}:flags=bicubic,setsar=1[{r.name}]" for r in rungs]
    command = [installed().ffmpeg, "-v", "error", "-nostdin", "-y", "-i", str(source)]
    command += ["-filter_complex", ";".join([split, *scales])]
    for rung in rungs:
        command += ["-map", f"[{rung.name}]", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"]
        command += ["-crf", "23", "-maxrate", f"{rung.kbps}k", "-bufsize", f"{2 * rung.kbps}k", "-g", str(GOP)]
        command += ["-keyint_min", str(GOP), "-sc_threshold", "0", "-bf", "3", "-x264-params", "open-gop=0"]
        command.append(str(folder / f"{rung.name}.mp4"))
    return [*command, "-map", "0:a", "-c:a", "aac", "-b:a", "128k", str(folder / "a0.mp4")]


def measured_plain(source: Path) -> Run:
    """The plain command, to its end."""
    with tempfile.TemporaryDirectory() as folder:
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(plain(source, Path(folder)), check=True)
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - begun
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(cpu, wall, wall)


def measured(source: Path, chunk_s: float) -> Run:
    """The pipeline in a process of its own, with a catalogue and appliances' manifest, until the film is complete."""
    command = [sys.executable, "-m", "bench.ingest", "--prepare", str(source), "--chunk", str(chunk_s)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Run)


async def prepare(source: Path, home: Path, chunk_s: float) -> Run:
    """Prepares the film in a fresh house at `home`."""
    begun = time.monotonic()
    clock = SystemClock()
    ids, objects = Ids(clock), open_objects(f"file://{home}/objects")
    packages = {name: f"matinee.services.{name}" for name in ("jobs", "catalog", "fill", "playback")}
    stores = {
        name: open_database(f"sqlite:///{home}/{name}.db", migrations=package)
        for name, package in {**packages, "ingest": "matinee.ingest"}.items()
    }
    jobs = connect(Jobs, LocalChannel(JobsService(stores["jobs"], clock, ids)))
    catalog = connect(Catalog, LocalChannel(CatalogService(stores["catalog"], clock, ids)))
    fill = connect(Fill, LocalChannel(FillService(stores["fill"])))
    service = Service(stores["ingest"], objects, jobs, catalog, clock, ids, Limits(), Encoding(chunk_s=chunk_s))
    ingest = connect(Ingest, LocalChannel(service))
    scratch = Scratch(home / "scratch", objects, 0)
    keys = PlaybackService(stores["playback"], clock, ids, [b"session" * 5], Masters([b"m" * 32]))
    playback, programs = connect(Playback, LocalChannel(keys)), open_programs("processes:")
    steps = Steps(catalog, fill, playback, objects, programs, installed(), scratch, clock)
    running = asyncio.create_task(IngestWorker(jobs, steps, scratch, "bench", CORES).run())
    film = await ingest.start(Start("film", str(source), source.name, Metadata("The film")))
    plays = 0.0
    while film.phase is not Phase.PLAYABLE:
        if film.phase is Phase.FAILED:
            raise SystemExit(film.message)
        await asyncio.sleep(0.2)
        film = await ingest.preparation(ByPreparation(film.id))
        if not plays and film.phase in {Phase.IMPROVING, Phase.PLAYABLE}:
            plays = time.monotonic() - begun
    wall = time.monotonic() - begun
    running.cancel()
    for store in stores.values():
        await store.close()
    return Run(_cpu_s(), wall, plays)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _ffmpeg(*arguments: str) -> None:
    subprocess.run([installed().ffmpeg, "-v", "error", "-nostdin", "-y", *arguments], check=True)


def main() -> None:
    """Three rounds of the plain command, the pipeline on the whole film, and in chunks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--chunk", type=float, default=CHUNK_S, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        if asked.prepare:
            run = asyncio.run(prepare(asked.prepare, Path(home), asked.chunk))
            print(json.dumps(msgspec.to_builtins(run)))
            return
        source = film(Path(home), asked.seconds)
        print(f"{asked.seconds} s of 1080p24, {source.stat().st_size * 8 / asked.seconds / 1e6:.1f} Mb/s")
        print(" ".join(plain(Path("film.mp4"), Path())))
        rounds = Rounds()
        for _ in range(asked.rounds):
            peer, whole, cut = measured_plain(source), measured(source, WHOLE_S), measured(source, CHUNK_S)
            print(f"plain {peer}\nwhole {whole}\nchunks {cut}", flush=True)
            rounds.ratio("cpu_ratio", whole.cpu_s, peer.cpu_s)
            rounds.ratio("chunked_cpu_ratio", cut.cpu_s, peer.cpu_s)
            rounds.ratio("first_playable_ratio", cut.plays_s, peer.wall_s)
            rounds.ratio("wall_ratio", cut.wall_s, peer.wall_s)
        version = subprocess.run([installed().ffmpeg, "-version"], capture_output=True, text=True, check=True).stdout
        rounds.report("ingest", {"ffmpeg": version.split()[2]})


if __name__ == "__main__":
    main()
