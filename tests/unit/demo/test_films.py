from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from matinee.demo import letters, making, speech
from matinee.demo.film import DemoFilm
from matinee.demo.films import FILMS
from matinee.ingest.contract import Protection
from matinee.ingest.inspection import inspect
from matinee.ingest.languages import tag
from matinee.ingest.source import Source
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes

EVENT = re.compile(
    r"Dialogue: \d+,(\d:\d\d:\d\d\.\d\d),(\d:\d\d:\d\d\.\d\d),Shape,0,0,0,,\{([^{}]*)\\p1\}(m [-\d. mlb]+)\{\\p0\}"
)
TAGS = r"an|bord|shad|1c|pos|move|org|fad|blur|alpha|fscx|fscy|frz|t"
OVERRIDES = re.compile(rf"(?:\\(?:{TAGS})(?:&?[HA-Fa-f\d.&-]+|\((?:[-\d.,]|\\(?:{TAGS})[-&HA-Fa-f\d.]+)+\)))+")
SPOKEN = [film for film in FILMS if film.speaker]
SERIES = [film.episode for film in FILMS if film.episode]


def clock(stamp: str) -> float:
    hours, minutes, seconds = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def short(film: DemoFilm, seconds: float) -> DemoFilm:
    """Small, and its shots only so long each."""
    shots = [msgspec.structs.replace(shot, seconds=seconds) for shot in film.shots]
    lines = {tag: said[:1] for tag, said in film.lines.items()}
    return msgspec.structs.replace(film, shots=shots, lines=lines, fine=0.25)


async def looked_into(film: DemoFilm, folder: Path) -> tuple[making.Made, Source]:
    made = await making.make(Processes(0), installed(), film, folder)
    return made, await inspect.inspect(Processes(0), installed(), made.path)


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
def test_a_scene_is_well_formed_and_the_same_each_time(film: DemoFilm) -> None:
    script = film.script().written()
    assert script == film.script().written()
    events = script.split("Effect, Text\n")[1].splitlines()
    assert len(events) > 100
    for event in events:
        found = EVENT.fullmatch(event)
        assert found, event[:200]
        begin, end = clock(found[1]), clock(found[2])
        assert 0 <= begin < end <= film.seconds + 0.01, event[:200]
        assert OVERRIDES.fullmatch(found[3]), found[3]


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
def test_a_film_lasts_as_long_as_its_shots_and_can_be_read(film: DemoFilm) -> None:
    assert 20 <= film.seconds <= 60
    for language in film.lines:
        assert tag(language) == language
        cues = film.cues(language)
        assert all(one.end_ms <= two.start_ms for one, two in pairwise(cues))
        assert all(cue.start_ms < cue.end_ms < film.seconds * 1000 and cue.text for cue in cues)
    assert len({len(lines) for lines in film.lines.values()}) <= 1
    assert all(letters.width(letter) > 0 for letter in film.metadata.title.upper() if letter != " ")


def test_the_demo_shows_what_a_house_can_show() -> None:
    names = [film.name for film in FILMS]
    assert len(names) == len(set(names))
    titles = {film.episode.series if film.episode else film.metadata.title for film in FILMS}
    assert len(titles) >= 8
    assert [film.name for film in FILMS if film.chapters()] == ["the-long-way-up"]
    assert [film.name for film in FILMS if film.protection is Protection.CLEARKEY] == ["perihelion"]
    assert [sorted(film.lines) for film in SPOKEN] == [["de", "en"], ["de", "en"]]
    assert sum(len(film.lines) > 1 for film in FILMS) >= 3
    assert len({film.metadata.maturity for film in FILMS}) >= 4
    assert len({genre for film in FILMS for genre in film.metadata.genres}) >= 10


def test_the_series_has_three_episodes_of_one_series() -> None:
    assert {episode.series for episode in SERIES} == {"Small Planets"}
    assert sorted((episode.season, episode.number) for episode in SERIES) == [(1, 1), (1, 2), (1, 3)]
    assert len({id(episode.about) for episode in SERIES}) == 1


@pytest.mark.parametrize("film", SPOKEN, ids=lambda film: film.name)
def test_what_is_spoken_fits_between_its_times(film: DemoFilm) -> None:
    assert film.speaker
    for lines in film.lines.values():
        for line in lines:
            assert speech.lasts(film.speaker, line.spoken) + making.BREATH_S < line.end - line.start + 0.5, line.text


async def test_the_first_film_can_be_made_and_prepared(tmp_path: Path) -> None:
    film = short(FILMS[0], 1.5)
    made, found = await looked_into(film, tmp_path / "made")
    assert (found.video.width, found.video.height, found.video.frame_rate) == (320, 180, "24")
    assert abs(found.duration_ms - 1500) < 100
    assert [(track.language, track.channels) for track in found.audio] == [("und", 2)]
    assert [sidecar.language for sidecar in made.sidecars] == ["en", "de"]
    assert making.start(film, made).key == "demo:the-lighthouse"
    assert sorted(path.name for path in made.path.parent.iterdir()) == ["de.vtt", "en.vtt", "the-lighthouse.mp4"]


async def test_a_film_has_the_languages_and_chapters_that_it_claims(tmp_path: Path) -> None:
    film = short(next(film for film in FILMS if film.name == "the-long-way-up"), 0.5)
    _, found = await looked_into(film, tmp_path / "made")
    assert [(track.language, track.channels) for track in found.audio] == [("en", 2), ("de", 2)]
    assert [(chapter.start_ms, chapter.title) for chapter in found.chapters] == [
        (0, "Base camp"),
        (500, "The ridge"),
        (1000, "The storm"),
        (1500, "The summit"),
    ]
