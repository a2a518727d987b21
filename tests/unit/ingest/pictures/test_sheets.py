from __future__ import annotations

import re
from itertools import pairwise

import pytest

from matinee.ingest.pictures import sheets
from matinee.ingest.pictures.thumbnails import size, step_s
from matinee.terms.thumbnails import Thumbnails

OF = Thumbnails("thumbnails", 240, 136, 5, 6, 2000, 3, 20_000)


def test_the_playlist_names_every_sheet_and_ends_with_the_film() -> None:
    lines = sheets.playlist(OF, 125_500).splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert [line for line in lines if line.endswith(".jpg")] == ["00001.jpg", "00002.jpg", "00003.jpg"]
    assert [line for line in lines if "EXTINF" in line] == ["#EXTINF:60.000,", "#EXTINF:60.000,", "#EXTINF:5.500,"]
    assert lines.count("#EXT-X-TILES:RESOLUTION=240x136,LAYOUT=5x6,DURATION=2") == 3
    assert "#EXT-X-TARGETDURATION:60" in lines


def test_webvtt_cues_follow_one_another_to_the_end_and_point_at_their_part() -> None:
    text = sheets.webvtt(OF, 125_500, "http://a/t/")
    cues = re.findall(r"(\S+) --> (\S+)\n(\S+)\n", text)
    assert len(cues) == 63
    assert all(end == start for (_, end, _), (start, _, _) in pairwise(cues))
    assert cues[0] == ("00:00:00.000", "00:00:02.000", "http://a/t/00001.jpg#xywh=0,0,240,136")
    assert cues[6] == ("00:00:12.000", "00:00:14.000", "http://a/t/00001.jpg#xywh=240,136,240,136")
    assert cues[29][2].endswith("00001.jpg#xywh=960,680,240,136")
    assert cues[30][2].endswith("00002.jpg#xywh=0,0,240,136")
    assert cues[-1][1] == "00:02:05.500"


def test_what_no_sheet_shows_is_not_promised() -> None:
    assert sheets.webvtt(OF, 10_000_000).count("-->") == 90
    assert sheets.webvtt(OF, 1).count("-->") == 1


@pytest.mark.parametrize(
    ("duration_ms", "step"), [(1, 2), (600_000, 2), (600_001, 4), (3_600_000, 6), (3_600_001, 10), (36_000_000, 10)]
)
def test_pictures_stand_wider_apart_in_longer_films(duration_ms: int, step: int) -> None:
    assert step_s(duration_ms) == step
    assert duration_ms / 1000 / step <= max(600, 360 * duration_ms / 3_600_000)


@pytest.mark.parametrize(
    ("shown", "sides"),
    [((1920, 1080), (240, 136)), ((1080, 1920), (136, 240)), ((1920, 804), (278, 116)), ((640, 480), (208, 156))],
)
def test_pictures_keep_the_films_shape(shown: tuple[int, int], sides: tuple[int, int]) -> None:
    assert size(*shown) == sides


def test_the_strangest_shape_has_pictures_with_even_sides() -> None:
    for shown in ((7680, 2), (2, 7680), (1, 1), (3, 3)):
        assert all(side >= 2 and side % 2 == 0 for side in size(*shown))
