"""Any film ends in a published title that conforms, or in one sentence, and then nothing is left of it.

`PLAYED=all` is the long form: every title in every player, and films of two segments.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from corpus import NAMES, REFUSED, TITLES, Case
from films import ALL_PLAYED, TOOLS, Make, drawing, film, hundred_megapixels, scene
from players import gstreamer, mpv, needs
from screen import SCRIPTS, Screen
from test_segments import check, play, write_manifests
from theatre import Theatre
from workshop import Made, Workshop

from matinee.ingest.contract import Sidecar
from matinee.terms.encode import Encode
from matinee.terms.rendition import Rendition, Track

MANIFESTS = ("master.m3u8", "manifest.mpd")
FEW = ("usual", "larger", "portrait, turned", "29.97 a second", "damaged stream", "no sound", "5.1", "text inside")
PLAYED = tuple(TITLES) if ALL_PLAYED else FEW
ON_SCREEN = [
    ("hls.js", "master.m3u8"),
    ("dash.js", "manifest.mpd"),
    ("Shaka", "manifest.mpd"),
    ("Shaka", "master.m3u8"),
]
STALL_S = 0.25


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


@pytest.fixture(scope="module")
def theatre(workshop: Workshop) -> Iterator[Theatre]:
    made = Theatre(workshop.home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def screen(theatre: Theatre) -> Iterator[Screen]:
    chromium = needs("chromium", "chromium")
    if missing := [script.name for script in SCRIPTS if not script.is_file()]:
        pytest.skip(f"{', '.join(missing)} are not installed; in web/: npm ci")
    made = Screen(chromium, f"{theatre.url}/screens")
    yield made
    made.close()


@pytest.fixture(scope="module")
def prepared(
    workshop: Workshop, theatre: Theatre, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Made, Encode]]:
    """Each title of the corpus, made once, with the manifests that a session would get."""

    @cache
    def prepare(name: str) -> tuple[Made, Encode]:
        path = tmp_path_factory.mktemp("sent") / f"film.{TITLES[name].suffix}"
        TITLES[name].make(path)
        made = workshop.prepare(path)
        assert made.sentence == ""
        assert made.encode is not None
        write_manifests(made.encode, made.root, f"{theatre.url}/steering")
        return made, made.encode

    return prepare


Prepared = Callable[[str], tuple[Made, Encode]]


@pytest.mark.parametrize("name", TITLES)
def test_it_becomes_a_title(name: str, prepared: Prepared) -> None:
    case = TITLES[name]
    made, encode = prepared(name)
    assert made.source is not None
    check(made.source, encode, made.root)
    check_tracks(case, encode)
    assert {finding.kind for finding in made.source.findings} == case.findings
    assert all(sentence.endswith(".") for sentence in made.notes)
    best = pictures(encode)[0]
    if case.circle:
        check_circle(made.root, best, case.circle)
        check_circle(made.root, pictures(encode)[-1], case.circle)
    for manifest in MANIFESTS:
        play(made.root / manifest, seconds=encode.duration_ms / 1000)
    if not case.unsynced:
        check_sync(made.root / "master.m3u8", case)


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


def check_sync(master: Path, case: Case) -> None:
    """The flash and the beep of every track come together, when they should, as a player has them."""
    flash = flash_at(master)
    assert abs(flash - case.flash) <= 1 / Fraction(case.rate) + Fraction(1, 1000)
    beeps = [beep_at(master, place, after=flash - 0.5) for place in range(len(case.sounds))]
    assert all(abs(flash - beep) <= 0.02 for beep in beeps), (flash, beeps)


def reading(master: Path) -> list[str]:
    """The start of a command that reads a film with the times that it has."""
    return [TOOLS.wide_ffmpeg, "-v", "error", "-allowed_extensions", "ALL", "-copyts", "-i", str(master)]


def flash_at(master: Path) -> float:
    command = [*reading(master), "-map", "0:v:0"]
    command += ["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null", "-"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.findall(r"pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)", said)
    return next(float(at) for at, level in found if float(level) > 190)


def beep_at(master: Path, track: int, after: float = 0) -> float:
    """When it becomes loud; what is damaged may crackle before."""
    command = [*reading(master), "-map", f"0:a:{track}"]
    command += ["-af", "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-"]
    said = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    since = max(0, round(after * 48000))
    levels = memoryview(said).cast("h")[since:]
    enough = max(levels) * 0.4
    return next(place for place, level in enumerate(levels, since) if level > enough) / 48000


@pytest.mark.parametrize("manifest", MANIFESTS)
@pytest.mark.parametrize("name", PLAYED)
def test_mpv_plays_it_to_the_end(
    name: str, manifest: str, prepared: Prepared, theatre: Theatre, tmp_path: Path
) -> None:
    made, encode = prepared(name)
    reached = mpv(theatre.address(made.root / manifest), tmp_path)
    assert reached == pytest.approx(encode.duration_ms / 1000, abs=0.15)
    assert theatre.troubled() == []


@pytest.mark.parametrize("manifest", MANIFESTS)
@pytest.mark.parametrize("name", PLAYED)
def test_gstreamer_plays_it_to_the_end(
    name: str, manifest: str, prepared: Prepared, theatre: Theatre, tmp_path: Path
) -> None:
    made, encode = prepared(name)
    ends = gstreamer(theatre.address(made.root / manifest), tmp_path)
    assert ends.keys() == ({"pictures", "sounds"} if TITLES[name].sounds else {"pictures"})
    passed_over = 2 / Fraction(TITLES[name].rate)  # GStreamer 1.22 does not read where an edit list begins
    nearly = pytest.approx(encode.duration_ms / 1000, abs=0.07 + float(passed_over))
    assert all(end == nearly for end in ends.values()), ends
    assert theatre.troubled() == []


@pytest.mark.browser
@pytest.mark.parametrize("name", PLAYED)
def test_the_players_of_browsers_play_it_to_the_end(
    name: str, prepared: Prepared, theatre: Theatre, screen: Screen
) -> None:
    made, encode = prepared(name)
    case, seconds = TITLES[name], encode.duration_ms / 1000
    assert screen.undecodable(media_types(encode)) == []
    showings = screen.show([(player, theatre.address(made.root / manifest)) for player, manifest in ON_SCREEN])
    for (player, manifest), seen in zip(ON_SCREEN, showings, strict=True):
        told = f"{player}, {manifest}: {seen}"
        assert (seen.faults, seen.seeks, seen.ended, seen.holes) == ([], [], True, 0), told
        assert (seen.at, seen.lasts) == (pytest.approx(seconds, abs=0.1), pytest.approx(seconds, abs=0.1)), told
        assert seen.width / seen.height == pytest.approx(case.size[0] / case.size[1], rel=0.02), told
        assert seen.frames >= seconds * Fraction(case.rate) / 2, told
        assert (seen.heard > 0) == bool(case.sounds), told
        assert max(seen.stood, seen.leapt) <= STALL_S, told
    assert theatre.troubled() == []


def media_types(encode: Encode) -> list[str]:
    """The types that a browser is asked for, of all renditions of picture and sound."""
    kinds = {Track.VIDEO: "video/mp4", Track.AUDIO: "audio/mp4"}
    return [f'{kinds[one.track]}; codecs="{one.codecs}"' for one in encode.renditions if one.track in kinds]


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
