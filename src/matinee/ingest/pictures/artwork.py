"""Artwork of a film: its best frames, or what people supplied, cut to the client's shapes around what there is to see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct
from obstore.store import ObjectStore

from matinee.backends.objects import stored
from matinee.ingest.encoding import mends
from matinee.ingest.encoding.ladder import ladder
from matinee.ingest.pictures import formats, frames
from matinee.ingest.pictures.formats import MOST_PIXELS, Format, Header
from matinee.ingest.pictures.frames import Frame
from matinee.ingest.pictures.ids import FRAMES
from matinee.ingest.source import Source
from matinee.ingest.toolchain import GUARDS, READ_ONLY_FILES, Toolchain, about
from matinee.runtime.errors import Invalid, MatineeError, OutOfSpace
from matinee.services.jobs.programs import Programs
from matinee.terms.artwork import Artwork, Poster, Shape

SIDES = {
    Shape.LANDSCAPE: (16, 9, (160, 320, 640, 1280, 1920)),
    Shape.PORTRAIT: (2, 3, (120, 240, 480, 720)),
    Shape.SQUARE: (1, 1, (120, 240, 480, 720)),
}
"""Across, down, and the widths in pixels; never more than the picture has."""
_LARGE = 640
_LONGEST = 2880
_KEPT = 0.7
"""A supplied picture serves a shape that shows this much of it."""
_SHARE_WEIGHT = 1.5
_READERS = {Format.JPEG: "jpeg_pipe", Format.PNG: "png_pipe", Format.WEBP: "webp_pipe"}
_FLATTENED = "format=gbrap,premultiply=inplace=1,format=gbrp"
"""Onto black, as the client's pages are."""


class Picture(Struct, frozen=True):
    """Artwork in a folder: `{folder}/{width}.jpg` for each of `widths`, the largest `width` by `height`."""

    folder: str
    shape: Shape
    width: int
    height: int
    widths: list[int]
    score: float
    supplied: bool = False


class Cut(Struct, frozen=True):
    """Which part of a picture of a known size one shape shows, and how much of what there is to see that holds, 0 to 1."""

    shape: Shape
    x: int
    y: int
    width: int
    height: int
    share: float

    @property
    def widths(self) -> list[int]:
        """Those in which it is stored."""
        stored = [width for width in SIDES[self.shape][2] if width <= self.width]
        return stored or [self.width]

    def height_at(self, width: int) -> int:
        """Pixels down where it is this wide."""
        across, down, _ = SIDES[self.shape]
        return max(1, round(width * down / across))


class Input(Struct, frozen=True):
    """A decoded picture: the program and its words up to the input, and the filters that make `width` by `height` of it."""

    words: tuple[str, ...]
    filters: str
    width: int
    height: int


async def candidates(
    programs: Programs, tools: Toolchain, film: Path, low: Path, source: Source, into: Path
) -> list[Picture]:
    """The film's best frames that differ from each other, each in every shape, the best first.

    `low` is the lowest rung, to choose by; they are cut from the `film` itself, mended as its renditions are, so that artwork
    is there before those. Raises OutOfSpace.
    """
    found = await frames.survey(programs, tools, low, source.duration_ms / 1000, into)
    made: list[Picture] = []
    for number, frame in enumerate(frames.different(found, FRAMES)):
        made += await _of_frame(programs, tools, film, low, source, frame, into, f"frame-{number}")
    if not made:
        raise MatineeError("The film gave no frame to make artwork of.")
    return sorted(made, key=lambda picture: -picture.score)


