from __future__ import annotations

import os
from pathlib import Path

import pytest

from matinee.ingest.contract import InSeries, Protection, Sidecar
from matinee.ingest.folders import ordering, walk
from matinee.runtime.errors import Invalid
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Role
from matinee.terms.title import Metadata


def touch(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def reasons(looked: walk.Looked) -> dict[str, str]:
    return {each.path.name: each.why for each in looked.ignored}


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "film.mkv")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "twice").symlink_to(tmp_path / "a")
    looked = walk.look(tmp_path)
    assert len(looked.films) == 1
    assert reasons(looked) == {"loop": "it leads back to a folder above"}


def test_a_bounded_look_follows_no_link_out_of_its_folder(tmp_path: Path) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    touch(top / "film.mkv")
    touch(outside / "private.mkv")
    (top / "inside.mkv").symlink_to(top / "film.mkv")
    (top / "film.en.srt").symlink_to(outside / "private.mkv")
    (top / "stolen.mkv").symlink_to(outside / "private.mkv")
    (top / "folder").symlink_to(outside)
    looked = walk.look(top, bounded=True)
    assert [film.path.name for film in looked.films] == ["film.mkv", "inside.mkv"]
    assert [list(film.subtitles) for film in looked.films] == [[], []]
    out = "it is a link that leads out of the folder"
    assert reasons(looked) == dict.fromkeys(("film.en.srt", "stolen.mkv", "folder"), out)
    assert {film.path.name for film in walk.look(top).films} >= {"stolen.mkv", "private.mkv"}, "who adds it, decides"


def test_what_is_no_file_or_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path / "film.mkv")
    (tmp_path / "dead.mkv").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.mkv")
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.mkv", os.O_CREAT))
    touch(tmp_path / ".hidden" / "x.mkv")
    looked = walk.look(tmp_path)
    assert [film.path.name for film in looked.films] == ["film.mkv"]
    why = {"dead.mkv": "it is a link that leads nowhere", "pipe.mkv": "it is neither file nor folder"}
    assert reasons(looked) == {**why, "\udcff.mkv": "its name is not UTF-8", ".hidden": "it is hidden"}


def test_a_folder_that_vanishes_midway_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "a" / "film.mkv")
    touch(tmp_path / "b" / "film.mkv")
    scandir = os.scandir

    def vanishing(path: Path) -> object:
        if Path(path).name == "a":
            raise FileNotFoundError(2, "No such file or directory")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    looked = walk.look(tmp_path)
    assert [film.path.parent.name for film in looked.films] == ["b"]
    assert reasons(looked) == {"a": "it vanished while it was looked at"}


def test_an_order_says_what_its_files_say(tmp_path: Path) -> None:
    film = touch(tmp_path / "Film (2019).mkv")
    touch(tmp_path / "Film (2019).de.forced.srt")
    touch(tmp_path / "Film (2019)-poster.jpg")
    touch(tmp_path / "Film (2019).nfo", b"<movie><title>Told</title><plot>P</plot><mpaa>PG</mpaa></movie>")
    touch(tmp_path / "Film (2019).json", b'{"synopsis": "Better", "language": "de"}')
    made = ordering.order(walk.look_at(film), "k", {"genres": ["Drama"]}, protection=Protection.CLEARKEY)
    assert made.notes == []
    assert made.start.metadata == Metadata("Told", "Better", 2019, ["Drama"], Maturity.TEN, "de")
    assert made.start.sidecars == [Sidecar(str(tmp_path / "Film (2019).de.forced.srt"), "de", Role.FORCED)]
    assert made.start.poster == str(tmp_path / "Film (2019)-poster.jpg")
    assert made.start.protection is Protection.CLEARKEY


def test_an_episode_brings_what_is_told_of_its_series(tmp_path: Path) -> None:
    film = touch(tmp_path / "Dark" / "Season 01" / "Dark S01E02 - Name.mkv")
    touch(tmp_path / "Dark" / "tvshow.nfo", b"<tvshow><title>DARK</title><plot>Caves</plot></tvshow>")
    start = ordering.order(walk.look_at(film), "k").start
    assert (start.metadata.title, start.episode) == ("Name", InSeries("DARK", 1, 2, None, Metadata("DARK", "Caves")))


def test_what_cannot_be_read_beside_a_film_is_a_note(tmp_path: Path) -> None:
    film = touch(tmp_path / "Film.mkv")
    touch(tmp_path / "Film.nfo", b"<movie>")
    touch(tmp_path / "Film.json", b"{")
    made = ordering.order(walk.look_at(film), "k")
    assert made.start.metadata == Metadata("Film")
    assert made.notes == [
        "Film.nfo is not the XML that an NFO file is. It is left out.", "Film.json is not JSON. It is left out."
    ]  # fmt: skip


def test_what_cannot_be_ordered_is_one_sentence(tmp_path: Path) -> None:
    first = touch(tmp_path / "Film cd1.avi")
    touch(tmp_path / "Film cd3.avi")
    with pytest.raises(Invalid) as refused:
        ordering.order(walk.look_at(first), "k")
    assert refused.value.detail == "Film lacks part 2: there are but Film cd1.avi, Film cd3.avi"
    with pytest.raises(Invalid):
        walk.look_at(tmp_path)
    with pytest.raises(Invalid):
        walk.look_at(tmp_path / "missing.mkv")


def test_a_film_in_parts_is_asked_for_as_one(tmp_path: Path) -> None:
    parts = [touch(tmp_path / f"Film (2019) cd{number}.avi") for number in (1, 2)]
    for text in ("Film (2019) cd1.de.srt", "Film (2019) cd2.de.forced.srt", "Film (2019).fr.srt"):
        touch(tmp_path / text)
    for named in parts:
        start = ordering.order(walk.look_at(named), "k").start
        assert (start.metadata, start.paths) == (Metadata("Film", year=2019), [str(part) for part in parts])
        found = {(one.language, one.role, one.part) for one in start.sidecars}
        assert found == {("de", Role.MAIN, 0), ("de", Role.FORCED, 1), ("fr", Role.MAIN, None)}


def test_any_named_file_is_taken_for_a_film(tmp_path: Path) -> None:
    assert walk.look_at(touch(tmp_path / "night & day\n.bin")).title == "night & day\n"
    odd = ordering.order(walk.look_at(tmp_path / "night & day\n.bin"), "k").start
    assert odd.metadata.title == "night & day"
