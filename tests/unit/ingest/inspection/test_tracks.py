from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from matinee.ingest.inspection import tracks
from matinee.ingest.inspection.probe import Probe
from matinee.terms.encode import Chapter
from matinee.terms.rendition import Role


def stream(index: int, kind: str, title: str = "", *, codec: str = "aac", flags: str = "") -> dict[str, Any]:
    tags = {"title": title, "LANGUAGE": "ger"}
    return {
        "index": index,
        "codec_type": kind,
        "codec_name": codec,
        "channels": 2,
        "tags": tags,
        "disposition": dict.fromkeys(flags.split(), 1),
    }


def probe(*streams: dict[str, Any], chapters: list[dict[str, Any]] | None = None, start_s: float = 0.0) -> Probe:
    return Probe(list(streams), chapters or [], "matroska,webm", start_s, 10.0)


@pytest.mark.parametrize(
    ("title", "flag", "role"),
    [
        ("", "", Role.MAIN),
        ("Stereo", "", Role.MAIN),
        ("", "visual_impaired", Role.DESCRIPTION),
        ("", "descriptions", Role.DESCRIPTION),
        ("English Audio Description", "", Role.DESCRIPTION),
        ("Hörfilmfassung", "", Role.DESCRIPTION),
        ("", "comment", Role.COMMENTARY),
        ("Director's Commentary", "", Role.COMMENTARY),
        ("Broadcast mix", "", Role.MAIN),
    ],
)
def test_what_a_sound_is_for(title: str, flag: str, role: Role) -> None:
    (found,) = tracks.sounds(probe(stream(1, "audio", title, flags=flag)))
    assert (found.role, found.language, found.channels) == (role, "de", 2)


@pytest.mark.parametrize(
    ("title", "flag", "role"),
    [
        ("", "", Role.MAIN),
        ("", "forced", Role.FORCED),
        ("Forced", "", Role.FORCED),
        ("", "hearing_impaired", Role.CAPTION),
        ("English [SDH]", "", Role.CAPTION),
        ("English (CC)", "", Role.CAPTION),
        ("Succinct", "", Role.MAIN),
    ],
)
def test_what_a_text_is_for(title: str, flag: str, role: Role) -> None:
    (found,) = tracks.texts(probe(stream(1, "subtitle", title, codec="subrip", flags=flag)))
    assert (found.role, found.language) == (role, "de")


def test_the_default_is_heard_first_and_what_is_beside_the_film_last() -> None:
    streams = [stream(0, "audio", flags="comment default"), stream(1, "audio"), stream(2, "audio", flags="default")]
    assert [track.index for track in tracks.sounds(probe(*streams))] == [2, 1, 0]


def test_texts_that_are_pictures_and_those_of_unknown_form() -> None:
    streams = [stream(n, "subtitle", codec=codec) for n, codec in enumerate(("subrip", "dvb_subtitle", "dvb_teletext"))]
    found = probe(*streams)
    assert [track.index for track in tracks.texts(found)] == [0]
    assert [one["index"] for one in tracks.drawn(found)] == [1]
    assert [one["index"] for one in tracks.unread(found)] == [2]


def test_chapters_are_counted_from_the_films_start() -> None:
    chapters = [
        {"start_time": "7.5", "tags": {"title": "The\nstorm"}},
        {"start_time": "5.0"},
        {"start_time": "5.0", "tags": {"title": "again"}},
        {"start_time": "99"},
        {"start_time": "N/A"},
    ]
    found = tracks.chapters(probe(chapters=chapters, start_s=5.0), 10_000)
    assert found == [Chapter(0, "Chapter 2"), Chapter(2500, "The storm")]


def test_a_title_holds_nothing_that_a_manifest_cannot() -> None:
    (found,) = tracks.sounds(probe(stream(1, "audio", "Mix\x01\x0b\ufffe\x9b2J one\u2028two" + "x" * 200)))
    assert found.label.startswith("Mix 2J one twox")
    assert len(found.label) <= 100
    ET.fromstring(f"<Label>{found.label}</Label>")
