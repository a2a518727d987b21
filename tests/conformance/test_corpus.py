"""Any film ends in a published title that conforms, or in one sentence, and then nothing is left of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from corpus import NAMES, REFUSED, TITLES, Case
from films import TOOLS, Make, drawing, film, hundred_megapixels, scene
from test_segments import check, play, write_manifests
from workshop import Workshop

from matinee.ingest.contract import Sidecar
from matinee.terms.encode import Encode
from matinee.terms.rendition import Rendition, Track


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    made = Workshop(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film as it should be, for tests of what is beside it."""
    path = tmp_path_factory.mktemp("plain") / "film.mp4"
    film(picture=scene(160, 90, seconds=1))(path)
    return path


@pytest.mark.parametrize("name", TITLES)
def test_it_becomes_a_title(name: str, workshop: Workshop, tmp_path: Path) -> None:
    case = TITLES[name]
    path = tmp_path / f"film.{case.suffix}"
    case.make(path)
    made = workshop.prepare(path)
    assert made.sentence == ""
    assert made.encode is not None
    assert made.source is not None
    check(made.source, made.encode, made.root)
    check_tracks(case, made.encode)
    assert {finding.kind for finding in made.source.findings} == case.findings
    assert all(sentence.endswith(".") for sentence in made.notes)
    best = pictures(made.encode)[0]
    if case.circle:
        check_circle(made.root, best, case.circle)
        check_circle(made.root, pictures(made.encode)[-1], case.circle)
    write_manifests(made.encode, made.root)
    for manifest in ("master.m3u8", "manifest.mpd"):
        play(made.root / manifest, seconds=made.encode.duration_ms / 1000)
    if case.synced:
        check_sync(made.root / "master.m3u8", Fraction(best.frame_rate))


def pictures(encode: Encode) -> list[Rendition]:
    return [one for one in encode.renditions if one.track is Track.VIDEO]


def check_tracks(case: Case, encode: Encode) -> None:
    best = max(pictures(encode), key=lambda one: one.width)
    assert (best.width, best.height) == case.size
    assert Fraction(best.frame_rate) == Fraction(case.rate)
    assert len(pictures(encode)) == case.rungs
    if case.seconds:
        assert abs(encode.duration_ms / 1000 - case.seconds) <= 1 / Fraction(case.rate) + Fraction(1, 1000)
    heard = [(one.language, one.channels, one.role) for one in encode.renditions if one.track is Track.AUDIO]
    read = [(one.language, one.role) for one in encode.renditions if one.track is Track.TEXT]
    assert sorted(heard) == sorted(case.sounds)
    assert sorted(read) == sorted(case.texts)


def check_circle(root: Path, rung: Rendition, part: float) -> None:
    """The circle in the middle is round, in the middle, and as large as it should be."""
    width, height = rung.width, rung.height
    media = root / rung.folder / "main.m3u8"
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-allowed_extensions", "ALL", "-i", str(media)]
    done = subprocess.run(
        [*command, "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    frame = done.stdout
    assert len(frame) == width * height
    across = bright(frame[height // 2 * width : (height // 2 + 1) * width])
    down = bright(frame[width // 2 :: width])
    wanted = part * height
    for (start, end), length in ((across, width), (down, height)):
        assert abs(end - start - wanted) <= max(2.5, 0.02 * wanted), (across, down, wanted)
        assert abs((start + end) / 2 - length / 2) <= 1.5, (across, down)


def bright(line: bytes) -> tuple[int, int]:
    """From where to where the run around the middle is bright."""
    middle = len(line) // 2
    start = next((place for place in range(middle, -1, -1) if line[place] < 158), -1) + 1
    end = next((place for place in range(middle, len(line)) if line[place] < 158), len(line))
    return start, end


def check_sync(master: Path, rate: Fraction) -> None:
    """The flash and the beep come together at one second, as a player has them."""
    flash, beep = flash_at(master), beep_at(master)
    assert abs(flash - 1) <= 1 / rate + Fraction(1, 1000)
    assert abs(flash - beep) <= 0.02


def reading(master: Path) -> list[str]:
    """The start of a command that reads a film with the times that it has."""
    return [TOOLS.wide_ffmpeg, "-v", "error", "-allowed_extensions", "ALL", "-copyts", "-i", str(master)]


def flash_at(master: Path) -> float:
    command = [*reading(master), "-map", "0:v:0"]
    command += ["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.findall(r"pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)", said)
    return next(float(at) for at, level in found if float(level) > 190)


def beep_at(master: Path) -> float:
    command = [*reading(master), "-map", "0:a:0"]
    command += ["-af", "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-"]
    said = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    levels = memoryview(said).cast("h")
    enough = max(levels) * 0.4
    return next(place for place, level in enumerate(levels) if level > enough) / 48000


@pytest.mark.parametrize("name", REFUSED)
def test_it_ends_in_one_sentence(name: str, workshop: Workshop, tmp_path: Path) -> None:
    case = REFUSED[name]
    path = tmp_path / f"film.{case.suffix}"
    case.make(path)
    before = workshop.titles()
    assert workshop.prepare(path).sentence == case.sentence
    assert workshop.titles() == before


@pytest.mark.parametrize("name", NAMES)
def test_any_name(name: str, workshop: Workshop, tmp_path: Path, plain: Path) -> None:
    shutil.copy(plain, tmp_path / name)
    made = workshop.prepare(tmp_path / name)
    assert (made.sentence, made.encode is not None) == ("", True)


def test_a_loop_of_links(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    assert workshop.prepare(tmp_path / "a.mp4").sentence == f"There is no file {tmp_path / 'a.mp4'}."


def test_a_folder_that_vanishes(workshop: Workshop, tmp_path: Path, plain: Path) -> None:
    """What was handed over is safe; what was not is missed by name."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a.mp4", "b.mp4"):
        shutil.copy(plain, folder / name)
    began = workshop.begin(folder / "a.mp4")
    shutil.rmtree(folder)
    assert workshop.finish(began).sentence == ""
    assert workshop.prepare(folder / "b.mp4").sentence == f"There is no file {folder / 'b.mp4'}."


def test_subtitles_that_are_a_bomb(workshop: Workshop, tmp_path: Path, plain: Path) -> None:
    """A hundred megabytes of words, packed: as a zip file, and as what comes out of it."""
    packed, unpacked = tmp_path / "packed.srt", tmp_path / "unpacked.srt"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("words.srt", b"A" * (100 << 20))
    with unpacked.open("wb") as file:
        file.truncate(100 << 20)
    for words in (packed, unpacked):
        before = workshop.titles()
        said = workshop.prepare(plain, [Sidecar(str(words), "en")]).sentence
        assert said.startswith("The subtitle file")
        assert said.endswith(".")
        assert workshop.titles() == before


@pytest.mark.parametrize(
    ("make", "said"),
    [(drawing, "Drawings (SVG) are not accepted"), (hundred_megapixels, "The picture has 10000 by 10000 points")],
)
def test_a_poster_that_cannot_be_one(workshop: Workshop, tmp_path: Path, plain: Path, make: Make, said: str) -> None:
    """The film is published with pictures of its own, and its editor told."""
    poster = tmp_path / "poster.png"
    make(poster)
    made = workshop.prepare(plain, poster=poster)
    assert made.sentence == ""
    assert any(said in note for note in made.notes), made.notes
