from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from matinee.ingest.pictures import artwork, gallery, ids
from matinee.ingest.pictures.artwork import Picture, candidates, supplied
from matinee.ingest.source import Source, Video
from matinee.ingest.toolchain import installed
from matinee.runtime.errors import Invalid
from matinee.services.catalog.contract import OfferArtwork
from matinee.services.jobs.processes import Processes
from matinee.terms.artwork import Artwork, Shape

TOOLS = installed()
PROGRAMS = Processes(0)


def made(path: Path, *words: str) -> Path:
    subprocess.run([TOOLS.wide_ffmpeg, "-v", "error", "-y", *words, str(path)], check=True, timeout=60)
    return path


def picture(path: Path, graph: str, *words: str) -> Path:
    return made(path, "-f", "lavfi", "-i", graph, "-frames:v", "1", "-update", "1", *words)


def colour(path: Path, x: float = 0.5, y: float = 0.5) -> tuple[int, int, int]:
    """Red, green and blue at a place of a picture, 0 to 1 across and down."""
    crop = f"crop=2:2:'(iw-2)*{x}':'(ih-2)*{y}',scale=1:1,format=rgb24"
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-i", str(path), "-vf", crop, "-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return raw[0], raw[1], raw[2]


def size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    at = next(place for place in range(len(data)) if data[place : place + 2] in {b"\xff\xc0", b"\xff\xc2"})
    height, width = struct.unpack(">HH", data[at + 5 : at + 9])
    return width, height


def whole(pictures: list[Picture], into: Path) -> None:
    """Every width lies there, as JPEG, in the size that the record says."""
    for each in pictures:
        assert each.width == max(each.widths)
        assert size(into / each.folder / f"{each.width}.jpg") == (each.width, each.height)
        for width in each.widths:
            assert size(into / each.folder / f"{width}.jpg")[0] == width


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_candidates_differ_and_are_neither_black_nor_flat(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    parts = (
        *("-f", "lavfi", "-i", "color=black:s=320x180:r=12:d=6"),
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=12:d=6"),
        *("-f", "lavfi", "-i", "color=0x808080:s=320x180:r=12:d=6"),
        *("-f", "lavfi", "-i", "mandelbrot=s=320x180:r=12,trim=duration=6"),
    )
    joined = ("-filter_complex", "[0][1][2][3]concat=n=4:v=1", "-c:v", "libx264", "-preset", "ultrafast", "-g", "24")
    made(film, *parts, *joined)
    source = Source(24_000, 1, "mp4", Video(0, "h264", 320, 180, "12", 24_000))
    found = await candidates(PROGRAMS, TOOLS, film, film, source, tmp_path)
    whole(found, tmp_path)
    assert {each.shape for each in found} == set(Shape)
    wide = [each for each in found if each.shape is Shape.LANDSCAPE]
    assert 2 <= len(wide) <= 5
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    for each in wide:
        seen = {colour(tmp_path / each.folder / "320.jpg", x, 0.3) for x in (0.1, 0.3, 0.5, 0.7, 0.9)}
        assert len(seen) > 2
    assert {path.suffix for path in files(tmp_path)} == {".mp4", ".jpg"}, "nothing is left beside them"


async def test_one_black_frame_of_the_oddest_size_still_gives_a_picture(tmp_path: Path) -> None:
    film = made(tmp_path / "film.mp4", "-f", "lavfi", "-i", "color=black:s=90x160:r=24:d=0.04", "-c:v", "libx264")
    source = Source(42, 1, "mp4", Video(0, "h264", 90, 160, "24", 42))
    found = await candidates(PROGRAMS, TOOLS, film, film, source, tmp_path)
    whole(found, tmp_path)
    assert sorted(each.shape.value for each in found) == ["landscape", "portrait", "square"]


async def test_a_film_that_cannot_be_read_at_a_moment_gives_its_lowest_rung(tmp_path: Path) -> None:
    low = made(tmp_path / "low.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=12:d=4", "-c:v", "libx264")
    broken = tmp_path / "film.mp4"
    broken.write_bytes(b"no film at all")
    source = Source(4000, 1, "mp4", Video(0, "h264", 320, 180, "12", 4000))
    found = await candidates(PROGRAMS, TOOLS, broken, low, source, tmp_path)
    whole(found, tmp_path)
    assert found


async def test_an_upright_poster_serves_upright_and_keeps_its_colours(tmp_path: Path) -> None:
    path = picture(tmp_path / "poster.jpg", "color=red:s=400x600,format=yuvj420p")
    found = await supplied(PROGRAMS, TOOLS, path, tmp_path)
    whole(found, tmp_path)
    assert [(each.shape, each.widths, each.supplied) for each in found] == [(Shape.PORTRAIT, [120, 240], True)]
    red, green, blue = colour(tmp_path / found[0].folder / "240.jpg")
    assert red > 240
    assert max(green, blue) < 15


async def test_the_shape_asked_for_is_cut_whatever_it_costs(tmp_path: Path) -> None:
    path = picture(tmp_path / "poster.png", "testsrc2=s=640x360")
    found = await supplied(PROGRAMS, TOOLS, path, tmp_path, Shape.PORTRAIT)
    whole(found, tmp_path)
    assert [(each.shape, each.width, each.height) for each in found] == [(Shape.PORTRAIT, 240, 360)]
    assert sorted(each.shape.value for each in await supplied(PROGRAMS, TOOLS, path, tmp_path)) == ["landscape"]


async def test_what_shines_through_becomes_black(tmp_path: Path) -> None:
    path = picture(tmp_path / "clear.png", "color=white@0.0:s=320x180,format=rgba")
    (found,) = await supplied(PROGRAMS, TOOLS, path, tmp_path)
    assert max(colour(tmp_path / found.folder / "320.jpg")) < 10


async def test_webp_is_read_too(tmp_path: Path) -> None:
    path = picture(tmp_path / "poster.webp", "color=blue:s=320x320", "-c:v", "libwebp")
    (found,) = await supplied(PROGRAMS, TOOLS, path, tmp_path)
    assert (found.shape, found.width) == (Shape.SQUARE, 240)
    assert colour(tmp_path / found.folder / "240.jpg")[2] > 230


def with_exif(jpeg: bytes, orientation: int, secret: bytes) -> bytes:
    tiff = b"MM\0*\0\0\0\x08\0\x02" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0)
    tiff += struct.pack(">HHII", 0x10E, 2, len(secret), 38) + b"\0\0\0\0" + secret
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff + jpeg[2:]