async def supplied(
    programs: Programs, tools: Toolchain, path: Path, into: Path, shape: Shape | None = None
) -> list[Picture]:
    """What a picture file gives: the shape asked for, else those that show most of it. Always encoded anew, without metadata.

    Raises Invalid with one sentence where it is no picture that is accepted, OutOfSpace.
    """
    header = await asyncio.to_thread(_header, path)
    plain = into / "upright.ppm"
    try:
        width, height = await _upright(programs, tools, path, header.format, plain)
        words = ("-f", "ppm_pipe", "-i", about(str(plain)))
        frame = await frames.look(programs, tools.wide_ffmpeg, words, into)
        if frame is None:
            raise MatineeError("The picture could not be looked at.")
        cuts = [cut(each, width, height, frame) for each in ([shape] if shape else Shape)]
        kept = {each.shape: each.width * each.height / (width * height) for each in cuts}
        serving = [each for each in cuts if kept[each.shape] >= min(_KEPT, max(kept.values()))]
        taken = Input((tools.wide_ffmpeg, *READ_ONLY_FILES, *words), "[0:v:0]null", width, height)
        if not await _write(programs, taken, serving, into, "supplied"):
            raise MatineeError("The picture could not be cut to shape.")
    finally:
        plain.unlink(missing_ok=True)
    return [_picture(each, "supplied", kept[each.shape], supplied=True) for each in serving]


def cut(shape: Shape, width: int, height: int, frame: Frame) -> Cut:
    """The part of the frame, as large as it may be, that holds the most of what there is to see."""
    across, down, _ = SIDES[shape]
    wide, tall = min(width, height * across // down), min(height, width * down // across)
    left, share = frames.window(frame.columns(), wide / width)
    top, within = frames.window(frame.rows(), tall / height)
    x, y = round(left * width), round(top * height)
    return Cut(shape, min(x, width - wide), min(y, height - tall), wide, tall, share * within)


async def put(objects: ObjectStore, pictures: Sequence[Picture], root: Path, ids: Iterable[str]) -> list[Artwork]:
    """Puts the pictures under `images/{id}/`, each with the next of the ids, and answers what to offer the catalogue."""
    artwork: list[Artwork] = []
    for picture, image_id in zip(pictures, ids, strict=False):
        for width in picture.widths:
            name = f"{width}.jpg"
            await stored.put_file(objects, f"images/{image_id}/{name}", root / picture.folder / name)
        image = Poster(image_id, picture.width, picture.height, picture.widths)
        artwork.append(Artwork(image, picture.shape, picture.score, picture.supplied))
    return artwork


async def _of_frame(  # noqa: PLR0913, PLR0917 - what is cut, with what, of what, into what
    programs: Programs,
    tools: Toolchain,
    film: Path,
    low: Path,
    source: Source,
    frame: Frame,
    into: Path,
    name: str,
) -> list[Picture]:
    """One frame in every shape; from the lowest rung where the film cannot be read from there."""
    for taken in ([_of_film(tools, film, source, frame.at)] if source.seekable else []) + [
        _of_rung(tools, low, source, frame.at)
    ]:
        cuts = [cut(shape, taken.width, taken.height, frame) for shape in Shape]
        if await _write(programs, taken, cuts, into, name):
            scores = [frames.score(frame) + _SHARE_WEIGHT * each.share for each in cuts]
            return [_picture(each, name, score) for each, score in zip(cuts, scores, strict=True)]
    return []


def _of_film(tools: Toolchain, film: Path, source: Source, at: float) -> Input:
    rung = ladder(source.video.width, source.video.height)[0]
    ffmpeg = tools.wide_ffmpeg if mends.needs_wide(source) else tools.ffmpeg
    scale = f"scale={rung.width}:{rung.height}:flags=bicubic,setsar=1"
    filters = f"[0:{source.video.index}]" + ",".join([*mends.picture(source), scale])
    return Input((ffmpeg, *GUARDS, *_from(at), "-i", about(str(film))), filters, rung.width, rung.height)


def _of_rung(tools: Toolchain, low: Path, source: Source, at: float) -> Input:
    rung = ladder(source.video.width, source.video.height)[-1]
    return Input((tools.ffmpeg, *GUARDS, *_from(at), "-i", about(str(low))), "[0:v:0]null", rung.width, rung.height)


def _from(at: float) -> tuple[str, ...]:
    """A little before, since times are rounded."""
    return ("-ss", f"{max(0.0, at - 0.005):.3f}")


async def _upright(programs: Programs, tools: Toolchain, path: Path, form: Format, plain: Path) -> tuple[int, int]:
    """Decodes what someone sent, once: turned as its camera was held, without what shines through, no larger than needed.
    Answers its size."""
    smaller = f"scale='min({_LONGEST},iw)':'min({_LONGEST},ih)':force_original_aspect_ratio=decrease:flags=area"
    command = [
        *(tools.wide_ffmpeg, "-v", "error", "-nostdin", "-y", *READ_ONLY_FILES, "-xerror", "-err_detect", "explode"),
        *("-max_pixels", str(MOST_PIXELS)),  # a file may hold another picture than its first bytes tell of
        *("-f", _READERS[form], "-i", about(str(path)), "-vf", f"{_FLATTENED},{smaller},format=rgb24"),
        *("-frames:v", "1", "-update", "1", "-c:v", "ppm", "-f", "image2", about(str(plain))),
    ]
    ended = await programs.run(command)
    if ended.disk_full:
        raise OutOfSpace("There was no room on the disk for the picture.")
    found = await asyncio.to_thread(_size, plain)
    if ended.code != 0 or found is None:
        raise Invalid("The picture is damaged and cannot be read.")
    return found


def _header(path: Path) -> Header:
    with path.open("rb") as file:
        return formats.checked(file.read(formats.HEAD), path.stat().st_size)


def _size(ppm: Path) -> tuple[int, int] | None:
    if not ppm.is_file():
        return None
    with ppm.open("rb") as file:
        _, width, height, *_ = file.read(64).split()
    return int(width), int(height)


async def _write(programs: Programs, taken: Input, cuts: Sequence[Cut], into: Path, name: str) -> bool:
    """The first picture of an input in all sizes of these cuts; False where it gave none. Raises OutOfSpace."""
    wanted = [into / _folder(name, each) / f"{width}.jpg" for each in cuts for width in each.widths]
    await asyncio.to_thread(_make_folders, wanted)
    ffmpeg, *words = taken.words
    ended = await programs.run([ffmpeg, "-v", "error", "-nostdin", "-y", *words, *_outputs(taken, cuts, into, name)])
    if ended.disk_full:
        raise OutOfSpace("There was no room on the disk for the artwork.")
    return ended.code == 0 and await asyncio.to_thread(lambda: all(path.is_file() for path in wanted))


def _make_folders(paths: Sequence[Path]) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)


