"""One poster from a film's own frames: of several candidates the one that is neither dark nor blurred nor grey."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from msgspec import Struct

from matinee.ingest.toolchain import Toolchain, about
from matinee.runtime.errors import MatineeError
from matinee.services.jobs.programs import Programs

WIDTHS = (160, 320, 640, 1280)
_CANDIDATES = 9
_FROM, _TO = 0.08, 0.85
"""Between these parts of the film candidates stand: after its title, before its credits."""
_STAT = re.compile(r"lavfi\.([\w.]+)=(-?[\d.]+)")


class Candidate(Struct, frozen=True):
    """A frame at this second: mean brightness and saturation 0 to 255, `detail` the entropy of brightness 0 to 1, `blur` the
    mean width of its edges in pixels, zero where it has none."""

    at: float
    brightness: float
    saturation: float
    detail: float
    blur: float


def score(candidate: Candidate) -> float:
    """Higher is a better poster. A frame that is almost black or white can be no more than a last resort."""
    exposure = 1 - abs(candidate.brightness - 115) / 140
    colour = min(1.0, candidate.saturation / 60)
    sharp = min(1.0, 1 / candidate.blur) if candidate.blur > 0 else 0.0
    rating = 1.2 * exposure + colour + 0.9 * sharp + 1.1 * candidate.detail
    return rating - (2 if not 22 <= candidate.brightness <= 235 else 0)


async def poster(
    programs: Programs, tools: Toolchain, film: Path, small: Path, duration_s: float, into: Path
) -> list[int]:
    """Writes `{width}.jpg`, cut to 16:9, for each of the widths it answers. `small` is the film in few pixels, to choose by."""
    found = [await _look(programs, tools, small, at) for at in moments(duration_s)]
    seen = [candidate for candidate in found if candidate is not None]
    best = max(seen, key=score) if seen else None
    at = f"{best.at:.3f}" if best else "0"
    cropped = "crop='min(iw,ih*16/9)':'min(ih,iw*9/16)'"
    branches = "".join(f"[p{width}]" for width in WIDTHS)
    scaled = ";".join(f"[p{w}]scale={w}:{w * 9 // 16}:flags=lanczos,setsar=1[o{w}]" for w in WIDTHS)
    command = [
        *(tools.ffmpeg, "-v", "error", "-nostdin", "-y", "-ss", at, "-i", about(str(film))),
        *("-filter_complex", f"[0:v:0]{cropped},split={len(WIDTHS)}{branches};{scaled}"),
    ]
    for width in WIDTHS:
        quality = "4" if width >= 640 else "3"
        command += [*("-map", f"[o{width}]", "-frames:v", "1", "-update", "1", "-pix_fmt", "yuvj420p"), "-q:v", quality]
        command.append(about(str(into / f"{width}.jpg")))
    ended = await programs.run(command)
    if ended.code != 0 or not (into / f"{WIDTHS[-1]}.jpg").is_file():
        raise MatineeError(f"No poster could be made: {ended.last_words}")
    return list(WIDTHS)


def moments(duration_s: float) -> list[float]:
    """The seconds at which candidates stand."""
    first, last = Fraction(_FROM) * Fraction(duration_s), Fraction(_TO) * Fraction(duration_s)
    return [float(first + (last - first) * place / (_CANDIDATES - 1)) for place in range(_CANDIDATES)]


async def _look(programs: Programs, tools: Toolchain, film: Path, at: float) -> Candidate | None:
    """Measures the frame at one second; decoding begins at the key frame before it."""
    graph = "scale=320:-2,format=yuv420p,signalstats,entropy,blurdetect,metadata=print:file=-"
    command = [
        *(tools.ffmpeg, "-v", "error", "-nostdin", "-ss", f"{at:.3f}", "-i", about(str(film))),
        *("-map", "0:v:0", "-frames:v", "1", "-vf", graph, "-f", "null", "-"),
    ]
    stats: dict[str, float] = {}

    def on_line(line: str) -> None:
        if found := _STAT.match(line):
            stats[found[1]] = float(found[2])

    await programs.run(command, on_line=on_line)
    try:
        return Candidate(
            at=at,
            brightness=stats["signalstats.YAVG"],
            saturation=stats["signalstats.SATAVG"],
            detail=stats["entropy.normalized_entropy.normal.Y"],
            blur=stats.get("blur", 0.0),
        )
    except KeyError:  # no frame there
        return None