async def test_a_picture_stands_as_its_camera_was_held_and_tells_nothing_else_of_it(tmp_path: Path) -> None:
    graph = "color=red:s=600x400,drawbox=x=0:y=0:w=150:h=400:c=blue:t=fill,format=yuvj420p"
    path = picture(tmp_path / "photo.jpg", graph)
    path.write_bytes(with_exif(path.read_bytes(), 6, b"at home, 52.5 N 13.4 E\0"))
    (found,) = await supplied(PROGRAMS, TOOLS, path, tmp_path)
    assert (found.shape, found.width, found.height) == (Shape.PORTRAIT, 240, 360)
    poster = tmp_path / found.folder / "240.jpg"
    assert colour(poster, 0.5, 0.05)[2] > 200, "what was left is above"
    assert colour(poster, 0.5, 0.9)[0] > 200
    for file in set(files(tmp_path)) - {path}:
        assert b"at home" not in file.read_bytes()
        assert b"Exif" not in file.read_bytes()


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.webp"])
async def test_a_picture_that_is_not_whole_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    path = picture(tmp_path / name, "testsrc2=s=640x360")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(Invalid, match="damaged"):
        await supplied(PROGRAMS, TOOLS, path, tmp_path)
    assert files(tmp_path) == [path]


async def test_a_picture_larger_than_its_first_bytes_tell_is_not_decoded(tmp_path: Path) -> None:
    small = picture(tmp_path / "small.jpg", "color=red:s=200x200").read_bytes()
    path = picture(tmp_path / "large.jpg", "color=red:s=8000x7000")
    start = small.index(b"\xff\xc0")
    frame = small[start : start + 2 + int.from_bytes(small[start + 2 : start + 4])]
    path.write_bytes(b"\xff\xd8" + frame + path.read_bytes()[2:])
    (tmp_path / "small.jpg").unlink()
    with pytest.raises(Invalid, match="damaged"):
        await supplied(PROGRAMS, TOOLS, path, tmp_path)
    assert files(tmp_path) == [path]


async def test_pictures_go_under_ids_that_whoever_clears_up_knows(tmp_path: Path) -> None:
    path = picture(tmp_path / "poster.jpg", "testsrc2=s=640x360,format=yuvj420p")
    objects = MemoryStore()
    pictures = await supplied(PROGRAMS, TOOLS, path, tmp_path)
    image_id = "img_" + "0123456789abcdef" * 2
    (offered,) = await artwork.put(objects, pictures, tmp_path, ids.of_supplied(image_id))
    assert offered.image.id in ids.every(image_id)
    keys = {meta["path"] for page in objects.list() for meta in page}
    assert keys == {f"images/{offered.image.id}/{width}.jpg" for width in offered.image.widths}
    every = ids.every(image_id)
    assert len(set(every)) == len(every) == 19
    assert all(len(each) == len(image_id) for each in every)


async def test_a_film_is_not_refused_for_want_of_a_picture(tmp_path: Path) -> None:
    """Neither for its frames nor for the poster beside it; an editor hears of both."""
    broken, poster, catalog = tmp_path / "film.mp4", tmp_path / "poster.svg", Offers()
    broken.write_bytes(b"no film at all")
    poster.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    source = Source(4000, 1, "mp4", Video(0, "h264", 320, 180, "12", 4000))
    pictures, found = await gallery.make(PROGRAMS, TOOLS, broken, broken, source, poster, tmp_path)
    assert pictures == []
    assert [each.message.partition(":")[0].partition(".")[0] for each in found] == [
        "The title has no picture",
        "The poster was left out",
    ]
    objects, image_id = MemoryStore(), "img_" + "0" * 32
    await gallery.hang(catalog, objects, "ttl_1", image_id, pictures, tmp_path)  # type: ignore[arg-type]
    assert catalog.offered == []
    good = picture(tmp_path / "poster.jpg", "testsrc2=s=640x360,format=yuvj420p")
    pictures, found = await gallery.make(PROGRAMS, TOOLS, broken, broken, source, good, tmp_path)
    await gallery.hang(catalog, objects, "ttl_1", image_id, pictures, tmp_path)  # type: ignore[arg-type]
    assert len(found) == 1
    assert [(each.shape, each.supplied) for each in catalog.offered] == [(Shape.LANDSCAPE, True)]
    assert catalog.offered[0].image.id in ids.of_supplied(image_id)


class Offers:
    """Of the catalogue only what is offered to it."""

    def __init__(self) -> None:
        self.offered: list[Artwork] = []

    async def offer_artwork(self, message: OfferArtwork) -> None:
        self.offered += message.artwork
