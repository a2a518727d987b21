from __future__ import annotations

from pathlib import PurePath

from matinee.ingest.folders.reading import (
    DISC,
    EXTRA,
    HIDDEN,
    PARTIAL,
    STRANGER,
    UNNUMBERED,
    Found,
    Place,
    Reading,
    read,
)

TOP = PurePath("/films")


def reading(*paths: str) -> Reading:
    return read([TOP / path for path in paths], TOP)


def only(*paths: str) -> Found:
    films = reading(*paths).films
    assert len(films) == 1, films
    return films[0]


def beside(film: Found) -> list[str]:
    return [str(path.relative_to(TOP)) for path in film.files][1:]


def reasons(*paths: str) -> dict[str, str]:
    return {str(each.path.relative_to(TOP)): each.why for each in reading(*paths).ignored}


def test_a_film_by_itself_and_in_its_folder() -> None:
    assert (only("Film (2019).mkv").title, only("Film (2019).mkv").year) == ("Film", 2019)
    found = only("Film (2019)/Film (2019).mkv", "Film (2019)/poster.jpg", "Film (2019)/movie.nfo")
    assert beside(found) == ["Film (2019)/poster.jpg", "Film (2019)/movie.nfo"]


def test_the_folder_names_a_film_that_has_no_year_itself() -> None:
    assert (only("Film (2019)/movie.mkv").title, only("Film (2019)/movie.mkv").year) == ("Film", 2019)
    two = reading("Films (2019)/a.mkv", "Films (2019)/b.mkv").films
    assert [(film.title, film.year) for film in two] == [("a", None), ("b", None)]


def test_what_lies_beside_a_film_is_known_by_its_name() -> None:
    found = only(
        "Film (2019).mkv", "Film (2019).srt", "Film (2019).de.forced.srt", "Film (2019)-poster.PNG", "Film (2019).nfo",
        "Film (2019).json",
    )  # fmt: skip
    texts = ["Film (2019).de.forced.srt", "Film (2019).srt"]
    assert beside(found) == [*texts, "Film (2019)-poster.PNG", "Film (2019).nfo", "Film (2019).json"]


def test_a_subtitle_goes_with_the_longest_name_it_begins_with() -> None:
    films = reading("Film.mkv", "Film.Zwei.mkv", "Film.de.srt", "Film.Zwei.de.srt", "Filmchen.srt").films
    assert [[path.name for path in film.subtitles] for film in films] == [["Film.Zwei.de.srt"], ["Film.de.srt"]]
    assert reasons("Film.mkv", "Filmchen.srt") == {"Filmchen.srt": STRANGER}


def test_subtitles_in_a_folder_of_their_own() -> None:
    assert beside(only("A/film.mkv", "A/Subs/2_English.srt")) == ["A/Subs/2_English.srt"]
    episodes = reading("S/S01E01.mkv", "S/S01E02.mkv", "S/Subs/S01E02/3_German.srt", "S/Subs/S01E01.en.srt").films
    assert [beside(film) for film in episodes] == [["S/Subs/S01E01.en.srt"], ["S/Subs/S01E02/3_German.srt"]]


def test_a_series_is_named_by_the_folder_above_its_seasons() -> None:
    found = reading(
        "Dark (2017)/tvshow.nfo",
        "Dark (2017)/Season 01/dark.s01e01.mkv",
        "Dark (2017)/Season 01/dark.s01e02-e03.mkv",
        "Dark (2017)/Specials/dark.s00e01 - Making of.mkv",
        "Dark (2017)/Season 02/04 - Name.mkv",
    )
    places = [(film.place, film.title) for film in found.films]
    assert places == [
        (Place("Dark", 1, 1), "Episode 1"),
        (Place("Dark", 1, 2, 3), "Episodes 2 to 3"),
        (Place("Dark", 2, 4), "Name"),
        (Place("Dark", 0, 1), "Making of"),
    ]
    assert {str(film.series_nfo) for film in found.films} == {"/films/Dark (2017)/tvshow.nfo"}
    assert found.ignored == []


def test_episodes_outside_of_season_folders() -> None:
    assert only("Loose.S02E05.720p.mkv").place == Place("Loose", 2, 5)
    assert only("Loose/S02E05.mkv").place == Place("Loose", 2, 5)
    assert reasons("Dark/Specials/Making of.mkv") == {"Dark/Specials/Making of.mkv": UNNUMBERED}


def test_parts_are_one_film_where_they_are_all_there() -> None:
    found = only("Film (2019) cd2.avi", "Film (2019) cd1.avi", "Film (2019).srt")
    assert [path.name for path in found.parts] == ["Film (2019) cd1.avi", "Film (2019) cd2.avi"]
    assert (found.title, found.year, beside(found)[-1]) == ("Film", 2019, "Film (2019).srt")
    assert [film.title for film in reading("Kill Bill Part 2.mkv").films] == ["Kill Bill Part 2"]
    assert len(reading("Film part1.avi", "Other/Film part2.avi").films) == 2
    mixed = only("Film disc 1.mkv", "Film disc 2.mp4")
    assert [path.name for path in mixed.parts] == ["Film disc 1.mkv", "Film disc 2.mp4"]
    twice = reading("Film cd1.avi", "Film cd2.avi", "Film cd1.mkv", "Film cd2.mkv")
    assert [[path.name for path in film.parts] for film in twice.films] == [["Film cd1.avi", "Film cd2.avi"]]


def test_a_part_that_is_missing_is_known() -> None:
    assert only("Film cd1.avi", "Film cd3.avi", "Film cd5.avi").missing == (2, 4)
    assert only("Film cd2.avi", "Film cd3.avi").missing == (1,)
    assert only("Film part 1.avi", "Film part 2.avi").missing == ()
    in_a_row = reading("Back.mkv", "Back Part 2.mkv", "Back Part 3.mkv").films
    assert sorted(film.title for film in in_a_row) == ["Back", "Back Part 2", "Back Part 3"]


def test_what_is_named_like_a_part_belongs_to_the_whole() -> None:
    texts = ["Film cd1.en.srt", "Film cd2.en.srt", "Subs/Film cd2.de.srt", "Film.fr.srt"]
    assert sorted(beside(only("Film cd1.avi", "Film cd2.avi", *texts))[1:]) == sorted(texts)


def test_of_several_versions_the_largest_is_taken() -> None:
    folder = "Film (2019)/Film (2019)"
    names = [f"{folder} - 1080p.mkv", f"{folder} - 2160p.mkv", f"{folder} - Director's Cut.mkv"]
    assert [film.title for film in reading(*names).films] == ["Film", "Film (Director's Cut)"]
    assert reasons(*names) == {names[0]: "it is another version of Film (2019) - 2160p.mkv"}


def test_what_is_left_out_has_a_reason() -> None:
    wanted = {
        ".DS_Store": HIDDEN,
        ".trash/film.mkv": HIDDEN,
        "a.mkv.part": PARTIAL,
        "b.crdownload": PARTIAL,
        "Film/Extras/making.mkv": EXTRA,
        "Film/film-trailer.mkv": EXTRA,
        "Film/sample.mkv": EXTRA,
        "Disc/VIDEO_TS/VTS_01_1.VOB": DISC,
        "readme.txt": STRANGER,
        "lonely.srt": STRANGER,
        "fanart.jpg": STRANGER,
    }
    assert reasons(*wanted, "Film/film.mkv") == wanted


def test_only_folders_from_the_top_on_count() -> None:
    found = read([PurePath("/srv/extras/.cache/film.mkv")], PurePath("/srv/extras/.cache"))
    assert [film.title for film in found.films] == ["film"]
