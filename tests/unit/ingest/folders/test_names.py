from __future__ import annotations

import pytest

from matinee.ingest.folders import names
from matinee.ingest.folders.names import Named, Numbered


@pytest.mark.parametrize(
    ("stem", "title", "year"),
    [
        ("Film (2019)", "Film", 2019),
        ("Film [2019]", "Film", 2019),
        ("The.Lighthouse.2019.1080p.BluRay.x264-GROUP", "The Lighthouse", 2019),
        ("the_lighthouse_2019_720p", "the lighthouse", 2019),
        ("2001.A.Space.Odyssey.1968.2160p.UHD", "2001 A Space Odyssey", 1968),
        ("2001 A Space Odyssey (1968) [imdbid-tt0062622]", "2001 A Space Odyssey", 1968),
        ("Film {tmdb-603} (1999)", "Film", 1999),
        ("Blade Runner 2049", "Blade Runner 2049", None),
        ("Blade Runner 2049 (2017)", "Blade Runner 2049", 2017),
        ("1917 (2019)", "1917", 2019),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("300", "300", None),
        ("Mr. Nobody", "Mr. Nobody", None),
        ("Die Hard 4.0 (2007)", "Die Hard 4.0", 2007),
        ("E.T. the Extra-Terrestrial (1982)", "E.T. the Extra-Terrestrial", 1982),
        ("Charlotte's Web", "Charlotte's Web", None),
        ("The Proper Way", "The Proper Way", None),
        ("Film 1080p", "Film", None),
        ("Вий (1967)", "Вий", 1967),
        ("七人の侍 (1954)", "七人の侍", 1954),
        ('it\'s a "film", 🎬\n', 'it\'s a "film", 🎬', None),
        ("...", "...", None),
        ("[rec] (2007)", "[rec]", 2007),
    ],
)
def test_a_films_title_and_year(stem: str, title: str, year: int | None) -> None:
    found = names.film(stem)
    assert (found.title, found.year) == (title, year)


def test_what_stands_after_the_year_is_kept_unless_it_is_a_releases() -> None:
    assert names.film("Film (2019) - Director's Cut") == Named("Film", 2019, "Director's Cut")
    assert names.film("Film (2019) - 1080p") == Named("Film", 2019)
    assert names.film("Film (2019) {edition-Final} 2160p HDR") == Named("Film", 2019)


@pytest.mark.parametrize(
    ("stem", "wanted"),
    [
        ("Series S01E02 - Name", Numbered(1, 2, None, "Series", "Name")),
        ("series.s01e02.720p.web-dl", Numbered(1, 2, None, "series", "")),
        ("Series S01E01-E02", Numbered(1, 1, 2, "Series", "")),
        ("Series S01E01E02E03 - Three", Numbered(1, 1, 3, "Series", "Three")),
        ("S01E01-02", Numbered(1, 1, 2, "", "")),
        ("Show S01E02-720p", Numbered(1, 2, None, "Show", "")),
        ("Show S01E02-2019", Numbered(1, 2, None, "Show", "")),
        ("S01E02 - 100 Days", Numbered(1, 2, None, "", "100 Days")),
        ("Show - 1x02 - Name", Numbered(1, 2, None, "Show", "Name")),
        ("Show.1x01-1x02", Numbered(1, 1, 2, "Show", "")),
        ("Show S00E01 - The Making", Numbered(0, 1, None, "Show", "The Making")),
        ("The 100 S01E05", Numbered(1, 5, None, "The 100", "")),
        ("Series (2010) S2 E3", Numbered(2, 3, None, "Series", "")),
        ("Show S2019E114", Numbered(2019, 114, None, "Show", "")),
        ("Film (2019)", None),
        ("Film 1920x1080", None),
        ("Pos01e02", None),
    ],
)
def test_an_episodes_place(stem: str, wanted: Numbered | None) -> None:
    assert names.episode(stem) == wanted


@pytest.mark.parametrize(
    ("stem", "number", "after"),
    [
        ("02 - Name", 2, "Name"),
        ("Episode 2", 2, ""),
        ("Folge 12 - X", 12, "X"),
        ("E05.Pilot", 5, "Pilot"),
        ("03", 3, ""),
    ],
)
def test_in_a_seasons_folder_a_number_alone_will_do(stem: str, number: int, after: str) -> None:
    assert names.episode(stem) is None
    assert names.episode(stem, 4) == Numbered(4, number, None, "", after)


def test_seasons_folders() -> None:
    wanted = {"Season 01": 1, "season_2": 2, "S3": 3, "Staffel 4": 4, "Show Season 5": 5, "Specials": 0, "Season 00": 0}
    assert {folder: names.season_of(folder) for folder in wanted} == wanted
    assert [names.season_of(folder) for folder in ("Films", "Extras", "Season", "Seasoned 1", "Sons 1")] == [None] * 5


def test_parts() -> None:
    found = [
        names.part(stem) for stem in ("Film cd1", "Film (2019) - part 2", "Film.Disc.B", "Film (Part 3)", "Film-pt4")
    ]
    assert [each.number for each in found if each] == [1, 2, 2, 3, 4]
    assert [names.part(stem) for stem in ("Apart 1", "part1", "Film 2", "Part 1 of Film")] == [None] * 4
