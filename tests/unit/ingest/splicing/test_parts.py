from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from matinee.ingest.inspection.packets import Packets
from matinee.ingest.source import Audio, Source, Video
from matinee.ingest.splicing.command import Splice
from matinee.ingest.splicing.parts import Part, can_be_copied, differences, sounds, starts
from matinee.runtime.errors import Invalid
from matinee.terms.rendition import Role

ENTRY = {"codec_name": "h264", "width": 160, "height": 90, "extradata_hash": "SHA256:1"}
VIDEO = Video(0, "h264", 160, 90, "25", 2000)


def read(*packets: tuple[float | None, float, str]) -> Packets:
    found = Packets(0, 0.0, "matroska,webm")
    for shown, decoded, flags in packets or ((0.08, 0.0, "K__"), (0.16, 0.04, "___"), (0.12, 0.08, "___")):
        found.on_line(f"0,{'N/A' if shown is None else shown},{decoded},0.04,10,0,{flags}")
    return found


def part(number: int = 1, length_ms: int = 2000, *audio: Audio, packets: Packets | None = None, **film: Any) -> Part:
    video = replace(VIDEO, **film)
    source = Source(length_ms, 1000, "matroska,webm", video, list(audio))
    return Part(number, Path(f"{number}.mkv"), source, ENTRY, packets or read(), 0.0)


def sound(language: str = "und", role: Role = Role.MAIN, channels: int = 2) -> Audio:
    return Audio(1, "aac", channels, 48000, language, role=role)


def test_parts_begin_with_whole_frames_and_last_as_long_as_all_together() -> None:
    parts = [part(number, 2515) for number in range(1, 9)]
    found = starts(parts, Fraction(25))
    assert found[:3] == [0, 63, 126]
    assert abs(found[-1] / 25 - 8 * 2.515) <= 0.02, "what is rounded off does not add up"


def test_what_is_alike_is_copied() -> None:
    assert can_be_copied([part(), part(2, late_ms=8.0, width=150, duration_ms=3000)])
    unlike: list[dict[str, Any]] = [{"rotation": 90}, {"frame_rate": "24"}, {"interlaced": True}, {"index": 1}]
    for film in unlike:
        assert not can_be_copied([part(), part(2, **film)])
    assert not can_be_copied([part(rotation=90), part(2, rotation=90)]), "it would not stay upright"
    assert not can_be_copied([part(), replace(part(2), film={**ENTRY, "extradata_hash": "SHA256:2"})])
    assert not can_be_copied([part(), replace(part(2), source=replace(part(2).source, seekable=False))])


@pytest.mark.parametrize(
    "packets",
    [
        [(None, 0.0, "K__"), (0.04, 0.04, "___")],
        [(0.0, 0.0, "___"), (0.04, 0.04, "___")],
        [(0.04, 0.0, "K__"), (0.0, 0.04, "___")],
    ],
    ids=["no time", "no key picture first", "pictures before the key picture"],
)
def test_pictures_that_cannot_stand_behind_others_are_not_copied(
    packets: list[tuple[float | None, float, str]],
) -> None:
    assert not can_be_copied([part(), part(2, packets=read(*packets))])


def test_differences_are_named() -> None:
    assert differences([part(), part(2, width=320, frame_rate="24")]) == ["size", "rate"]
    assert differences([part(), part(2, codec="mpeg4")]) == ["form"]


def test_tracks_go_on_by_what_they_are_else_by_their_place() -> None:
    english, german, told = sound("en"), sound("de"), sound("en", Role.DESCRIPTION)
    found = sounds([part(1, 2000, english, german, told), part(2, 2000, told, english, german)])
    assert found == [[english, english], [german, german], [told, told]]
    assert sounds([part(1, 2000, sound()), part(2, 2000, english)]) == [[sound(), english]]
    assert sounds([part(), part(2)]) == []


def test_parts_whose_sound_is_no_ones_are_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        sounds([part(1, 2000, sound(), sound()), part(2, 2000)])
    assert refused.value.detail == (
        "Part 1 has 2 sound tracks and part 2 has no sound, so they cannot be joined into one film."
    )
    with pytest.raises(Invalid, match="The sound of part 1 is in English where that of part 3 is in Deutsch"):
        sounds([part(1, 2000, sound("en")), part(2, 2000, sound()), part(3, 2000, sound("de"))])


def test_smaller_parts_are_fitted_into_the_largest() -> None:
    parts = [part(), part(2, width=321, height=240)]
    splice = Splice(parts, [0, 50, 100], Fraction(25), [[sound(channels=1), sound(channels=6)]])
    assert splice.size == (320, 240)
    assert splice.expected_bytes(copied=True) == 2000 + 6 * 4 * 48000 * 4