def _outputs(taken: Input, cuts: Sequence[Cut], into: Path, name: str) -> list[str]:
    graph = [f"{taken.filters},split={len(cuts)}" + "".join(f"[{each.shape.value}]" for each in cuts)]
    outputs: list[str] = []
    for each in cuts:
        graph += _sizes(each)
        for width in each.widths:
            outputs += ["-map", f"[{each.shape.value}{width}]", "-frames:v", "1", "-update", "1", "-map_metadata", "-1"]
            outputs += ["-pix_fmt", "yuvj420p", "-q:v", "4" if width >= _LARGE else "3"]
            outputs.append(about(str(into / _folder(name, each) / f"{width}.jpg")))
    return ["-filter_complex", ";".join(graph), *outputs]


def _sizes(of: Cut) -> list[str]:
    """One cut in all its widths, each reduced from the next larger one."""
    source, first = of.shape.value, f"crop={of.width}:{of.height}:{of.x}:{of.y}:exact=1,"
    graph: list[str] = []
    for width in sorted(of.widths, reverse=True):
        pad = f"{of.shape.value}{width}"
        scale = f"{first}scale={width}:{of.height_at(width)}:flags=lanczos:out_color_matrix=bt601,setsar=1"
        last = width == min(of.widths)
        graph.append(f"[{source}]{scale}" + (f"[{pad}]" if last else f",split[{pad}][{pad}-smaller]"))
        source, first = f"{pad}-smaller", ""
    return graph


def _picture(of: Cut, name: str, score: float, *, supplied: bool = False) -> Picture:
    widest = max(of.widths)
    return Picture(_folder(name, of), of.shape, widest, of.height_at(widest), of.widths, score, supplied)


def _folder(name: str, of: Cut) -> str:
    return f"{name}-{of.shape.value}"
