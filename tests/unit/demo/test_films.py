from __future__ import annotations

import wave
from pathlib import Path

import msgspec
import pytest

from matinee.demo import films, letters, music
from matinee.demo.films import FILMS, DemoFilm
from matinee.ingest import inspect
from matinee.ingest.toolchain import installed
from matinee.services.jobs.processes import Processes


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
def test_a_scene_is_the_same_each_time(film: DemoFilm) -> None:
    script = film.scene().written()
    assert script == film.scene().written()
    assert script.count("Dialogue:") > 50


def test_music_is_the_same_each_time_and_as_long_as_its_film(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        music.write(FILMS[0].music, 3, tmp_path / name)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    with wave.open(str(tmp_path / "a.wav")) as found:
        assert found.getnframes() == 3 * found.getframerate()


def test_titles_can_be_drawn() -> None:
    for film in FILMS:
        title = film.metadata.title.upper()
        assert all(letter == " " or letters.word(letter, (0, 0), 10) for letter in title)
        assert letters.width(title) > letters.width(title[:-1])


async def test_a_film_can_be_made_and_prepared(tmp_path: Path) -> None:
    film = msgspec.structs.replace(FILMS[0], seconds=1.5)
    made = await films.make(Processes(0), installed(), film, tmp_path / "made")
    found = await inspect.inspect(Processes(0), installed(), made.path)
    assert (found.video.width, found.video.height, found.video.frame_rate) == (1280, 720, "24")
    assert abs(found.duration_ms - 1500) < 100
    assert [sidecar.language for sidecar in made.sidecars] == ["en", "de"]
    start = films.start(film, made)
    assert start.key == "demo:the-lighthouse"
    assert sorted(path.name for path in made.path.parent.iterdir()) == ["de.vtt", "en.vtt", "the-lighthouse.mp4"]
